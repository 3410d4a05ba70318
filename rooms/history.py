"""Pages of a room's history: before, after or around a number, or the latest. `seq` runs without a gap, so a page is one range of an index."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from rooms import payloads
from rooms.models import Message, Room


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in order, and whether there is more on either side. `version` was the room's before the messages were read."""

    room: Room
    messages: list[Message]
    edge: int = 0  # an empty page stands just behind this number

    @property
    def has_before(self) -> bool:
        """Whether older messages exist."""
        return (self.messages[0].seq > 1) if self.messages else min(self.edge, self.room.last_seq) > 0

    @property
    def has_after(self) -> bool:
        """Whether newer messages exist."""
        return (self.messages[-1].seq if self.messages else self.edge) < self.room.last_seq

    def payload(self) -> dict[str, Any]:
        """The page as the API gives it."""
        return {
            "room": self.room.slug,
            "version": self.room.version,
            "messages": [payloads.message(message) for message in self.messages],
            "has_before": self.has_before,
            "has_after": self.has_after,
        }


def page(room: Room, *, before: int | None = None, after: int | None = None, around: int | None = None) -> Page:
    """Return at most `settings.PAGE_SIZE` messages of `room`, as asked; without a number the latest."""
    size = settings.PAGE_SIZE
    if before is not None:
        return Page(room, Message.objects.before(room, before, size), edge=before - 1)
    if after is not None:
        return Page(room, Message.objects.after(room, after, size), edge=after)
    if around is not None:
        return Page(room, Message.objects.around(room, min(around, room.last_seq), size))
    return Page(room, Message.objects.newest(room, size))
