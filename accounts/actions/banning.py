"""A ban from the site: sockets and sessions end at once, and signing in is refused with until when and why. Who may do so is asked by who calls."""

from datetime import datetime

from django.db import transaction

from accounts.audit import record
from accounts.models import Act, User
from accounts.models.standing import FOREVER
from accounts.signals import user_revoked


def ban(user: User, by: User | None, until: datetime | None, reason: str) -> None:
    """Shut a person out until then; None: until somebody lets them in again. A second ban takes the place of the first."""
    with transaction.atomic():
        banned = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        banned.banned_until, banned.ban_reason = until or FOREVER, reason
        banned.session_epoch += 1  # who comes back later signs in anew
        banned.save(update_fields=["banned_until", "ban_reason", "session_epoch"])
        record(Act.PERSON_BANNED, by, whom=banned, reason=reason, until=until)
        transaction.on_commit(lambda: user_revoked.send(User, user=banned))


def unban(user: User, by: User | None) -> bool:
    """Let a person in again; return whether they were shut out."""
    with transaction.atomic():
        banned = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not banned.is_banned:
            return False
        banned.banned_until, banned.ban_reason = None, ""
        banned.save(update_fields=["banned_until", "ban_reason"])
        record(Act.PERSON_UNBANNED, by, whom=banned)
    return True
