"""What a client lacks: for each room, the messages changed since the version it has.

The room's version is read before its messages. Versions commit in order, so whatever the second query sees above the first is complete too, and the
answer's version is the larger of the two. A client too far behind, or ahead (a database restored from a backup), gets the latest page instead.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from accounts.models import User
from rooms import payloads
from rooms.models import Membership, Message
from rooms.permissions import refusal_to_read

JSON = dict[str, Any]


def changes(user: User, versions: Mapping[str, int]) -> dict[str, JSON]:
    """Return for each slug `{version, messages, more, room}`, `{reset: true, ...latest page}`, or `{error}`."""
    found = Membership.objects.of(user).with_unread().filter(room__slug__in=list(versions), user__is_active=True)
    memberships = {membership.room.slug: membership for membership in found}
    return {slug: _changes(memberships.get(slug), version) for slug, version in versions.items()}


def _changes(membership: Membership | None, version: int) -> JSON:
    if refusal := refusal_to_read(membership.room if membership else None, membership):
        return {"error": refusal.payload()}
    assert membership is not None
    room = membership.room
    shown = payloads.room_of(membership)
    if version == room.version:
        return {"version": version, "messages": [], "more": False, "room": shown}
    if version > room.version or room.version - version > settings.SYNC_RESET:
        return {"reset": True, "room": shown, **_latest(membership)}
    messages = Message.objects.since(room, version, settings.SYNC_LIMIT + 1)
    more = len(messages) > settings.SYNC_LIMIT
    messages = messages[: settings.SYNC_LIMIT]
    reached = messages[-1].version if messages else version
    return {
        "version": reached if more else max(reached, room.version),
        "messages": [payloads.message(message) for message in messages],
        "more": more,
        "room": shown,
    }


def _latest(membership: Membership) -> JSON:
    messages = Message.objects.newest(membership.room, settings.PAGE_SIZE)
    return {
        "version": membership.room.version,
        "messages": [payloads.message(message) for message in messages],
        "has_before": bool(messages) and messages[0].seq > 1,
    }
