"""The chat of a site that has several processes: each serves its own clients, and a broker carries between them what is said and done.

The broker is a hint, the database the truth. What is said in a room goes out in the order of its versions (`sequence`); what is missing below, and
every CHECK seconds whatever has not been heard of, is read from the database and goes out then. What has no version (who is let in and out, who is
signed out, read marks) is made whole after the broker was away: every client here is looked at anew and greeted again. So nothing is lost with a
message that the broker loses, and posting goes on without it. Without a broker none of this is loaded.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

import eventlet
from django.conf import settings
from django.db import DatabaseError
from eventlet.event import Event

from accounts.models import User
from rooms import broadcast, meters, payloads
from rooms.models import Message, Room
from rooms.realtime.crossings import Crossings
from rooms.realtime.doubts import Doubts
from rooms.realtime.engine import brokers
from rooms.realtime.gossip import Gossip
from rooms.realtime.repair import drop_broken_connections, give_back
from rooms.realtime.sequence import Sequence
from rooms.realtime.server import ChatServer

JSON = dict[str, Any]
log = logging.getLogger(__name__)

CHECK = 3.0  # seconds between two looks at the versions of all rooms that somebody here is in
STRAGGLE = 0.25  # seconds that what is committed may be under way before it is read from the database
SETTLE = 1.0  # seconds after the broker's return in which the other processes notice it, too
PATIENCE = 5.0  # seconds that the start waits for the broker
ROOMS_AT_ONCE = 1_000
GREET_AT_ONCE = 50
TO_ROOM = "room:"


class Errand:
    """Something to do in a worker, where there is a database connection."""

    def __init__(self, do: Callable[[], None]) -> None:
        self.queued, self._do = False, do

    def work(self) -> bool:
        """Do it."""
        self._do()
        return False


class SharedChatServer(ChatServer):
    """A ChatServer among several."""

    def __init__(self, later: Callable[[float, Callable[[], None]], Any], broker: str, channel: str) -> None:
        """`broker`: its URL; `channel`: what the processes of this site call theirs."""
        self.fanout = brokers.make(broker, channel)
        super().__init__(later, self.fanout)
        self.sequence = Sequence()
        self.gossip = Gossip(self.fanout.tell, self.presence, later)
        self.doubts = Doubts(later, self._see)
        self.crossings = Crossings(later, self._errand, self._emit_here, self.standing)
        self.fanout.gate, self.fanout.on_told, self.fanout.on_back = self._may_go_out, self._told, self._back
        self.live.on_watch = lambda: self.fanout.tell("watched")
        self._look: Any = None  # wakes who looks at the versions
        self._greeting = False

    def begin(self) -> None:
        if not self.fanout.begin(PATIENCE):
            log.warning("the broker does not answer; serving without the others until it does")
        super().begin()
        self.gossip.begin()
        eventlet.spawn(self._watch)

    def leave(self) -> None:
        self.gossip.end()

    def end(self) -> None:
        until = monotonic() + 1
        while self.fanout.waiting and self.fanout.is_up and monotonic() < until:
            eventlet.sleep(0.01)

    def health(self) -> dict[str, Any]:
        fanout = self.fanout
        broker = "up" if fanout.is_up else "away" if fanout.was_up else "never met"
        silence = round(monotonic() - fanout.heard_at, 1)
        return {"broker": broker, "silence": silence, "others": self.gossip.others}

    def gauges(self) -> dict[str, tuple[str, float]]:
        fanout = self.fanout
        return {
            "broker_up": ("Whether this process hears its own probe through the broker.", int(fanout.is_up)),
            "broker_silence_seconds": ("Since when nothing has come through it.", monotonic() - fanout.heard_at),
            "broker_waiting": ("Messages that wait for the broker.", fanout.waiting),
            "broker_dropped": ("Messages that it did not take in time.", fanout.dropped),
            "other_workers": ("Other processes of the site.", self.gossip.others),
        }

    # --- who is here

    def on_joined(self, sid: str) -> None:
        super().on_joined(sid)
        if session := self.sessions.get(sid):
            self.gossip.here(session.user.pk, session.rooms)

    def on_disconnect(self, sid: str, reason: str = "") -> None:
        session = self.sessions.get(sid)
        super().on_disconnect(sid, reason)
        if session and session.user.pk not in self._sids:
            self.gossip.gone(session.user.pk)

    def _enter_rooms(self, session: Any) -> list[JSON]:
        rooms = super()._enter_rooms(session)
        for room in rooms:
            self.sequence.begin(session.rooms[room["slug"]], room["version"])
        return rooms

    # --- what is done in one process is done in all

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        self._grant_here(user_id, room_id, slug)
        self.fanout.tell("grant", user_id=user_id, room_id=room_id, slug=slug)

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        self._revoke_here(user_id, room_id, slug)
        self.fanout.tell("revoke", user_id=user_id, room_id=room_id, slug=slug)

    def refresh(self, user: User) -> None:
        super().refresh(user)
        self.fanout.tell("refresh", user_id=user.pk)

    def expel(self, target: str, but: str = "") -> None:
        super().expel(target, but)
        self.fanout.tell("expel", target=target, but=but)

    def renew(self, target: str) -> None:
        super().renew(target)
        self.fanout.tell("renew", target=target)

    def _told(self, host: str, what: str, said: JSON) -> None:
        """Another process did something, or tells who is there."""
        if self.gossip.heard(host, self.fanout.host_id, what, said):
            return
        if what == "grant":
            self._grant_here(**said)
        elif what == "revoke":
            self._revoke_here(**said)
        elif what == "expel":
            super().expel(**said)
        elif what == "renew":
            super().renew(**said)
        elif what == "refresh":
            self._errand(lambda: self._refresh_here(said["user_id"]))
        elif what == "watched":
            self.live.is_watched()
        elif what == "missed":
            self._greet_soon()
        else:
            log.info("another process, perhaps of a later version, tells %r", what)

    def _grant_here(self, user_id: int, room_id: int, slug: str) -> None:
        super().grant(user_id, room_id, slug)
        self.gossip.moved(user_id)
        self.doubts.said((user_id, room_id), True, user_id)

    def _revoke_here(self, user_id: int, room_id: int, slug: str) -> None:
        super().revoke(user_id, room_id, slug)
        self.gossip.moved(user_id)
        self.doubts.said((user_id, room_id), False, user_id)

    def _see(self, user_id: int) -> None:
        if user_id in self._sids:
            self._errand(lambda: self.examiner.look_at(self._sessions_of(user_id)))

    def _refresh_here(self, user_id: int) -> None:
        user = User.objects.filter(pk=user_id).first()
        if user:
            super().refresh(user)

    def _errand(self, do: Callable[[], None]) -> None:
        self.sio.pool.put(Errand(do))

    # --- the order of what is said

    def _may_go_out(self, to: str, data: Any, host: str) -> bool:
        """Whether what a process says to `to` goes out as it came; a change of a room goes out in its turn."""
        self.standing.told(to, data)
        if to in self.fanout.rooms.get("/", ()):
            self.crossings.heard(to, data, host)
        if not to.startswith(TO_ROOM) or not isinstance(data, dict) or data.get("type") != "message":
            return True
        room_id = int(to.removeprefix(TO_ROOM))
        if not self._is_heard(room_id):
            self.sequence.forget(room_id)
            return False
        self._send_out(to, self.sequence.take(room_id, data))
        if self.sequence.behind():
            self._look_soon()
        return False

    def _is_heard(self, room_id: int) -> bool:
        return broadcast.to_room(room_id) in self.fanout.rooms.get("/", ())

    def _send_out(self, to: str, ready: Any) -> None:
        for news in ready:
            self._emit_here(to, news)

    # --- whole by the database

    def _look_soon(self) -> None:
        if self._look and not self._look.ready():
            self._look.send()

    def _watch(self) -> None:
        """For ever: when something is missing, and every CHECK seconds, see what the database has that has not gone out."""
        while True:
            self._look = Event()
            if not self.sequence.behind():
                with eventlet.Timeout(CHECK, False):
                    self._look.wait()
            try:
                self._mend()
            except DatabaseError as error:
                log.warning("the versions of the rooms could not be looked at: %s", error)
                drop_broken_connections()
                eventlet.sleep(1)
            except Exception:
                log.exception("looking at the versions of the rooms failed")
                eventlet.sleep(1)
            finally:
                give_back()

    def _mend(self) -> None:
        """Two looks: what was committed before the first and has not gone out by the second is no longer under way."""
        committed = self._committed()
        if not committed:
            return
        eventlet.sleep(STRAGGLE)
        late = [room_id for room_id, version in committed.items() if (self.sequence.at(room_id) or 0) < version]
        for room_id in late:
            if self._is_heard(room_id):
                self._read_out(room_id)

    def _committed(self) -> dict[int, int]:
        """The versions of the rooms that somebody here is in, where they are above what has gone out."""
        here = [int(to.removeprefix(TO_ROOM)) for to in self.fanout.rooms.get("/", ()) if to.startswith(TO_ROOM)]
        self.sequence.keep(here)
        found: dict[int, int] = {}
        for n in range(0, len(here), ROOMS_AT_ONCE):
            before = {room_id: self.sequence.at(room_id) for room_id in here[n : n + ROOMS_AT_ONCE]}
            for room_id, version in Room.objects.filter(pk__in=before).values_list("pk", "version"):
                at = before[room_id]
                if at is None:
                    self.sequence.begin(room_id, version)
                elif version > at:
                    found[room_id] = version
                elif version < at:
                    log.warning("room %d went back from version %d to %d", room_id, at, version)
                    self.sequence.restart(room_id, version)
            eventlet.sleep(0)
        return found

    def _read_out(self, room_id: int) -> None:
        """Let out what is missing of a room; where that is much, only the last, at which clients notice the gap and sync."""
        room = Room.objects.get(pk=room_id)
        at = self.sequence.at(room_id)
        if at is None or room.version <= at:
            return
        found = Message.objects.since(room, at, settings.SYNC_LIMIT + 1)
        if len(found) > settings.SYNC_LIMIT:
            found = Message.objects.since(room, room.version - 1, 1)
        news = [
            {"type": "message", "room": room.slug, "version": each.version, "message": payloads.message(each)}
            for each in found
        ]
        ready = self.sequence.mend(room_id, room.version, news)
        meters.mended.value += len(ready)
        self._send_out(broadcast.to_room(room_id), ready)

    # --- whole after a silence

    def _back(self, away: float) -> None:
        """The broker is back: what others said and did meanwhile was not heard here, nor what we did there."""
        self.gossip.repeat()
        self.fanout.tell("missed")
        self._look_soon()
        self._greet_soon()

    def _greet_soon(self) -> None:
        if not self._greeting:
            self._greeting = True
            self._later(SETTLE, lambda: self._errand(self._greet_all))

    def _greet_all(self) -> None:
        """Look at everybody here as if they came in just now."""
        self._greeting = False
        sids = list(self.sessions)
        log.info("looking at %d clients anew", len(sids))
        try:
            for n, sid in enumerate(sids):
                if sid in self.sessions:
                    self._greet(sid)
                if n % GREET_AT_ONCE == 0:
                    eventlet.sleep(0)
        except DatabaseError as error:
            log.warning("not all clients could be looked at: %s", error)
            self._greet_soon()

    def _greet(self, sid: str) -> None:
        session = self.sessions[sid]
        user = self.entrance.holder(session.key)
        if user is None:
            super().expel(broadcast.to_session(session.key))
            return
        session.user = user
        self.presence.rename(payloads.user(user))
        before = dict(session.rooms)
        hello = self._welcome(session)
        for slug in before.keys() - session.rooms.keys():
            self.presence.dismiss(session.user.pk, slug)
        for slug in session.rooms.keys() - before.keys():
            self.presence.admit(session.user.pk, slug, session.rooms[slug])
        if sid in self.sessions:
            self._emit_here(sid, hello)
