"""From which pages a socket may be opened: those from which Django takes a form. What no page sends (a bot) has no origin, and needs none.

Invariant: the host that an origin is compared with is one that this site answers to (`ALLOWED_HOSTS`); who forwards it is believed as Django does.
"""

from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.middleware.csrf import CsrfViewMiddleware

LONGEST = 300  # characters of an origin: a name has 253 at most
# What Django makes out of a request who we are by.
TELLING = (
    "HTTP_HOST",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.url_scheme",
)

_csrf = CsrfViewMiddleware(lambda request: None)  # type: ignore[arg-type]


def is_ours(origin: str | None, environ: dict[str, Any]) -> bool:
    """Whether a request with this Origin header comes from a page of ours, or of a site that we trust with our forms."""
    if origin is None:
        return True
    return len(origin) <= LONGEST and _is_ours(origin, *(environ.get(name) for name in TELLING))


@lru_cache(1000)  # all browsers ask the same, twice at each connection
def _is_ours(origin: str, *told: Any) -> bool:
    environ = {name: value for name, value in zip(TELLING, told, strict=True) if value is not None}
    page = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_ORIGIN": origin, "wsgi.input": BytesIO()}
    try:
        return bool(urlsplit(origin).netloc) and _csrf._origin_verified(WSGIRequest({**environ, **page}))  # type: ignore[attr-defined]
    except (DisallowedHost, ValueError):
        return False
