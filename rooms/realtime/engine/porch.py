"""Where connections stand that have not asked for anything yet, or for nothing more: without a greenlet, in a kilobyte.

A greenlet with its buffers costs 24 kB, and who comes merely to stand there needs none (measured: 5,000 of them took 119 MB, and a quarter of
it stayed when they had gone, in Python's allocator). The head of a request stays in the kernel until it is whole; then the request has its turn,
by turns.py. `eventlet.wsgi` takes us for its listening socket, and each request for a connection of its own.

Invariants: who stands here has so long to say something, and no longer; an address has its share, and the newest: when it is full, who has stood
there the longest goes; nothing makes us stop accepting.
"""

import errno
import logging
from _socket import MSG_PEEK, SHUT_WR, SO_RCVLOWAT, SOL_SOCKET, socket
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

from eventlet import hubs
from eventlet.greenio import GreenSocket
from eventlet.greenio.base import socket_accept
from greenlet import getcurrent

from . import heads
from .listening import peer_name
from .outgoing import listen
from .tally import Tally
from .turns import BURST, Caller, Shelf, Turns

log = logging.getLogger(__name__)

SWEEP = 1.0  # seconds between two looks for those whose patience is at an end, at most
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
_scratch = bytearray(16 * 1024)  # a head that is larger is read by who serves it
_view = memoryview(_scratch)


class Porch:
    """Lets connections in, and hands each over to `accept` when it asks for something and it is its turn."""

    def __init__(
        self,
        door: GreenSocket,
        tally: Tally,
        address_of: Any,
        origin: heads.Origin,
        *,
        head_timeout: float,
        keep_alive: float,
        most: int,
    ) -> None:
        """`door`: the listening socket; `most` may stand here at a time. The rest as `serving.Site` has it."""
        self.door, self.tally, self.address_of, self.origin = door, tally, address_of, origin
        self.head_timeout, self.keep_alive, self.most = head_timeout, keep_alive, most
        self.family, self.getsockname, self.close = door.family, door.getsockname, door.close
        self.silent: Shelf = {}  # who has just come
        self.speaking: Shelf = {}  # half a head is here
        self.idle: Shelf = {}  # between two requests
        self.of: dict[str, Shelf] = {}  # all of them by address, where that counts
        self.turns = Turns(self._hang_up)
        self.accept = self.turns.accept
        self._sweeping: Any = None
        self._knocking: Any = None
        self._open()

    def __len__(self) -> int:
        return len(self.silent) + len(self.speaking) + len(self.idle)

    # --- in

    def _open(self) -> None:
        if not self.turns.stopped and not self._knocking:
            self._knocking = listen(hubs.hub.READ, self.door, self._on_knock)

    def _shut(self) -> None:
        if self._knocking:
            hubs.get_hub().remove(self._knocking)
            self._knocking = None

    def _on_knock(self, fileno: int) -> None:
        for _ in range(BURST):
            try:
                accepted = socket_accept(self.door.fd)
            except OSError as error:
                if error.errno in EXHAUSTED:
                    log.error("cannot accept a connection: %s", error)
                    self._shut()
                    hubs.get_hub().schedule_call_global(0.2, self._open)
                return
            if not accepted:
                return
            self._let_in(*accepted)

    def _let_in(self, sock: socket, peer: Any) -> None:
        hubs.notify_opened(sock.fileno())
        sock.setblocking(False)
        peer = peer_name(peer)
        address = self.address_of(peer[0])
        if not self.tally.has_room(address):
            self._make_room(address)
        if not self.tally.enter(address):
            with suppress(OSError):
                sock.send(_FULL)
                sock.shutdown(SHUT_WR)
            sock.close()
            return
        if len(self) >= self.most:
            self._see_off(next(iter(self.idle or self.silent or self.speaking)))
        self._stand(Caller(sock, peer, address), self.silent, self.head_timeout)

    def _make_room(self, address: str) -> None:
        """See off the one of that address who has stood here the longest, and has not just said something."""
        for caller in self.of.get(address, ()):
            if _waits(caller):
                self._see_off(caller)
                return

    def stay(self, caller: Caller, sock: socket, skip: int) -> None:
        """A connection whose request is answered; `skip` bytes of its body are still to come."""
        caller.sock, caller.skip, caller.here = sock, skip, 0
        sock.setblocking(False)
        self._stand(caller, self.idle, self.keep_alive)

    def _stand(self, caller: Caller, shelf: Shelf, patience: float) -> None:
        if caller.shelf is not None:
            del caller.shelf[caller]
        elif caller.address and self.tally.most:
            self.of.setdefault(caller.address, {})[caller] = None
        caller.shelf, caller.until = shelf, monotonic() + patience
        shelf[caller] = None
        if not caller.listener:
            caller.listener = listen(hubs.hub.READ, caller.sock, partial(self._look, caller))
        if not self._sweeping:
            self._sweeping = hubs.get_hub().schedule_call_global(min(patience, SWEEP), self._sweep)

    def _look(self, caller: Caller, fileno: int) -> None:
        """In the hub: something has come, or the end."""
        if caller.listener is None:  # seen off in this very turn
            return
        skip = min(caller.skip, len(_scratch))
        try:
            size = caller.sock.recv_into(_scratch, skip, 0 if skip else MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            size = 0
        head = bytes(_view[:size])
        if not size:
            self._leave_shelf(caller)
            self.tally.leave(caller.address)
            caller.address = ""  # it counts no more
            self.turns.leave(caller)
        elif skip:
            caller.skip -= size
            return
        elif caller.here < size < len(_scratch) and not heads.is_whole(head):
            caller.here = size
            caller.sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, size + 1)  # wake us for more only
            if caller.shelf is not self.speaking:
                self._stand(caller, self.speaking, self.head_timeout)
            return
        else:
            self._leave_shelf(caller)
            if caller.here:
                caller.sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 1)
            if heads.is_of_a_socket(head):
                self.turns.express(caller)
            else:
                self.turns.queue(caller, *self._asker(caller, head))

    def wait_turn(self, caller: Caller, head: bytes) -> None:
        """In a greenlet that has the next request read already: return when it is its turn."""
        caller.greenlet = getcurrent()
        self.turns.queue(caller, *self._asker(caller, head))
        hubs.get_hub().switch()

    def _asker(self, caller: Caller, head: bytes) -> tuple[str, str]:
        return heads.asker(head, caller.peer[0], self.origin)

    # --- out

    def stop(self) -> None:
        """Let nobody in any more, and see off who stands here; who has asked is served."""
        self.turns.stopped = True
        self._shut()
        for caller in [*self.silent, *self.speaking, *self.idle]:
            self._see_off(caller)
        self.turns.wake()

    def _sweep(self) -> None:
        """In the hub: see off whose patience is at an end, a few a turn."""
        self._sweeping, now, left = None, monotonic(), BURST
        for shelf in (self.silent, self.speaking, self.idle):
            while left and shelf and (caller := next(iter(shelf))).until <= now:
                self._see_off(caller)
                left -= 1
        if len(self):
            first = min(next(iter(shelf)).until for shelf in (self.silent, self.speaking, self.idle) if shelf)
            self._sweeping = hubs.get_hub().schedule_call_global(min(max(first - now, 0), SWEEP), self._sweep)

    def _leave_shelf(self, caller: Caller) -> None:
        hubs.get_hub().remove(caller.listener)
        caller.listener = None
        if caller.shelf is not None:
            del caller.shelf[caller]
            caller.shelf = None
        if here := self.of.get(caller.address):
            here.pop(caller, None)
            if not here:
                del self.of[caller.address]

    def _see_off(self, caller: Caller) -> None:
        self._leave_shelf(caller)
        self._hang_up(caller)

    def _hang_up(self, caller: Caller) -> None:
        caller.sock.close()
        self.tally.leave(caller.address)


def _waits(caller: Caller) -> bool:
    """Whether nothing more of a caller is here than when we looked last."""
    try:
        return caller.sock.recv_into(_scratch, 0, MSG_PEEK) <= caller.here
    except OSError:  # nothing, or the end
        return True
