"""What clients may say, and what each is answered. Every entry is a few lines over an action.

Invariant: no exception leaves `answer`. A refusal is data; a fault of ours is one line in the log and the code `unavailable` for the client.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import translation

from rooms import actions, broadcast, limits, meters, payloads, schemas
from rooms.errors import ChatError, Invalid, NotFound, Unavailable
from rooms.models import Membership, Room
from rooms.permissions import NO_ROOM, refusal_to_be_typing
from rooms.realtime.repair import drop_broken_connections
from rooms.realtime.session import Session

if TYPE_CHECKING:
    from rooms.realtime.engine import Later

JSON = dict[str, Any]
Watch = Callable[[Session, Any], dict[str, Any]]
CatchUp = Callable[[tuple[int, Mapping[str, int]]], dict[str, JSON]]
log = logging.getLogger(__name__)


class Events:
    """The events of the protocol (docs/protocol.md)."""

    def __init__(self, post: Callable[[tuple[Session, actions.Draft]], Later], catch_up: CatchUp, watch: Watch) -> None:
        """`post` stores one draft of a session: what comes later is the Posted, or an error.

        `catch_up` tells what a user (id) lacks, as `sync.changes` does; `watch`: see `Live`.
        """
        self._post = post
        self._catch_up = catch_up
        self._handlers: dict[str, Callable[[Session, Any], JSON | Later]] = {
            "message": self.message,
            "edit": edit,
            "delete": delete,
            "react": react,
            "pin": pin,
            "save": save,
            "sync": self.catch_up,
            "typing": typing,
            "front": front,
            "read": read,
            "unread": unread,
            "involve": involve,
            "direct": direct,
            "follow": follow,
            "thread_read": thread_read,
            "watch": watch,
            "kick": kick,
            "mute": mute,
            "unmute": unmute,
            "ban": ban,
            "unban": unban,
            "purge": purge,
            "slow_mode": slow_mode,
            "report": report,
        }

    def answer(self, session: Session, event: str, args: tuple[Any, ...]) -> JSON | Later:
        """Do what a client asks for; return the acknowledgement, which may come later."""
        try:
            LIMITS.get(event, limits.events).take(session.user.id, session.address)
            handler = self._handlers.get(event)
            if handler is None:
                raise Invalid(f"there is no {event[:40]!a}", field="event")
            if len(args) != 1:
                raise Invalid(f"{len(args)} arguments, exactly 1 expected", field="payload")
            answer = handler(session, args[0])
            return {"ok": True, **answer} if isinstance(answer, dict) else answer
        except ChatError as refusal:
            return refused(session, refusal)
        except Exception:
            log.exception("%s of %s failed", event, session.user.handle)
            drop_broken_connections()
            return refused(session, Unavailable())

    def message(self, session: Session, data: Any) -> Later:
        """`message`: a string goes to the default room, an object where it says."""
        if isinstance(data, str):
            room = Room.objects.default()
            if room is None:
                raise NotFound(NO_ROOM, field="room")
            data = {"room": room.slug, "body": data}
        asked = schemas.parse(schemas.PostMessage, data)
        files = tuple(asked.attachments)
        draft = actions.Draft(
            session.user, asked.room, asked.body, asked.client_id, asked.reply_to, asked.thread, files
        )
        return self._post((session, actions.prepared(draft))).then(lambda result: stored(session, result))

    def catch_up(self, session: Session, data: Any) -> JSON:
        """`sync`: all that changed since the versions a client has."""
        asked = schemas.parse(schemas.Sync, data)
        rooms = self._catch_up((session.user.pk, asked.rooms))
        meters.synced.add(sum(len(room.get("messages", ())) for room in rooms.values()))
        return {"rooms": rooms}


def stored(session: Session, result: actions.Posted | Exception) -> JSON:
    """The acknowledgement of a message that was to be stored."""
    if isinstance(result, actions.Posted):
        news = result.news
        return {"ok": True, "room": news["room"], "version": news["version"], "message": news["message"]}
    if isinstance(result, ChatError):
        return refused(session, result)
    about = {"trace": {"socket": session.sid, "event": "message"}}  # it comes in the writer's greenlet
    log.error("message of %s failed", session.user.handle, exc_info=result, extra=about)
    return refused(session, Unavailable())


def refused(session: Session, refusal: ChatError) -> JSON:
    """The acknowledgement of what is not done, in the client's language. Only here does a socket ask which that is."""
    with translation.override(session.language):
        return {"ok": False, "error": refusal.payload()}


def edit(session: Session, data: Any) -> JSON:
    """`edit`: a new body for one's own message."""
    asked = schemas.parse(schemas.EditMessage, data)
    return changed(actions.edit(session.user, asked.room, asked.seq, asked.body, asked.client_id))


def delete(session: Session, data: Any) -> JSON:
    """`delete`: take a message back."""
    asked = schemas.parse(schemas.DeleteMessage, data)
    return changed(actions.delete(session.user, asked.room, asked.seq, asked.reason))


def react(session: Session, data: Any) -> JSON:
    """`react`: an emoji on a message, or off it."""
    asked = schemas.parse(schemas.React, data)
    return changed(actions.react(session.user, asked.room, asked.seq, asked.emoji, asked.on, asked.client_id))


def pin(session: Session, data: Any) -> JSON:
    """`pin`: a message among those that the room keeps at hand, or off it."""
    asked = schemas.parse(schemas.Pin, data)
    return changed(actions.pin(session.user, asked.room, asked.seq, asked.on, asked.client_id))


def save(session: Session, data: Any) -> JSON:
    """`save`: a message put aside for oneself, or away again."""
    asked = schemas.parse(schemas.Save, data)
    holds = actions.save(session.user, asked.room, asked.seq, asked.on, asked.client_id)
    return {"room": asked.room, "seq": asked.seq, "on": holds}


def typing(session: Session, data: Any) -> JSON:
    """`typing`: tell the room; nothing is stored."""
    slug = schemas.parse(schemas.Typing, data).room
    if slug not in session.rooms:
        raise NotFound(NO_ROOM, field="room")
    key = session.user.pk, session.rooms[slug]
    if refusal := refusal_to_be_typing(Membership.objects.held([key]).get(key)):
        raise refusal
    notice = {"type": "typing", "room": slug, "user": payloads.user(session.user)}
    broadcast.publish(broadcast.to_room(key[1]), notice)
    return {}


def front(session: Session, data: Any) -> JSON:
    """`front`: tell the person's other devices, which need not alert them then; nothing is stored."""
    slug = schemas.parse(schemas.Front, data).room
    if slug not in session.rooms:
        raise NotFound(NO_ROOM, field="room")
    broadcast.publish(broadcast.to_user(session.user.pk), {"type": "front", "room": slug})
    return {}


def read(session: Session, data: Any) -> JSON:
    """`read`: the person has read up to here."""
    asked = schemas.parse(schemas.Read, data)
    return actions.read(session.user, asked.room, asked.seq)


def unread(session: Session, data: Any) -> JSON:
    """`unread`: not read any more, from here on."""
    asked = schemas.parse(schemas.Unread, data)
    return actions.unread(session.user, asked.room, asked.seq, asked.client_id)


def involve(session: Session, data: Any) -> JSON:
    """`involve`: what the person wants to be told of in a room."""
    asked = schemas.parse(schemas.Involve, data)
    return actions.involve(session.user, asked.room, asked.involvement, asked.client_id)


def direct(session: Session, data: Any) -> JSON:
    """`direct`: open the conversation with somebody."""
    asked = schemas.parse(schemas.Direct, data)
    return {"room": payloads.room_of(actions.open_direct(session.user, actions.named(asked.people)))}


def follow(session: Session, data: Any) -> JSON:
    """`follow`: the person follows a thread, or no longer."""
    asked = schemas.parse(schemas.Follow, data)
    return actions.follow(session.user, asked.room, asked.seq, asked.on, asked.client_id)


def thread_read(session: Session, data: Any) -> JSON:
    """`thread_read`: the person has read a thread up to here."""
    asked = schemas.parse(schemas.ThreadRead, data)
    return actions.thread_read(session.user, asked.room, asked.seq, asked.upto)


def kick(session: Session, data: Any) -> JSON:
    """`kick`: somebody is taken out of a room."""
    asked = schemas.parse(schemas.Kick, data)
    actions.remove_member(session.user, asked.room, asked.user, asked.reason)
    return {"room": asked.room, "user": asked.user}


def mute(session: Session, data: Any) -> JSON:
    """`mute`: somebody says nothing for a while."""
    asked = schemas.parse(schemas.Mute, data)
    held = actions.mute(session.user, asked.room, asked.user, timedelta(seconds=asked.seconds), asked.reason)
    return {"room": asked.room, "user": asked.user, "until": payloads.timestamp(held.until)}


def ban(session: Session, data: Any) -> JSON:
    """`ban`: somebody is kept out of a room."""
    asked = schemas.parse(schemas.Ban, data)
    lifetime = None if asked.seconds is None else timedelta(seconds=asked.seconds)
    held = actions.ban(session.user, asked.room, asked.user, lifetime, asked.reason)
    return {"room": asked.room, "user": asked.user, "until": payloads.timestamp(held.until)}


def unmute(session: Session, data: Any) -> JSON:
    """`unmute`: a mute is taken back."""
    return _lift("mute", session, data)


def unban(session: Session, data: Any) -> JSON:
    """`unban`: a ban is taken back."""
    return _lift("ban", session, data)


def _lift(kind: str, session: Session, data: Any) -> JSON:
    asked = schemas.parse(schemas.Lift, data)
    actions.lift(kind, session.user, asked.room, asked.user)
    return {"room": asked.room, "user": asked.user}


def purge(session: Session, data: Any) -> JSON:
    """`purge`: what somebody said within a day is deleted."""
    asked = schemas.parse(schemas.Purge, data)
    done = actions.purge(session.user, asked.room, asked.user, asked.reason)
    return {"room": asked.room, "user": asked.user, "deleted": done.deleted, "more": done.more}


def slow_mode(session: Session, data: Any) -> JSON:
    """`slow_mode`: how long members wait between two messages."""
    asked = schemas.parse(schemas.SlowMode, data)
    room = actions.arrange(session.user, asked.room, slow_mode=asked.seconds)
    return {"room": asked.room, "seconds": room.slow_mode}


def report(session: Session, data: Any) -> JSON:
    """`report`: the staff should look at a message."""
    asked = schemas.parse(schemas.Report, data)
    actions.report(session.user, asked.room, asked.seq, asked.reason)
    return {"room": asked.room, "seq": asked.seq}


def changed(message: Any) -> JSON:
    """The acknowledgement of a change: the message as it now is."""
    return {"room": message.room.slug, "version": message.version, "message": payloads.message(message)}


LIMITS = {
    "message": limits.messages, "edit": limits.edits, "delete": limits.edits, "unread": limits.edits, "react": limits.reactions,
    "pin": limits.reactions, "save": limits.reactions, "typing": limits.typing, "direct": limits.joins,
    "kick": limits.edits, "mute": limits.edits, "unmute": limits.edits, "ban": limits.edits, "unban": limits.edits, "purge": limits.edits,
    "slow_mode": limits.edits, "report": limits.edits,
}  # fmt: skip
