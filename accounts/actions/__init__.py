"""Everything that changes a person or the site. Each writes in one transaction and tells the rest of the site after its commit."""

from accounts.actions.founding import AlreadyFounded, found_site
from accounts.actions.joining import EmailTaken, first_sign_in, sign_up
from accounts.actions.people import (
    HandleTaken,
    activate,
    change_email,
    deactivate,
    rename,
    revoke_sessions,
    set_password,
)

__all__ = [
    "AlreadyFounded",
    "EmailTaken",
    "HandleTaken",
    "activate",
    "change_email",
    "deactivate",
    "first_sign_in",
    "found_site",
    "rename",
    "revoke_sessions",
    "set_password",
    "sign_up",
]
