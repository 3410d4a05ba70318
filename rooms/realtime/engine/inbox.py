"""What a client has sent and no worker has seen to yet: one job after another, in order, and bounded.

Invariants: one worker at a time is at the jobs of one client; past the bound its WebSocket is not read, until half of it is free again; the farewell
is the last job.
"""

from abc import ABC, abstractmethod
from typing import Any

from .later import Later
from .polling import Polling
from .transport import WebSocket

MOST_WAITING = 64  # packets of one client that may wait for a worker; past that it is not read
MOST_WAITING_BYTES = 256 * 1024  # the same in bytes (characters, for text); one packet may go beyond
COUNTED = (str, bytes)


class Farewell:
    """The last job of an inbox."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Inbox(Polling, ABC):
    """The part of a `Connection` that a pool of workers sees (`workers.Subject`)."""

    __slots__ = ("inbox", "inbox_size", "queued")

    websocket: WebSocket | None

    def begin(self, server: Any, sid: str) -> None:
        super().begin(server, sid)
        self.inbox: list[Any] | None = None  # None while there is nothing
        self.inbox_size = 0
        self.queued = False  # in the pool, or at work

    @abstractmethod
    def forget(self) -> None:
        """Nobody knows the session any more."""

    def put(self, job: Any) -> None:
        """Queue a job for a worker; stop reading when too many wait."""
        if self.inbox is None:
            self.inbox = []
        self.inbox.append(job)
        self.inbox_size += len(job) if isinstance(job, COUNTED) else 0
        self.server.pool.put(self)
        if self.is_full and self.websocket and not self.websocket.paused and not self.closing:
            self.websocket.pause()

    @property
    def is_full(self) -> bool:
        return self.inbox is not None and (len(self.inbox) >= MOST_WAITING or self.inbox_size > MOST_WAITING_BYTES)

    @property
    def has_room(self) -> bool:
        """Half of what may wait is free: it pays to read again."""
        return self.inbox is not None and len(self.inbox) * 2 <= MOST_WAITING and not self.is_full

    def work(self) -> bool | None:
        """Do the first job of the inbox, in a worker; tell whether there are more. None: its answer is still to come."""
        if not self.inbox:
            return False
        job = self.inbox.pop(0)
        if isinstance(job, Farewell):
            try:
                self.server.farewell(self, job.reason)
            finally:
                self.inbox = None
                self.forget()
            return False
        self.inbox_size -= len(job) if isinstance(job, COUNTED) else 0
        later: Later | None = None
        try:
            later = self.server.message(self.sid, job)
        finally:
            if later is None:
                self._read_on()
        if later is None:
            return self._has_more()
        later.then(self._go_on)
        return None

    def _go_on(self, _: object) -> None:
        """The answer is there: the next job may begin."""
        self._read_on()
        self.server.pool.back(self, self._has_more())

    def _read_on(self) -> None:
        if self.websocket and self.websocket.paused and self.has_room and self.server.is_open:
            self.websocket.resume()

    def _has_more(self) -> bool:
        if self.inbox:
            return True
        self.inbox = None
        return False
