"""What every page may ask about the site, asked of the database only where a template does."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Site, Theme, User

THEME = "theme"  # the cookie that keeps the theme where nobody is signed in


def site(request: HttpRequest) -> dict[str, Any]:
    """Give templates `our_site`, the site's settings, `site_name`, and whether it `sends_mail`: else that stands in its log.

    (`site` is taken: allauth means the address by it.)
    """
    ours = SimpleLazyObject(Site.current)
    return {
        "our_site": ours,
        "site_name": SimpleLazyObject(lambda: ours.name),
        "sends_mail": not settings.EMAIL_BACKEND.endswith(".console.EmailBackend"),
        "preferences": SimpleLazyObject(lambda: preferences(request)),
    }


def preferences(request: HttpRequest) -> dict[str, str]:
    """How whoever looks likes the page: their own choices; of a stranger the theme last chosen in this browser."""
    user = getattr(request, "user", None)
    if isinstance(user, User):
        return user.preferences
    theme = request.COOKIES.get(THEME, "")
    return {**User().preferences, "theme": theme if theme in Theme.values else Theme.SYSTEM.value}
