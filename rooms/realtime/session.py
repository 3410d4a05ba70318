"""Who is behind a socket: the user of a Django session, and the rooms it hears.

Permissions of the small events (typing) are answered from here without a query; what writes is decided again under the lock, by the action.
"""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from accounts.models import User
from rooms.errors import Forbidden

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


@dataclass(slots=True)
class Session:
    """One connected client."""

    sid: str
    user: User
    key: str
    rooms: dict[str, int] = field(default_factory=dict)  # slug -> id


def key_of(environ: dict[str, Any]) -> str:
    """The key of the session that a request names; "" without."""
    return parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME, "")


def sign_in(sid: str, environ: dict[str, Any]) -> Session:
    """Return the session that the cookie of a connect request stands for.

    Django's own check: the session exists and has not expired, its hash matches the password, the user is active. Raises Forbidden.
    """
    key = key_of(environ)
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(request) if key else None
    if not isinstance(user, User) or not user.is_active:
        raise Forbidden("sign in first")
    return Session(sid, user, key)
