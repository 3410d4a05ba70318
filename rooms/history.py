"""Pages of a log, a room's or a thread's: before, after or around a number, from a moment on, or the latest.

`seq` numbers the messages of a room without a gap; the room's log leaves out the answers in threads, and a thread's log is its root and the answers.
A page is full as long as there is enough to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from rooms import payloads
from rooms.models import Message, Room
from rooms.models.searching import first_since
from rooms.schemas import MAX_SEQ


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in order, and whether there is more on either side. `version` was the room's before the messages were read."""

    room: Room
    messages: list[Message]
    has_before: bool
    has_after: bool

    def payload(self) -> dict[str, Any]:
        """The page as the API gives it."""
        return {
            "room": self.room.slug,
            "version": self.room.version,
            "messages": [payloads.message(message) for message in self.messages],
            "has_before": self.has_before,
            "has_after": self.has_after,
        }


def page(
    room: Room,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    since: datetime | None = None,
) -> Page:
    """Return at most `settings.PAGE_SIZE` messages of `room`, as asked; without a number the latest.

    `since`: the page around the first message from then on; where there is none, the latest.
    """
    size = settings.PAGE_SIZE
    if since is not None:
        around = first_since(room, since)
    if before is not None:
        return _ended(room, Message.objects.before(room, before, size), before - 1)
    if after is not None:
        return _begun(room, Message.objects.after(room, after, size + 1), after)
    if around is not None:
        around = min(around, room.last_seq)
        return _middle(room, Message.objects.around(room, around, size + 1), around)
    return _ended(room, Message.objects.newest(room, size), room.last_seq)


def thread(root: Message, *, before: int | None = None, after: int | None = None, around: int | None = None) -> Page:
    """The same of the thread under `root`, which has its room at hand; the root comes first of all."""
    room, size = root.room, settings.PAGE_SIZE
    if after is not None:
        answers = Message.objects.answers_after(root, after, size + 1)
        return _begun(room, [root, *answers] if after < root.seq else answers, after, root.seq)
    if around is not None:
        below = Message.objects.answers_before(root, around, size)
        above = Message.objects.answers_after(root, around - 1, size + 1)
        return _middle(room, [*([root] if len(below) < size else []), *below, *above], around, root.seq)
    end = before if before is not None else MAX_SEQ
    answers = Message.objects.answers_before(root, end, size)
    messages = [root, *answers] if len(answers) < size and root.seq < end else answers
    return _ended(room, messages, min(end - 1, room.last_seq), root.seq)


def _ended(room: Room, messages: list[Message], last: int, first: int = 1) -> Page:
    """The page that ends at `last`. That there is more behind it is said too often rather than asked for: that page will be empty."""
    if not messages:
        return Page(room, messages, False, last < room.last_seq)
    return Page(room, messages, messages[0].seq > first, last < room.last_seq)


def _begun(room: Room, messages: list[Message], after: int, first: int = 1) -> Page:
    """The page that begins behind `after`, of messages one of which may be too many."""
    size = settings.PAGE_SIZE
    has_before = messages[0].seq > first if messages else min(after, room.last_seq) >= first
    return Page(room, messages[:size], has_before, len(messages) > size)


def _middle(room: Room, messages: Sequence[Message], around: int, first: int = 1) -> Page:
    """The page with `around` in its middle, or as near to it as the ends allow."""
    size = settings.PAGE_SIZE
    below = sum(message.seq < around for message in messages)
    start = max(0, min(below - size // 2, len(messages) - size))
    shown = list(messages[start : start + size])
    return Page(room, shown, bool(shown) and shown[0].seq > first, len(messages) > start + size)
