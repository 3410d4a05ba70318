"""Deleting all that somebody said within a day: in one room by its moderators, everywhere by the staff.

Many changes, so many versions, a batch a transaction: the room is locked for some milliseconds at a time, and every client converges as it does
after single deletions. What was deleted by the end of a batch stays so, whatever happens to the next.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import Act, User
from rooms.actions.change import allow, held, lock_room
from rooms.actions.editing import erase
from rooms.models import Message, Room
from rooms.models.searching import first_since
from rooms.permissions import refusal_to_act_on, refusal_to_arrange, refusal_to_police

DAY = timedelta(days=1)
BATCH = 20  # messages in one transaction
MOST = 1000  # messages in one call; who wants more asks again


class Purged(NamedTuple):
    """How many were deleted, and whether there are more."""

    deleted: int
    more: bool


def purge(user: User, slug: str, user_id: int, reason: str = "") -> Purged:
    """Delete what somebody said in the room within the last day, as a moderator. Raises ChatError."""
    target = User.objects.filter(pk=user_id).first()

    def held_by_moderator(slug: str) -> Room:
        room = held(user, slug, refusal_to_arrange)
        member = room.memberships.filter(user=user_id).first()
        allow(refusal_to_act_on(user, target, member.role if member else None))
        return room

    return _in_batches([slug], held_by_moderator, target, user, reason)


def purge_as_staff(by: User, target: User, reason: str = "") -> Purged:
    """The same in all rooms, as the staff. Raises ChatError."""
    allow(refusal_to_police(by, target))
    said = Message.objects.filter(author=target, created_at__gt=timezone.now() - DAY, deleted_at=None)

    def held_by_staff(slug: str) -> Room:
        allow(refusal_to_police(by, target))
        room = lock_room(slug)
        assert room is not None, "rooms are not deleted"
        return room

    return _in_batches(sorted(set(said.values_list("room__slug", flat=True))), held_by_staff, target, by, reason)


def _in_batches(
    slugs: Sequence[str], hold: Callable[[str], Room], target: User | None, by: User, reason: str
) -> Purged:
    """Delete at most MOST. `hold` locks a room, if this may be done in it; it is asked anew for each batch."""
    deleted, since = 0, timezone.now() - DAY
    for slug in slugs:
        count = BATCH
        while count == BATCH:
            if deleted >= MOST:
                return Purged(deleted, more=True)
            with transaction.atomic():
                room = hold(slug)
                batch = _standing(room, target, since)
                for message in batch:  # what is quoted before its answers
                    message.room = room
                    erase(room, message, by, reason, is_told=False)
                if batch:
                    seqs = [message.seq for message in batch]
                    record(Act.MESSAGES_PURGED, by, whom=target, room=room, reason=reason, seqs=seqs)
            count = len(batch)
            deleted += count
            time.sleep(0)  # others have their turn
    return Purged(deleted, more=False)


def _standing(room: Room, author: User | None, since: datetime) -> list[Message]:
    first = first_since(room, since, threads=True)
    if first is None:
        return []
    said = Message.objects.whole().filter(room=room, seq__gte=first, author=author, deleted_at=None)
    return list(said.order_by("seq")[:BATCH])
