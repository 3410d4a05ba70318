"""What clients may say, and what each is answered. Every entry is a few lines over an action.

Invariant: no exception leaves `answer`. A refusal is data; a fault of ours is one line in the log and the code `unavailable` for the client.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from rooms import actions, broadcast, limits, payloads, schemas
from rooms.errors import ChatError, Invalid, NotFound, Unavailable
from rooms.models import Room
from rooms.permissions import NO_ROOM
from rooms.realtime.session import Session

JSON = dict[str, Any]
CatchUp = Callable[[tuple[int, Mapping[str, int]]], dict[str, JSON]]
log = logging.getLogger(__name__)


class Events:
    """The events of the protocol (docs/protocol.md)."""

    def __init__(self, post: Callable[[actions.Draft], actions.Posted], catch_up: CatchUp) -> None:
        """`post` stores one draft, or raises ChatError; `catch_up` tells what a user (id) lacks, as `sync.changes` does."""
        self._post = post
        self._catch_up = catch_up
        self._handlers: dict[str, Callable[[Session, Any], JSON]] = {
            "message": self.message,
            "edit": edit,
            "delete": delete,
            "react": react,
            "sync": self.catch_up,
            "typing": typing,
            "read": read,
        }

    def answer(self, session: Session, event: str, args: tuple[Any, ...]) -> JSON:
        """Do what a client asks for; return the acknowledgement."""
        try:
            limiter = limits.messages if event in WRITES else limits.events
            limiter.take(session.user.pk)
            handler = self._handlers.get(event)
            if handler is None:
                raise Invalid(f"event: there is no {event[:40]!a}", field="event")
            if len(args) != 1:
                raise Invalid(f"payload: {len(args)} arguments, exactly 1 expected", field="payload")
            return {"ok": True, **handler(session, args[0])}
        except ChatError as refusal:
            return {"ok": False, "error": refusal.payload()}
        except Exception:
            log.exception("%s of %s failed", event, session.user.handle)
            return {"ok": False, "error": Unavailable().payload()}

    def message(self, session: Session, data: Any) -> JSON:
        """`message`: a string goes to the default room, an object where it says."""
        if isinstance(data, str):
            room = Room.objects.default()
            if room is None:
                raise NotFound(NO_ROOM, field="room")
            data = {"room": room.slug, "body": data}
        asked = schemas.parse(schemas.PostMessage, data)
        draft = actions.Draft(session.user, asked.room, asked.body, asked.client_id, asked.reply_to)
        news = self._post(draft).news
        return {"room": news["room"], "version": news["version"], "message": news["message"]}

    def catch_up(self, session: Session, data: Any) -> JSON:
        """`sync`: all that changed since the versions a client has."""
        asked = schemas.parse(schemas.Sync, data)
        return {"rooms": self._catch_up((session.user.pk, asked.rooms))}


def edit(session: Session, data: Any) -> JSON:
    """`edit`: a new body for one's own message."""
    asked = schemas.parse(schemas.EditMessage, data)
    return changed(actions.edit(session.user, asked.room, asked.seq, asked.body))


def delete(session: Session, data: Any) -> JSON:
    """`delete`: take a message back."""
    asked = schemas.parse(schemas.DeleteMessage, data)
    return changed(actions.delete(session.user, asked.room, asked.seq, asked.reason))


def react(session: Session, data: Any) -> JSON:
    """`react`: an emoji on a message, or off it."""
    asked = schemas.parse(schemas.React, data)
    return changed(actions.react(session.user, asked.room, asked.seq, asked.emoji, asked.on))


def typing(session: Session, data: Any) -> JSON:
    """`typing`: tell the room; nothing is stored."""
    slug = schemas.parse(schemas.Typing, data).room
    if slug not in session.rooms:
        raise NotFound(NO_ROOM, field="room")
    notice = {"type": "typing", "room": slug, "user": payloads.user(session.user)}
    broadcast.publish(broadcast.to_room(session.rooms[slug]), notice)
    return {}


def read(session: Session, data: Any) -> JSON:
    """`read`: the person has read up to here."""
    asked = schemas.parse(schemas.Read, data)
    return actions.read(session.user, asked.room, asked.seq)


def changed(message: Any) -> JSON:
    """The acknowledgement of a change: the message as it now is."""
    return {"room": message.room.slug, "version": message.version, "message": payloads.message(message)}


WRITES = {"message", "edit", "delete"}
