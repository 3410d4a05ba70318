"""Coming into a room and going out of it. A newcomer starts with everything read."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import Act, User
from rooms import broadcast, payloads
from rooms.actions.change import allow, held
from rooms.actions.following import forget
from rooms.models import Membership, Message, Room, Sanction
from rooms.models.sanction import hush
from rooms.models.searching import first_since
from rooms.permissions import refusal_to_enter, refusal_to_join, refusal_to_leave


def join(user: User, slug: str) -> Room:
    """Make `user` a member of an open room. Raises NotFound, Archived, Banned."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_join)
        allow(refusal_to_enter(Sanction.objects.ban_of(room, user)))
        admit(room, [user])
    return room


def leave(user: User, slug: str) -> None:
    """Take `user` out of the room. Raises NotFound; Forbidden for a direct conversation."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_leave)
        dismiss(room, [user])


def admit(
    room: Room, users: Iterable[User], role: str = Membership.Role.MEMBER, by: User | None = None
) -> list[Membership]:
    """Make `users` members, at once for those who are connected; who is one already stays as they are. Returns the new memberships.

    Who is banned is left out, whoever asks. `by`: who uses their power to do so, if anybody.
    """
    with transaction.atomic():
        room = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        present = set(room.memberships.filter(user__in=list(users)).values_list("user_id", flat=True))
        outside = [user for user in users if user.pk not in present]
        sanctions = Sanction.objects.against(room, outside)
        banned = {each.user_id for each in sanctions if each.kind == Sanction.Kind.BAN}
        newcomers = [
            Membership(room=room, user=user, role=role, last_read_seq=room.last_seq)
            for user in outside
            if user.pk not in banned
        ]
        hush(newcomers, sanctions)
        if room.slow_mode:
            _remember(room, newcomers)
        Membership.objects.bulk_create(newcomers)
        Membership.objects.with_people(newcomers)
        for membership in newcomers:
            membership.threads = []
            publish_admission(membership)
            if by:
                record(Act.MEMBER_ADDED, by, whom=membership.user, room=room, role=role)
        if newcomers:
            _publish_count(room)
    return newcomers


def _remember(room: Room, newcomers: list[Membership]) -> None:
    """Who left a slow room and comes back waits as if they had stayed."""
    first = first_since(room, timezone.now() - timedelta(seconds=room.slow_mode), threads=True)
    if first is None:
        return
    said = Message.objects.filter(room=room, seq__gte=first, author__in=[each.user_id for each in newcomers])
    last = dict(said.order_by("seq").values_list("author", "created_at"))
    for each in newcomers:
        each.spoke_at = last.get(each.user_id)


def dismiss(room: Room, users: Iterable[User], by: User | None = None, reason: str = "", how: str = "removed") -> None:
    """Take `users` out of the room, at once for those who are connected. `by`: who uses their power to do so, if anybody; `reason` is told."""
    with transaction.atomic():
        people = {user.pk: user for user in users}
        gone = room.memberships.filter(user__in=people)
        user_ids = list(gone.values_list("user_id", flat=True))
        gone.delete()
        forget(room, user_ids)
        for user_id in user_ids:
            publish_dismissal(room, user_id, how, reason)
            if by and how == "removed":
                record(Act.MEMBER_REMOVED, by, whom=people[user_id], room=room, reason=reason)
        if user_ids:
            _publish_count(room)


def change_role(membership: Membership, role: str, by: User | None = None) -> None:
    """Make a member a moderator, or the other way round."""
    membership.role = role
    with transaction.atomic():
        membership.save(update_fields=["role"])
        record(Act.ROLE_GIVEN, by, whom=membership.user, room=membership.room, role=role)
    publish_admission(Membership.objects.with_unread().select_related("room").get(pk=membership.pk))


def join_defaults(user: User) -> None:
    """Make a new person a member of every room that everyone joins."""
    for room in Room.objects.filter(is_default=True, archived_at=None).order_by("pk"):
        admit(room, [user])


def publish_dismissal(room: Room, user_id: int, how: str = "removed", why: str = "") -> None:
    """On commit: the sockets of the user leave the room and are told how that came, and why, where somebody gave a reason."""
    data = {"type": "room", "room": room.slug, "gone": True, "reason": how, **({"why": why} if why else {})}

    def tell() -> None:
        broadcast.revoke(user_id, room.pk, room.slug)
        broadcast.publish(broadcast.to_user(user_id), data)

    transaction.on_commit(tell)


def _publish_count(room: Room) -> None:
    """On commit: the room hears how many are in it; not a crowd, where each who comes would be told to thousands."""
    count = Membership.objects.here().filter(room=room).count()
    if count <= settings.PRESENCE_CROWD:
        data = {"type": "members", "room": room.slug, "members": count}
        transaction.on_commit(lambda: broadcast.publish(broadcast.to_room(room.pk), data))


def publish_admission(membership: Membership) -> None:
    """On commit: the sockets of the member (a membership with what is unread) hear the room, and are told all about it."""
    data = {"type": "room", "room": membership.room.slug, **payloads.room_of(membership)}

    def tell() -> None:
        broadcast.grant(membership.user_id, membership.room_id, membership.room.slug)
        online = payloads.online(broadcast.present(membership.room_id))
        broadcast.publish(broadcast.to_user(membership.user_id), {**data, "online": online})

    transaction.on_commit(tell)
