"""What changes about the site itself: its settings and its invite link."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts import filtering, two_factor
from accounts.audit import changes, record
from accounts.models import Act, Site, User
from accounts.signals import user_revoked


def change_site(by: User | None, **fields: Any) -> Site:
    """Set columns of the site's settings."""
    with transaction.atomic():
        site = Site.objects.locked()
        before = {name: getattr(site, name) for name in fields}
        for name, value in fields.items():
            setattr(site, name, value)
        changed = changes(before, fields)
        if changed:
            site.save(update_fields=[*changed])
            record(Act.SITE_CHANGED, by, changed=changed)
            transaction.on_commit(filtering.forget)
        if "require_two_factor" in changed:
            transaction.on_commit(lambda: cut_off_lacking(User.objects.filter(is_staff=True)))
    return site


def cut_off_lacking(people: Iterable[User]) -> None:
    """Shut the sockets of those who must set up a second factor first. Their pages lead them there; nothing else opens until they have."""
    people = list(people)
    lacking = two_factor.lacking(people)
    for user in people:
        if user.pk in lacking:
            user_revoked.send(User, user=user)


def renew_invite(by: User | None) -> None:
    """Make a new invite link; the old one is dead from now on."""
    with transaction.atomic():
        Site.objects.locked().renew_invite()
        record(Act.INVITE_RENEWED, by)
