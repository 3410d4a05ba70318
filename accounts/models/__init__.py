"""Who you are, and the site you are on."""

from accounts.models.site import Site
from accounts.models.user import User

__all__ = ["Site", "User"]
