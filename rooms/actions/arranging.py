"""What a room is: its name, topic, kind, and whether it is still in use. Who is in it hears of every change at once."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.joining import admit
from rooms.models import Membership, Room
from rooms.models.room import LOBBY

FIELDS = {"name", "topic", "kind", "is_default"}


def create_room(by: User | None, name: str, *, slug: str = "", **fields: Any) -> Room:
    """Make a room; who makes it moderates it. `fields`: topic, kind, is_default."""
    with transaction.atomic():
        room = Room.objects.create(name=name, slug=slug or Room.free_slug(name), created_by=by, **fields)
        if by is not None:
            admit(room, [by], Membership.Role.MODERATOR)
    return room


def ensure_lobby(by: User) -> Room:
    """Make the room that everyone joins, or return it."""
    room = Room.objects.filter(slug=LOBBY).first()
    return room or create_room(
        by, "Lobby", slug=LOBBY, is_default=True, topic="Everyone is here. Say hello, ask anything."
    )


def update_room(room: Room, **fields: Any) -> Room:
    """Change `name`, `topic`, `kind` or `is_default`."""
    assert fields.keys() <= FIELDS, fields
    return _changed(room, **fields)


def archive(room: Room) -> Room:
    """Keep the room for reading only."""
    return _changed(room, archived_at=timezone.now())


def unarchive(room: Room) -> Room:
    """Open an archived room again."""
    return _changed(room, archived_at=None)


def _changed(room: Room, **fields: Any) -> Room:
    with transaction.atomic():
        room = Room.objects.select_for_update().get(pk=room.pk)
        for name, value in fields.items():
            setattr(room, name, value)
        room.save(update_fields=list(fields))
        data = {"type": "room", "room": room.slug, **payloads.room(room), "can_post": not room.is_archived}
        transaction.on_commit(lambda: broadcast.publish(broadcast.to_room(room.pk), data))
    return room
