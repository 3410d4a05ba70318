"""The Socket.IO side of the site: connections come and go here, events pass through to `events`, changes come back through `broadcast`.

A socket belongs to a session of a user. It hears `room:<id>` for each of the user's rooms, `user:<id>` and `session:<key>`. It enters them before
its `hello` is made, so that no change can fall between the two. Handlers run in the engine's workers, each with a database connection of its own.
Invariant: between the look that let a session in and its sockets' being found by `expel` nobody was expelled, so that none slips through.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext_lazy as _
from socketio.exceptions import ConnectionRefusedError

from accounts.models import User
from rooms import broadcast, limits, meters, payloads
from rooms.errors import ChatError, RateLimited
from rooms.realtime import engine, gauges, origins, writer
from rooms.realtime.entrance import Entrance
from rooms.realtime.events import Events
from rooms.realtime.examiner import Examiner
from rooms.realtime.introductions import Introductions
from rooms.realtime.live import Live
from rooms.realtime.presence import Presence
from rooms.realtime.repair import drop_broken_connections
from rooms.realtime.session import Session, signed_out, undisturbed
from rooms.realtime.standing import Standing

JSON = dict[str, Any]
log = logging.getLogger(__name__)

CLOSE_SOME = 5  # seconds after which who has too many sockets may try again
NEW_COOKIE = 0.5  # seconds that an answer with the new key of a session may take to its browser
MAX_PACKET = 200_000  # bytes that a client may send at once; the longest message, escaped, is a third of it


class ChatServer:
    """The engine's server with the chat's handlers; also the carrier of `broadcast`."""

    def __init__(self, later: Callable[[float, Callable[[], None]], Any], fanout: engine.Fanout | None = None) -> None:
        """`later(seconds, call)` runs `call` after a while."""
        self.sio = engine.make(
            fanout=fanout,
            workers=settings.WORKERS,
            # From a pool a connection is had for a job; without one a worker keeps its own.
            after_job=connections.close_all if settings.DATABASE_IS_POOLED else None,
            on_idle=connections.close_all,
            max_http_buffer_size=MAX_PACKET,
            http_compression=False,
            cors_allowed_origins=origins.is_ours,
            most_per_address=settings.CONNECTIONS_PER_ADDRESS,
            address_of=limits.address_of,
        )
        self.sessions: dict[str, Session] = {}
        self._sids: dict[int, set[str]] = {}  # of each user
        self._later = later
        self._expulsions = 0  # so far
        self.presence = Presence(self._to_room, later, settings.PRESENCE_GRACE, settings.PRESENCE_CROWD)
        self.introductions = Introductions(self._emit_here, later)
        self.entrance = Entrance()
        self.examiner = Examiner(self.sessions, self._sessions_of, self.sign_out, self.let_go, settings.EXAMINE_EVERY)
        self.standing = Standing()
        self.live = Live(self._figures, self.publish, self.sio.enter_room, self._unhear, later)
        self.events = Events(post=writer.make().later, catch_up=self._catch_up, watch=self.live.watch)
        self.sio.on("connect", self.on_connect)
        self.sio.on_joined = self.on_joined
        self.sio.on("disconnect", self.on_disconnect)
        self.sio.on("*", self.on_event)

    def begin(self) -> None:
        """To be called once, before anybody is served."""
        self.live.begin()

    def leave(self) -> None:
        """This process is about to end: say so to whom it concerns."""

    def end(self) -> None:
        """All clients are seen off: let what is still on its way get there."""

    def health(self) -> dict[str, Any]:
        """What is worth saying of this process's ties to others."""
        return {}

    def gauges(self) -> dict[str, tuple[str, float]]:
        """What more there is to be told of this process: help and value, by name."""
        return {}

    @property
    def people(self) -> set[int]:
        """The ids of those who are connected to this process."""
        return set(self._sids)

    # --- What clients do ---

    def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Let a signed-in person in; refuse all others. What is sent to them meanwhile follows the confirmation."""
        try:
            session = self._sign_in(sid, environ)
            self.sessions[sid] = session
            self._sids.setdefault(session.user.pk, set()).add(sid)
            hello = self._welcome(session)
        except ChatError as refusal:
            self.on_disconnect(sid)
            raise ConnectionRefusedError(refusal.code, refusal.payload()) from None
        except Exception:
            self.on_disconnect(sid)
            drop_broken_connections()
            raise
        self._emit_here(sid, hello)

    def on_joined(self, sid: str) -> None:
        """Somebody has their `hello`: let their rooms know."""
        if session := self.sessions.get(sid):
            self.presence.arrive(sid, payloads.user(session.user), session.rooms)

    def _sign_in(self, sid: str, environ: dict[str, Any]) -> Session:
        """Who it is; looked at again where somebody was expelled meanwhile. Raises Forbidden, RateLimited."""
        session = undisturbed(lambda: self.entrance.sign_in(sid, environ), lambda: self._expulsions)
        if 0 < settings.SOCKETS_PER_USER <= len(self._sids.get(session.user.pk, ())):
            raise RateLimited(_("too many of your tabs are open here: close some"), retry_after=CLOSE_SOME)
        return session

    def on_disconnect(self, sid: str, reason: str = "") -> None:
        """Forget a socket; the room hears of it if it was the person's last."""
        if session := self.sessions.pop(sid, None):
            user_id = session.user.pk
            self._sids[user_id].discard(sid)
            if not self._sids[user_id]:
                del self._sids[user_id]
            self.presence.depart(sid, user_id)

    def on_event(self, event: str, sid: str, *args: Any) -> JSON | engine.Later:
        """Answer an event."""
        session = self.sessions.get(sid)
        if session is None or session.is_over:
            return {"ok": False, "error": signed_out().payload()}
        return self.events.answer(session, event, args)

    def _welcome(self, session: Session) -> JSON:
        """Let the socket into all that is its own; return its `hello`, to be sent at once."""
        mine = broadcast.to_user(session.user.pk)
        return self.standing.settled(mine, lambda: self._hello(session, self._enter_rooms(session)))

    def _catch_up(self, asked: tuple[int, Mapping[str, int]]) -> dict[str, JSON]:
        """What a person, by id, lacks, to be told at once."""
        return self.standing.settled(broadcast.to_user(asked[0]), lambda: self.entrance.catch_up(asked))

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

    def _figures(self) -> JSON:
        told = {name: value for name, (_help, value) in gauges.of(self).items()}
        return {
            "sockets": told["sockets"], "people": told["people"], "polling": told["polling_sockets"],
            "memory": told["resident_memory_bytes"], "buffer": told["buffer_bytes"], "slow": meters.slow.value,
            "inbox": told["inbox_packets"], "broker": self.health().get("broker"),
        }  # fmt: skip

    def _unhear(self, sid: str, target: str) -> None:
        if sid in self.sessions:
            self.sio.leave_room(sid, target)

    def _hear(self, session: Session, target: str) -> None:
        if session.sid in self.sessions:  # it may have left while it was looked at
            # a socket of ours: no other process has to hear of it
            self.sio.manager.basic_enter_room(session.sid, "/", target)

    def _hello(self, session: Session, rooms: list[JSON]) -> JSON:
        online = {slug: self.presence.online(room_id) for slug, room_id in session.rooms.items()}
        limits = {
            "grace": settings.PRESENCE_GRACE, "page_size": settings.PAGE_SIZE, "max_body": settings.MAX_BODY,
            "max_file": settings.MAX_FILE, "max_files": settings.MAX_FILES,
        }  # fmt: skip
        saved = {slug: seqs for slug, seqs in self.entrance.saved(session.user).items() if slug in session.rooms}
        me = {**payloads.user(session.user), "is_staff": session.user.is_staff}
        hello = {"type": "hello", "user": me, "rooms": rooms, "online": online, "server": limits}
        return {**hello, "saved": saved} if saved else hello

    # --- What the rest of the house asks for: the `broadcast.Carrier` ---

    def publish(self, to: str, data: JSON) -> None:
        """Send `data` to everyone in `to`."""
        self.standing.told(to, data)
        self.sio.manager.emit("data", data, "/", to)

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

    def present(self, room_id: int) -> set[int]:
        """Return the ids of the people of a room who are online."""
        return self.presence.people(room_id)

    def refresh(self, user: User) -> None:
        """Let the user's sockets speak under their present name, and those who share a room know it."""
        for session in self._sessions_of(user.pk):
            session.user = user
        self.presence.rename(payloads.user(user))
        rooms = {broadcast.to_room(room_id) for room_id in self.entrance.addresses(user).values()}
        self.introductions.tell(payloads.profile(user), rooms | {broadcast.to_user(user.pk)})

    def _sessions_of(self, user_id: int) -> list[Session]:
        return [self.sessions[sid] for sid in self._sids.get(user_id, ())]

    def expel(self, target: str, but: str = "") -> None:
        """Tell the sockets of a user or session that they are signed out, and close them; not those of the session `but`."""
        self.sign_out(session for session in self._sessions_in(target) if session.key != but)

    def sign_out(self, sessions: Iterable[Session]) -> None:
        """Tell sockets that they are signed out, and close them for good."""
        self._expulsions += 1
        for session in sessions:
            if not session.is_over:
                session.is_over = True
                self._emit_here(session.sid, {"type": "signed_out"})
                self.sio.disconnect(session.sid)

    def renew(self, target: str) -> None:
        """Let the sockets of a session go, once its browser has the new key: it comes back with that, and who stole the old one does not."""
        self._later(NEW_COOKIE, lambda: self.let_go(self._sessions_in(target)))

    def let_go(self, sessions: Iterable[Session]) -> None:
        """Close sockets so that their clients come back by themselves, and are looked at anew."""
        self._expulsions += 1
        for session in sessions:
            session.is_over = True
            if connection := self.sio.eio.sockets.get(self.sio.manager.eio_sid_from_sid(session.sid, "/")):
                connection.drop()

    def _sessions_in(self, target: str) -> list[Session]:
        found = self.sio.manager.get_participants("/", target)
        return [self.sessions[sid] for sid, _eio in found if sid in self.sessions]

    def _to_room(self, room_id: int, data: JSON) -> None:
        self._emit_here(broadcast.to_room(room_id), data)

    def _emit_here(self, to: str | list[str], data: JSON) -> None:
        """Send `data` to those of `to` who are connected to this process."""
        self.sio.manager.emit("data", data, "/", to, ignore_queue=True)  # past what python-socketio would log
