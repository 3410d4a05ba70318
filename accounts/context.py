"""What every page may ask about the site, asked of the database only where a template does."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Site


def site(request: HttpRequest) -> dict[str, Any]:
    """Give templates `our_site`, the site's settings, and `site_name`. (`site` is taken: allauth means the address by it.)"""
    settings = SimpleLazyObject(Site.current)
    return {"our_site": settings, "site_name": SimpleLazyObject(lambda: settings.name)}
