"""What a client lacks: for each room, the messages changed since the version it has.

The room's version is read before its messages. Versions commit in order, so whatever the second query sees above the first is complete too, and the
answer's version is the larger of the two. A client too far behind, or ahead (a database restored from a backup), gets the latest page instead.
One answer stays well within what may wait for a client (`engine.BOUND`), or its own question would cut it off: the rest is `more`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from accounts.models import User
from rooms import payloads
from rooms.models import Membership, Message
from rooms.permissions import refusal_to_read

JSON = dict[str, Any]


MOST = 250_000  # characters in one answer, all its rooms together; `engine.BOUND` is 1 MiB
ENVELOPE = 300  # characters of a message besides its text


class Answer:
    """What fits into one answer; at least one message does."""

    def __init__(self) -> None:
        self.left = MOST

    def take(self, messages: Iterable[Message]) -> list[Message]:
        """Return as many of the first `messages` as fit."""
        taken = []
        for message in messages:
            size = len(message.body) + len(message.html) + ENVELOPE
            if size > self.left < MOST:
                self.left = 0
                break
            self.left -= size
            taken.append(message)
        return taken


def changes(user: User, versions: Mapping[str, int]) -> dict[str, JSON]:
    """Return for each slug `{version, messages, more, room}`, `{reset: true, ...latest page}`, or `{error}`."""
    found = Membership.objects.of(user).with_unread().filter(room__slug__in=list(versions), user__is_active=True)
    memberships = {membership.room.slug: membership for membership in found}
    answer = Answer()
    return {slug: _changes(memberships.get(slug), version, answer) for slug, version in versions.items()}


def _changes(membership: Membership | None, version: int, answer: Answer) -> JSON:
    if refusal := refusal_to_read(membership.room if membership else None, membership):
        return {"error": refusal.payload()}
    assert membership is not None
    room = membership.room
    shown = payloads.room_of(membership)
    if version == room.version:
        return {"version": version, "messages": [], "more": False, "room": shown}
    if version > room.version or room.version - version > settings.SYNC_RESET:
        newest = Message.objects.newest(room, settings.PAGE_SIZE)
        messages = answer.take(reversed(newest))[::-1]
        if newest and not messages:
            return {"version": version, "messages": [], "more": True, "room": shown}
        return {
            "reset": True,
            "room": shown,
            "version": room.version,
            "messages": [payloads.message(message) for message in messages],
            "has_before": bool(messages) and messages[0].seq > 1,
        }
    found = Message.objects.since(room, version, settings.SYNC_LIMIT + 1)
    messages = answer.take(found[: settings.SYNC_LIMIT])
    more = len(messages) < len(found)
    reached = messages[-1].version if messages else version
    return {
        "version": reached if more else max(reached, room.version),
        "messages": [payloads.message(message) for message in messages],
        "more": more,
        "room": shown,
    }
