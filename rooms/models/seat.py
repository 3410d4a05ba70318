"""What one member sees of one room at a glance, as a plain row: a list of rooms has hundreds of them, and instances of two models cost it more
than the database does (measured).

Invariant: a seat answers to the names that payloads ask of a membership and of its room, and with what `Membership.objects.standing` would say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from django.utils import timezone

from rooms.models import rows
from rooms.models.room import DIRECT

if TYPE_CHECKING:
    from accounts.models import User
    from rooms.models.follower import Following

# In the order of the fields of `Seat`.
COLUMNS = (
    "user_id, room_id, slug, name, topic, kind, is_default, slow_mode, archived_at, version, last_seq, last_read_seq, role, involvement, "
    "muted_until, mute_reason"
)


class Seat(NamedTuple):
    """A membership and its room."""

    user_id: int
    room_id: int
    slug: str
    name: str
    topic: str
    kind: str
    is_default: bool
    slow_mode: int
    archived_at: datetime | None
    version: int
    last_seq: int
    last_read_seq: int
    role: str
    involvement: str
    muted_until: datetime | None
    mute_reason: str
    unread: int
    mentions: int
    threads: Sequence[Following] = ()  # those with unread answers
    people: Sequence[User] = ()  # the others in a direct conversation

    def whole(self, threads: Mapping[tuple[int, int], list[Following]], people: Mapping[int, list[User]]) -> Self:
        """With its threads, by (user, room), and its people, by room, where it has any; most have none, and are whole as they are."""
        if found := threads.get((self.user_id, self.room_id)):
            self = self._replace(threads=found)
        if self.kind == DIRECT:
            others = [person for person in people[self.room_id] if person.pk != self.user_id]
            self = self._replace(mentions=self.unread, people=others)
        return self if self.muted_until is None else self._replace(muted_until=rows.aware(self.muted_until))

    @property
    def room(self) -> Self:
        """The room: itself."""
        return self

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct conversation."""
        return self.kind == DIRECT

    @property
    def is_muted(self) -> bool:
        """Whether a mute holds now."""
        return self.muted_until is not None and self.muted_until > timezone.now()
