"""What a room is: its name, topic, kind, and whether it is still in use. Who is in it hears of every change at once."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import changes, record
from accounts.models import Act, Site, User
from rooms import broadcast, payloads
from rooms.actions.change import allow, held
from rooms.actions.joining import admit
from rooms.models import Membership, Room
from rooms.models.room import LOBBY
from rooms.permissions import refusal_to_arrange, refusal_to_make, refusal_to_moderate

AGAIN = timedelta(seconds=10)  # within which nobody means another room by the same name
TRIES = 5  # to find a free address
FIELDS = {"name", "topic", "kind", "is_default", "slow_mode"}


def create_room(by: User | None, name: str, *, slug: str = "", **fields: Any) -> Room:
    """Make a room; who makes it moderates it. `fields`: topic, kind, is_default."""
    with transaction.atomic():
        room = Room.objects.create(name=name, slug=slug or Room.free_slug(name), created_by=by, **fields)
        if by is not None:
            admit(room, [by], Membership.Role.MODERATOR)
    return room


def make_room(user: User, name: str, topic: str = "", kind: str = Room.Kind.OPEN, people: Iterable[User] = ()) -> Room:
    """Make a room of one's own with `people` in it; a form that is sent twice makes one. The name has been through `NameField`. Raises Forbidden."""
    assert kind != Room.Kind.DIRECT
    allow(refusal_to_make(user, Site.current()))
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                User.objects.select_for_update(no_key=True).get(pk=user.pk)  # the second waits for the first
                if just_made := Room.objects.filter(
                    created_by=user, name=name, created_at__gt=timezone.now() - AGAIN
                ).first():
                    return just_made
                room = create_room(user, name, topic=topic, kind=kind)
                admit(room, people)
        except IntegrityError:  # somebody made a room of this name meanwhile, and has the address
            if not tries_left:
                raise
        else:
            break
    return room


def ensure_lobby(by: User) -> Room:
    """Make the room that everyone joins, in the language of who founds the site; or return it."""
    room = Room.objects.filter(slug=LOBBY).first()
    return room or create_room(
        by, _("Lobby"), slug=LOBBY, is_default=True, topic=_("Everyone is here. Say hello, ask anything.")
    )


def arrange(user: User, slug: str, **fields: Any) -> Room:
    """Change what is new of `name`, `topic`, `kind`, as a moderator. The name has been through `NameField`. Raises ChatError."""
    assert fields.keys() <= FIELDS - {"is_default"} and fields.get("kind") != Room.Kind.DIRECT, fields
    with transaction.atomic():
        room = held(user, slug, refusal_to_arrange)
        changed = {name: value for name, value in fields.items() if getattr(room, name) != value}
        return update_room(room, user, **changed) if changed else room


def set_archived(user: User, slug: str, archived: bool) -> Room:
    """Keep the room for reading only, or take it into use again, as a moderator. Raises ChatError."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_moderate)
        if room.is_archived == archived:
            return room
        return archive(room, user) if archived else unarchive(room, user)


def update_room(room: Room, by: User | None = None, **fields: Any) -> Room:
    """Change what stands in FIELDS."""
    assert fields.keys() <= FIELDS, fields
    return _changed(room, Act.ROOM_CHANGED, by, **fields)


def archive(room: Room, by: User | None = None) -> Room:
    """Keep the room for reading only."""
    return _changed(room, Act.ROOM_ARCHIVED, by, archived_at=timezone.now())


def unarchive(room: Room, by: User | None = None) -> Room:
    """Open an archived room again."""
    return _changed(room, Act.ROOM_UNARCHIVED, by, archived_at=None)


def _changed(room: Room, act: Act, by: User | None, **fields: Any) -> Room:
    with transaction.atomic():
        room = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        record(act, by, room=room, changed=changes({name: getattr(room, name) for name in fields}, fields))
        for name, value in fields.items():
            setattr(room, name, value)
        room.save(update_fields=list(fields))
        data = {"type": "room", "room": room.slug, **payloads.room(room), "can_post": not room.is_archived}
        transaction.on_commit(lambda: broadcast.publish(broadcast.to_room(room.pk), data))
    return room
