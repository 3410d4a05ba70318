"""The Socket.IO side of the site: connections come and go here, events pass through to `events`, changes come back through `broadcast`.

A socket belongs to a session of a user. It hears `room:<id>` for each of the user's rooms, `user:<id>` and `session:<key>`. It enters them before
its `hello` is made, so that no change can fall between the two. Handlers run in the engine's workers, each with a database connection of its own.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections
from socketio.exceptions import ConnectionRefusedError

from accounts.models import User
from rooms import broadcast, payloads
from rooms.errors import Forbidden
from rooms.realtime import engine, writer
from rooms.realtime.entrance import Entrance
from rooms.realtime.events import Events
from rooms.realtime.presence import Presence
from rooms.realtime.session import Session

JSON = dict[str, Any]
log = logging.getLogger(__name__)

MAX_PACKET = 200_000  # bytes that a client may send at once; the longest message, escaped, is a third of it


class ChatServer:
    """The engine's server with the chat's handlers; also the carrier of `broadcast`."""

    def __init__(self, later: Callable[[float, Callable[[], None]], Any]) -> None:
        """`later(seconds, call)` runs `call` after a while."""
        self.sio = engine.make(
            workers=settings.WORKERS,
            after_job=writer.drop_broken_connections,
            on_idle=connections.close_all,
            max_http_buffer_size=MAX_PACKET,
            http_compression=False,
        )
        self.sessions: dict[str, Session] = {}
        self._sids: dict[int, set[str]] = {}  # of each user
        self.presence = Presence(self._to_room, later, settings.PRESENCE_GRACE, settings.PRESENCE_CROWD)
        self.entrance = Entrance()
        self.events = Events(post=writer.make().submit, catch_up=self.entrance.catch_up)
        self.sio.on("connect", self.on_connect)
        self.sio.on("disconnect", self.on_disconnect)
        self.sio.on("*", self.on_event)

    # --- What clients do ---

    def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Let a signed-in person in; refuse all others. What is sent to them meanwhile follows the confirmation."""
        try:
            session = self.entrance.sign_in(sid, environ)
        except Forbidden as refusal:
            raise ConnectionRefusedError(refusal.code, refusal.payload()) from None
        self.sessions[sid] = session
        self._sids.setdefault(session.user.pk, set()).add(sid)
        try:
            rooms = self._enter_rooms(session)
        except Exception:
            self.on_disconnect(sid)
            raise
        self._emit(sid, self._hello(session, rooms))
        self.presence.arrive(sid, payloads.user(session.user), session.rooms)

    def on_disconnect(self, sid: str, reason: str = "") -> None:
        """Forget a socket; the room hears of it if it was the person's last."""
        if session := self.sessions.pop(sid, None):
            user_id = session.user.pk
            self._sids[user_id].discard(sid)
            if not self._sids[user_id]:
                del self._sids[user_id]
            self.presence.depart(sid, user_id)

    def on_event(self, event: str, sid: str, *args: Any) -> JSON:
        """Answer an event."""
        session = self.sessions.get(sid)
        if session is None:
            return {"ok": False, "error": Forbidden("sign in first").payload()}
        return self.events.answer(session, event, args)

    def _enter_rooms(self, session: Session) -> list[JSON]:
        """Let the socket hear all that is its own, then look at the rooms; again, if somebody came in or went out between the two."""
        user = session.user
        self._hear(session, broadcast.to_user(user.pk))
        self._hear(session, broadcast.to_session(session.key))
        while True:
            for slug, room_id in self.entrance.addresses(user).items():
                session.rooms[slug] = room_id
                self._hear(session, broadcast.to_room(room_id))
            rooms = self.entrance.rooms(user)
            member_of = {room["slug"] for room in rooms}
            for slug in session.rooms.keys() - member_of:
                self.sio.leave_room(session.sid, broadcast.to_room(session.rooms.pop(slug)))
            if member_of == session.rooms.keys():
                return rooms

    def _hear(self, session: Session, target: str) -> None:
        self.sio.enter_room(session.sid, target)

    def _hello(self, session: Session, rooms: list[JSON]) -> JSON:
        online = {slug: self.presence.online(room_id) for slug, room_id in session.rooms.items()}
        limits = {"grace": settings.PRESENCE_GRACE, "page_size": settings.PAGE_SIZE, "max_body": settings.MAX_BODY}
        me = {**payloads.user(session.user), "is_staff": session.user.is_staff}
        return {"type": "hello", "user": me, "rooms": rooms, "online": online, "server": limits}

    # --- What the rest of the house asks for: the `broadcast.Carrier` ---

    def publish(self, to: str, data: JSON) -> None:
        """Send `data` to everyone in `to`."""
        self._emit(to, data)

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        """Let the user's sockets hear the room."""
        for session in self._sessions_of(user_id):
            session.rooms[slug] = room_id
            self.sio.enter_room(session.sid, broadcast.to_room(room_id))
        self.presence.admit(user_id, slug, room_id)

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        """Take the user's sockets out of the room."""
        for session in self._sessions_of(user_id):
            session.rooms.pop(slug, None)
            self.sio.leave_room(session.sid, broadcast.to_room(room_id))
        self.presence.dismiss(user_id, slug)

    def refresh(self, user: User) -> None:
        """Let the user's sockets speak under their present name."""
        for session in self._sessions_of(user.pk):
            session.user = user
        self.presence.rename(payloads.user(user))

    def _sessions_of(self, user_id: int) -> list[Session]:
        return [self.sessions[sid] for sid in self._sids.get(user_id, ())]

    def expel(self, target: str) -> None:
        """Tell the sockets of a user or session that they are signed out, and close them."""
        self._emit(target, {"type": "signed_out"})
        for sid, _ in list(self.sio.manager.get_participants("/", target)):
            self.sio.disconnect(sid)

    def _to_room(self, room_id: int, data: JSON) -> None:
        self._emit(broadcast.to_room(room_id), data)

    def _emit(self, to: str, data: JSON) -> None:
        self.sio.emit("data", data, to=to)
