"""What goes out: the JSON of a user, a message, a room. Server-rendered pages, the API and the sockets all speak these shapes."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import User
from rooms.models import Membership, Message, Reaction, Room

JSON = dict[str, Any]


def timestamp(moment: datetime | None) -> str | None:
    """Return `moment` as ISO 8601 in UTC to the millisecond, with a Z."""
    return (
        None
        if moment is None
        else moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    )


def user(person: User) -> JSON:
    """A person as others see them."""
    return {"id": person.pk, "handle": person.handle, "name": person.name}


def message(message: Message) -> JSON:
    """The full present state of a message. Needs `author` and `reply_to__author` at hand (`Message.objects.whole()`).

    `html` is left out where it says no more than the escaped body in one paragraph (`formatting.escaped`); whoever draws the message puts that.
    """
    deleted = message.is_deleted
    shown: JSON = {"html": "" if deleted else message.html} if deleted or message.html else {}
    return {
        "seq": message.seq,
        "version": message.version,
        "client_id": str(message.client_id),
        "author": user(message.author),
        "body": "" if deleted else message.body,
        **shown,
        "created_at": timestamp(message.created_at),
        "edited_at": timestamp(message.edited_at),
        "deleted": deleted,
        "reply_to": _quote(message.reply_to),
        **_reactions(message),
    }


def _reactions(message: Message) -> JSON:
    """`reactions` where there are any. Pages gather them for all their messages at once; of a single one they are asked for here."""
    if message.gathered is None:
        message.gathered = Reaction.objects.gathered([message.pk]).get(message.pk, [])
    return {"reactions": message.gathered} if message.gathered and not message.is_deleted else {}


def _quote(parent: Message | None) -> JSON | None:
    if parent is None:
        return None
    return {"seq": parent.seq, "author": user(parent.author), "excerpt": parent.excerpt()}


def room(room: Room) -> JSON:
    """A room as it is for everyone."""
    return {
        "slug": room.slug,
        "name": room.name,
        "topic": room.topic,
        "kind": room.kind,
        "archived": room.is_archived,
        "is_default": room.is_default,
        "version": room.version,
        "last_seq": room.last_seq,
    }


def room_of(membership: Membership) -> JSON:
    """A room as it is for one member. Needs `room` at hand and `unread` annotated (`Membership.objects.with_unread()`)."""
    return {**room(membership.room), **read_mark(membership), **standing(membership)}


def read_mark(membership: Membership) -> JSON:
    """How far a member has read."""
    unread: int = getattr(membership, "unread", 0)
    return {"last_read_seq": membership.last_read_seq, "unread": max(0, unread), "mentions": 0}


def standing(membership: Membership) -> JSON:
    """What a member is and may do in the room."""
    return {"role": membership.role, "involvement": membership.involvement, "can_post": not membership.room.is_archived}
