"""The two counters of a room: `seq` without a gap, up to `last_seq`; `version` of each message another, the last one the room's."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from accounts.models import User
from rooms.checkup.finding import Finding, some
from rooms.models import Message, Room

REASON = "lost: manage.py doctor put this in its place"


def lost_numbers(room: Room) -> Iterator[Finding]:
    """No number below the last is missing. A lost message comes back from a backup only; its place is taken by a deleted one."""
    found = Message.objects.filter(room=room)
    counted = found.aggregate(all=Count("pk"), last=Max("seq"))  # no number is there twice: the database sees to it
    if counted["all"] != (last := counted["last"] or 0):
        lost = sorted(set(range(1, last + 1)).difference(found.values_list("seq", flat=True)))
        author = _stand_in(room)
        yield Finding(
            f"{room.slug}: the messages {some(lost)} are missing.",
            "deleted messages stand in their places",
            (lambda: _fill(room, author, lost)) if author else None,
            "Restore a backup that has them; --fix puts deleted messages in their places.",
        )


def last_number(room: Room) -> Iterator[Finding]:
    """The room's last number is that of its last message."""
    last = Message.objects.filter(room=room).aggregate(last=Max("seq"))["last"] or 0
    if room.last_seq != last:
        yield Finding(
            f"{room.slug}: the last number is said to be {room.last_seq}, the last message has {last}.",
            f"the last number is {last}",
            lambda: Room.objects.filter(pk=room.pk).update(last_seq=last),
        )


def versions(room: Room) -> Iterator[Finding]:
    """Each message has a version of its own, none above the room's; the room's is that of the last change."""
    found = Message.objects.filter(room=room)
    last = found.aggregate(last=Max("version"))["last"] or 0
    if last > room.version:
        yield Finding(
            f"{room.slug}: its version is said to be {room.version}, there is a change with {last}.",
            f"the version is {last}",
            lambda: Room.objects.filter(pk=room.pk).update(version=last),
        )
    twice = found.values("version").annotate(times=Count("pk")).filter(times__gt=1).values_list("version", flat=True)
    if again := [pk for version in twice for pk in found.filter(version=version).values_list("pk", flat=True)[1:]]:
        yield Finding(
            f"{room.slug}: {len(again)} messages have a version that another one has, too.",
            "each has one of its own",
            lambda: touch(room, again),
        )
    elif 0 < last < room.version:
        newest = list(found.order_by("-seq").values_list("pk", flat=True)[:1])
        yield Finding(
            f"{room.slug}: its version is {room.version}, the last change there is has {last}.",
            "its latest message is sent once more",
            lambda: touch(room, newest),
        )


def change(room: Room, messages: list[int], **fields: Any) -> None:
    """Set fields of the messages (ids) of the locked room; each has a later version by that."""
    Message.objects.filter(pk__in=messages).update(**fields)
    touch(room, messages)


def touch(room: Room, messages: list[int]) -> None:
    """Give the messages (ids) of the locked room a new version each."""
    fresh = Room.objects.get(pk=room.pk)
    highest = Message.objects.filter(room=room).aggregate(last=Max("version"))["last"] or 0
    version = max(fresh.version, highest)
    for pk in messages:
        version += 1
        Message.objects.filter(pk=pk).update(version=version)
    Room.objects.filter(pk=room.pk).update(version=version)


def _stand_in(room: Room) -> User | None:
    """Who is said to have written what is lost: whoever made the room, else who has been here longest."""
    return room.created_by or User.objects.order_by("pk").first()


def _fill(room: Room, author: User, seqs: list[int]) -> None:
    now = timezone.now()
    lost = [
        Message(room=room, author=author, seq=seq, version=0, client_id=uuid.uuid4(), created_at=now, deleted_at=now, delete_reason=REASON)
        for seq in seqs
    ]  # fmt: skip
    Message.objects.bulk_create(lost)
    touch(room, list(Message.objects.filter(room=room, seq__in=seqs).order_by("seq").values_list("pk", flat=True)))
