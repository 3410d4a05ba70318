"""What every page may ask about the site, asked of the database only where a template does."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Site, Theme, User

THEME = "theme"  # the cookie that keeps the theme where nobody is signed in


def site(request: HttpRequest) -> dict[str, Any]:
    """Give templates `our_site`, the site's settings, and `site_name`. (`site` is taken: allauth means the address by it.)"""
    settings = SimpleLazyObject(Site.current)
    return {
        "our_site": settings,
        "site_name": SimpleLazyObject(lambda: settings.name),
        "preferences": SimpleLazyObject(lambda: preferences(request)),
    }


def preferences(request: HttpRequest) -> dict[str, str]:
    """How whoever looks likes the page: their own choices; of a stranger the theme last chosen in this browser."""
    user = getattr(request, "user", None)
    if isinstance(user, User):
        return user.preferences
    theme = request.COOKIES.get(THEME, "")
    return {**User().preferences, "theme": theme if theme in Theme.values else Theme.SYSTEM.value}
