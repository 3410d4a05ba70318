"""Mutes and bans: by the moderators of a room in it, by the staff of the site anywhere. Both end by themselves, or when somebody lifts them.

Invariant: a sanction, what the memberships say of it, and its entry in the audit log are one transaction, under the lock of the room's row where it
is about one room. A ban takes its person out of the room; sockets hear of each after the commit.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import actions as accounts
from accounts.audit import record
from accounts.models import Act, User
from rooms import broadcast, payloads
from rooms.actions.change import allow, held, lock_room
from rooms.actions.joining import dismiss
from rooms.errors import Forbidden, Invalid, NotFound, phrase
from rooms.models import Membership, Room, Sanction
from rooms.models.sanction import hush
from rooms.permissions import NO_PERSON, NO_ROOM, refusal_to_act_on, refusal_to_moderate, refusal_to_police

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=365)
MUTE, BAN = Sanction.Kind.MUTE, Sanction.Kind.BAN
ACTS = {
    (MUTE, True, True): Act.MEMBER_MUTED, (MUTE, True, False): Act.MEMBER_UNMUTED,
    (BAN, True, True): Act.MEMBER_BANNED, (BAN, True, False): Act.MEMBER_UNBANNED,
    (MUTE, False, True): Act.PERSON_MUTED, (MUTE, False, False): Act.PERSON_UNMUTED,
}  # fmt: skip


def mute(user: User, slug: str, user_id: int, lifetime: timedelta, reason: str = "") -> Sanction:
    """Let a member read and say nothing for a while, as a moderator. Raises ChatError."""
    until = _end(lifetime)
    with transaction.atomic():
        room, target = _target(user, slug, user_id)
        if not room.memberships.filter(user=target).exists():
            raise NotFound(_("there is nobody like that in this room"), field="user")
        return _impose(MUTE, room, target, user, until, reason)


def ban(user: User, slug: str, user_id: int, lifetime: timedelta | None, reason: str) -> Sanction:
    """Take somebody out of the room, if they are in it, and keep them out, as a moderator; None: without an end. Raises ChatError."""
    until = _end(lifetime) if lifetime is not None else None
    with transaction.atomic():
        room, target = _target(user, slug, user_id)
        return _impose(BAN, room, target, user, until, reason)


def lift(kind: str, user: User, slug: str, user_id: int) -> None:
    """Take a mute or ban back, as a moderator, a mute also of who moderates by now; it may have ended already. Raises ChatError."""
    with transaction.atomic():
        room, target = _target(user, slug, user_id, also_moderators=kind == MUTE)
        _lift(kind, room, target, user)


def mute_as_staff(by: User, target: User, slug: str | None, lifetime: timedelta, reason: str = "") -> Sanction:
    """The same by the staff, in one room or (None) everywhere. Raises ChatError."""
    until = _end(lifetime)
    with transaction.atomic():
        return _impose(MUTE, _room_of_staff(by, target, slug), target, by, until, reason)


def ban_as_staff(by: User, target: User, slug: str | None, lifetime: timedelta | None, reason: str) -> None:
    """Ban from one room, or (None) from the site: then all sessions end. Raises ChatError."""
    until = _end(lifetime) if lifetime is not None else None
    with transaction.atomic():
        room = _room_of_staff(by, target, slug)
        if room is None:
            accounts.ban(target, by, until, reason)
        else:
            _impose(BAN, room, target, by, until, reason)


def lift_as_staff(kind: str, by: User, target: User, slug: str | None) -> None:
    """Take a mute or ban back. Raises ChatError."""
    with transaction.atomic():
        room = _room_of_staff(by, target, slug)
        if room is None and kind == BAN:
            accounts.unban(target, by)
        else:
            _lift(kind, room, target, by)


def _end(lifetime: timedelta) -> datetime:
    if not SHORTEST <= lifetime <= LONGEST:
        words = _("must be from %(least)s to %(most)s")
        least, most = int(SHORTEST.total_seconds()), int(LONGEST.total_seconds())
        raise Invalid(phrase(words, least=least, most=most), field="seconds")
    return timezone.now() + lifetime


def _target(user: User, slug: str, user_id: int, *, also_moderators: bool = False) -> tuple[Room, User]:
    """Lock the room; return it with whom a moderator acts on."""
    room = held(user, slug, refusal_to_moderate)
    target = User.objects.filter(pk=user_id).first()
    member = room.memberships.filter(user=user_id).first()
    allow(refusal_to_act_on(user, target, member.role if member and not also_moderators else None))
    assert target is not None
    return room, target


def _room_of_staff(by: User, target: User, slug: str | None) -> Room | None:
    """Lock the room, if there is one, and the person, if not."""
    allow(refusal_to_police(by, target))
    if slug is None:
        if not User.objects.select_for_update(no_key=True).filter(pk=target.pk).exists():
            raise NotFound(NO_PERSON, field="user")
        return None
    room = lock_room(slug)
    if room is None:
        raise NotFound(NO_ROOM, field="room")
    if room.is_direct:
        raise Forbidden(_("a direct conversation has no moderation; act on the whole site"), field="room")
    return room


def _impose(kind: str, room: Room | None, target: User, by: User, until: datetime | None, reason: str) -> Sanction:
    made = Sanction.objects.impose(room, target, kind, until=until, reason=reason, by=by)
    record(ACTS[Sanction.Kind(kind), room is not None, True], by, whom=target, room=room, reason=reason, until=until)
    if kind == BAN:
        assert room is not None
        dismiss(room, [target], by, reason, how="banned")
    else:
        _tell(target, room)
    return made


def _lift(kind: str, room: Room | None, target: User, by: User) -> None:
    standing = Sanction.objects.filter(room=room, user=target, kind=kind)
    held_on = standing.holding().exists()
    standing.delete()
    if not held_on:
        return
    record(ACTS[Sanction.Kind(kind), room is not None, False], by, whom=target, room=room)
    if kind == MUTE:
        _tell(target, room)


def _tell(target: User, room: Room | None) -> None:
    """Let the memberships say what mutes them now; on commit, the person's pages know."""
    members = Membership.objects.of(target).select_for_update(of=("self",))
    mine = list(members.filter(room=room) if room else members)
    hush(mine, Sanction.objects.holding().filter(user=target, kind=MUTE))
    Membership.objects.bulk_update(mine, ["muted_until", "mute_reason"], batch_size=500)
    for member in mine:
        data = {"type": "room", "room": member.room.slug, **payloads.standing(member)}
        transaction.on_commit(partial(broadcast.publish, broadcast.to_user(target.pk), data))
