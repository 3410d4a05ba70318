"""Everything that changes a person or the site. Each writes in one transaction and tells the rest of the site after its commit."""

from accounts.actions.banning import ban, unban
from accounts.actions.founding import AlreadyFounded, found_site
from accounts.actions.joining import EmailTaken, NotInvited, first_sign_in, may_sign_up, sign_up, use_invitation
from accounts.actions.people import (
    HandleTaken,
    activate,
    change_email,
    deactivate,
    introduce,
    prefer,
    remove_two_factor,
    revoke_sessions,
    set_password,
    set_status,
    set_time_zone,
    sign_out,
    sign_out_elsewhere,
)
from accounts.actions.settling import change_site, cut_off_lacking, renew_invite

__all__ = [
    "AlreadyFounded",
    "EmailTaken",
    "HandleTaken",
    "NotInvited",
    "activate",
    "ban",
    "change_email",
    "change_site",
    "cut_off_lacking",
    "deactivate",
    "first_sign_in",
    "found_site",
    "introduce",
    "may_sign_up",
    "prefer",
    "remove_two_factor",
    "renew_invite",
    "revoke_sessions",
    "set_password",
    "set_status",
    "set_time_zone",
    "sign_out",
    "sign_out_elsewhere",
    "sign_up",
    "unban",
    "use_invitation",
]
