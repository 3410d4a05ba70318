"""Coming into a room and going out of it. A newcomer starts with everything read."""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import lock_room
from rooms.errors import Archived, Forbidden, NotFound
from rooms.models import Membership, Room
from rooms.permissions import NO_ROOM


def join(user: User, slug: str) -> Room:
    """Make `user` a member of an open room. Raises NotFound, Archived."""
    with transaction.atomic():
        room = lock_room(slug)
        if room is None or (room.kind != Room.Kind.OPEN and not room.memberships.filter(user=user).exists()):
            raise NotFound(NO_ROOM, field="room")
        if room.is_archived:
            raise Archived("room: this room is archived", field="room")
        admit(room, [user])
    return room


def leave(user: User, slug: str) -> None:
    """Take `user` out of the room. Raises NotFound; Forbidden for a direct conversation."""
    with transaction.atomic():
        room = lock_room(slug)
        if room is None or not room.memberships.filter(user=user).exists():
            raise NotFound(NO_ROOM, field="room")
        if room.kind == Room.Kind.DIRECT:
            raise Forbidden("room: a direct conversation can't be left", field="room")
        dismiss(room, [user])


def admit(room: Room, users: Iterable[User], role: str = Membership.Role.MEMBER) -> list[Membership]:
    """Make `users` members, at once for those who are connected; who is one already stays as they are. Returns the new memberships."""
    with transaction.atomic():
        room = Room.objects.select_for_update().get(pk=room.pk)
        present = set(room.memberships.filter(user__in=list(users)).values_list("user_id", flat=True))
        newcomers = [
            Membership(room=room, user=user, role=role, last_read_seq=room.last_seq)
            for user in users
            if user.pk not in present
        ]
        Membership.objects.bulk_create(newcomers)
        for membership in newcomers:
            _publish_admission(membership)
    return newcomers


def dismiss(room: Room, users: Iterable[User]) -> None:
    """Take `users` out of the room, at once for those who are connected."""
    with transaction.atomic():
        gone = room.memberships.filter(user__in=list(users))
        user_ids = list(gone.values_list("user_id", flat=True))
        gone.delete()
        for user_id in user_ids:
            publish_dismissal(room, user_id)


def change_role(membership: Membership, role: str) -> None:
    """Make a member a moderator, or the other way round."""
    membership.role = role
    membership.save(update_fields=["role"])
    _publish_admission(Membership.objects.with_unread().select_related("room").get(pk=membership.pk))


def join_defaults(user: User) -> None:
    """Make a new person a member of every room that everyone joins."""
    for room in Room.objects.filter(is_default=True, archived_at=None).order_by("pk"):
        admit(room, [user])


def publish_dismissal(room: Room, user_id: int, reason: str = "removed") -> None:
    """On commit: the sockets of the user leave the room and are told why."""
    data = {"type": "room", "room": room.slug, "gone": True, "reason": reason}

    def tell() -> None:
        broadcast.revoke(user_id, room.pk, room.slug)
        broadcast.publish(broadcast.to_user(user_id), data)

    transaction.on_commit(tell)


def _publish_admission(membership: Membership) -> None:
    data = {"type": "room", "room": membership.room.slug, **payloads.room_of(membership)}

    def tell() -> None:
        broadcast.grant(membership.user_id, membership.room_id, membership.room.slug)
        broadcast.publish(broadcast.to_user(membership.user_id), data)

    transaction.on_commit(tell)
