"""Who you are, and the site you are on."""

from accounts.models.audit import Act, AuditEntry
from accounts.models.browser import Browser
from accounts.models.preferences import PREFERENCES, Theme
from accounts.models.site import Site
from accounts.models.user import User

__all__ = ["PREFERENCES", "Act", "AuditEntry", "Browser", "Site", "Theme", "User"]
