"""What a client lacks: for each room, the messages changed since the version it has.

The room's version is read before its messages. Versions commit in order, so whatever the second query sees above the first is complete too, and the
answer's version is the larger of the two. A client too far behind, or ahead (a database restored from a backup), gets the latest page instead.
One answer stays well within what may wait for a client (`engine.BOUND`), or its own question would cut it off: the rest is `more`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings

from accounts.models import User
from rooms import payloads
from rooms.models import Membership, Message, Room
from rooms.permissions import refusal_to_read

JSON = dict[str, Any]
Versions = Mapping[str, int]  # by slug


MOST = 250_000  # bytes of messages in one answer, all its rooms together; `engine.BOUND` is 1 MiB


class Look:
    """What one batch of questions reads, each thing once: those who were cut off together lack the same messages."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], list[Message]] = {}
        self._newest: dict[int, list[Message]] = {}
        self._shown: dict[tuple[int, int], tuple[JSON, int]] = {}

    def since(self, room: Room, version: int) -> list[Message]:
        """What changed after `version`, and one more than an answer has if that is not all."""
        key = room.pk, version
        if key not in self._found:
            self._found[key] = Message.objects.since(room, version, settings.SYNC_LIMIT + 1)
        return self._found[key]

    def newest(self, room: Room) -> list[Message]:
        """The latest page."""
        if room.pk not in self._newest:
            self._newest[room.pk] = Message.objects.newest(room, settings.PAGE_SIZE)
        return self._newest[room.pk]

    def shown(self, messages: Iterable[Message]) -> list[JSON]:
        """The payloads."""
        return [self._drawn(message)[0] for message in messages]

    def size(self, message: Message) -> int:
        """The bytes of a payload: of a name, of an emoji, of what JSON escapes, there are several a character."""
        return self._drawn(message)[1]

    def _drawn(self, message: Message) -> tuple[JSON, int]:
        key = message.pk, message.version  # two readings may show two versions of one message
        if key not in self._shown:
            payload = payloads.message(message)
            self._shown[key] = payload, len(orjson.dumps(payload))
        return self._shown[key]


class Answer:
    """What fits into one answer; at least one message does."""

    def __init__(self, look: Look) -> None:
        self.look, self.left = look, MOST

    def take(self, messages: Iterable[Message]) -> list[Message]:
        """Return as many of the first `messages` as fit."""
        taken = []
        for message in messages:
            size = self.look.size(message)
            if size > self.left < MOST:
                self.left = 0
                break
            self.left -= size
            taken.append(message)
        return taken


def changes(user: User, versions: Versions) -> dict[str, JSON]:
    """Return for each slug `{version, messages, more, room}`, `{reset: true, ...latest page}`, or `{error}`."""
    return changes_for_all([(user.pk, versions)])[0]


def changes_for_all(asked: Sequence[tuple[int, Versions]]) -> list[dict[str, JSON]]:
    """The same for many people, by their ids, who ask at the same time."""
    slugs = {slug for _, versions in asked for slug in versions}
    standing = Membership.objects.standing({user for user, _ in asked}, slugs)
    held = {(member.user_id, member.room.slug): member for member in standing}
    look = Look()
    answers = []
    for user, versions in asked:
        answer = Answer(look)
        answers.append({slug: _changes(held.get((user, slug)), at, answer) for slug, at in versions.items()})
    return answers


def _changes(membership: Membership | None, version: int, answer: Answer) -> JSON:
    if refusal := refusal_to_read(membership.room if membership else None, membership):
        return {"error": refusal.payload()}
    assert membership is not None
    room, look = membership.room, answer.look
    shown = payloads.room_of(membership)
    if version == room.version:
        return {"version": version, "messages": [], "more": False, "room": shown}
    if version > room.version or room.version - version > settings.SYNC_RESET:
        newest = look.newest(room)
        messages = answer.take(reversed(newest))[::-1]
        if newest and not messages:
            return {"version": version, "messages": [], "more": True, "room": shown}
        return {
            "reset": True,
            "room": shown,
            "version": room.version,
            "messages": look.shown(messages),
            "has_before": bool(messages) and messages[0].seq > 1,
        }
    found = look.since(room, version)
    messages = answer.take(found[: settings.SYNC_LIMIT])
    more = len(messages) < len(found)
    reached = messages[-1].version if messages else version
    return {
        "version": reached if more else max(reached, room.version),
        "messages": look.shown(messages),
        "more": more,
        "room": shown,
    }
