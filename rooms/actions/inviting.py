"""Invitations: links into one room, made and taken back by its moderators, followed by whoever has them.

Invariant: a use is counted in the transaction that makes the membership, under the lock of the room's row: of two at the last use one gets in.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Act, Site, User
from rooms.actions.change import allow, held, lock_room, membership_of
from rooms.actions.joining import admit
from rooms.errors import ChatError, Forbidden, Invalid, NotFound, phrase
from rooms.models import Invitation, Room, Sanction
from rooms.permissions import (
    NO_INVITATION,
    refusal_to_accept,
    refusal_to_arrange,
    refusal_to_enter,
    refusal_to_moderate,
    refusal_to_sign_up,
)

MOST_ACTIVE = 20  # links into one room
MOST_USES = 1_000_000
LONGEST = timedelta(days=3650)


def invite(user: User, slug: str, lifetime: timedelta | None = None, max_uses: int | None = None) -> Invitation:
    """Make a link into the room, as a moderator; None: without an end, for any number. Raises ChatError."""
    if lifetime is not None and not timedelta() < lifetime <= LONGEST:
        raise Invalid(phrase(_("must be above 0, and at most %(most)s days"), most=LONGEST.days), field="lifetime")
    if max_uses is not None and not 1 <= max_uses <= MOST_USES:
        raise Invalid(phrase(_("must be a whole number from 1 to %(most)s"), most=MOST_USES), field="max_uses")
    with transaction.atomic():
        room = held(user, slug, refusal_to_arrange)
        if Invitation.objects.active().filter(room=room).count() >= MOST_ACTIVE:
            raise Invalid(
                phrase(_("%(most)s links into this room work already; take one back first"), most=MOST_ACTIVE),
                field="room",
            )
        return make_invitation(user, room, timezone.now() + lifetime if lifetime else None, max_uses)


def make_invitation(by: User, room: Room, expires_at: datetime | None, max_uses: int | None) -> Invitation:
    """Make a link into the room."""
    assert room.kind != Room.Kind.DIRECT
    with transaction.atomic():
        record(Act.LINK_MADE, by, room=room, expires_at=expires_at, max_uses=max_uses)
        return Invitation.objects.create(room=room, created_by=by, expires_at=expires_at, max_uses=max_uses)


def revoke_invitation(user: User, slug: str, id: int) -> None:
    """Take a link back, as a moderator; it may be dead already. Raises ChatError."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_moderate)
        invitation = Invitation.objects.filter(room=room, pk=id).first()
        if invitation is None:
            raise NotFound(NO_INVITATION, field="id")
        revoke([invitation], user)


def revoke(invitations: Iterable[Invitation], by: User | None = None) -> int:
    """Take links back; return how many had not been."""
    ids = [invitation.pk for invitation in invitations]
    with transaction.atomic():
        standing = Invitation.objects.select_for_update(of=("self",)).select_related("room", "created_by")
        taken = list(standing.filter(pk__in=ids, revoked_at=None))
        for each in taken:
            record(Act.LINK_REVOKED, by, whom=each.created_by, room=each.room, link=each.pk)
        return Invitation.objects.filter(pk__in=[each.pk for each in taken]).update(revoked_at=timezone.now())


def accept(user: User, token: str) -> Room:
    """Make `user` a member of the room that the link leads to. Who is one already stays as they are, and uses nothing up. Raises ChatError."""
    with transaction.atomic():
        found = Invitation.objects.by_token(token)
        room = lock_room(found.room.slug) if found else None
        if room and membership_of(user.pk, room):
            return room
        invitation = Invitation.objects.by_token(token)  # as it stands now that nobody else is at it
        allow(refusal_to_accept(invitation, room))
        assert invitation is not None and room is not None
        allow(refusal_to_enter(Sanction.objects.ban_of(room, user)))
        if not User.objects.active().filter(pk=user.pk).exists():
            raise Forbidden(_("is not active"), field="user")
        invitation.uses += 1
        invitation.save(update_fields=["uses"])
        admit(room, [user])
    return room


def accepts(user: User, token: str) -> bool:
    """As `accept`, for somebody who is signing up: whether the link held."""
    try:
        accept(user, token)
    except ChatError:
        return False
    return True


def opens_sign_up(token: str) -> bool:
    """Whether the link lets somebody sign up where the site asks for an invitation."""
    return refusal_to_sign_up(Invitation.objects.by_token(token), Site.current()) is None
