"""When who has asked is seen to: a turn of the hub begins one request, or sees off a few who hung up.

Between two requests others have as long as the first one took, or `TURNS` turns if they need less: so a message is heard after one page, however many
are asked for. Invariants: nothing is begun in the hub; those who connect to talk do not wait for pages.
"""

from _socket import socket
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

import eventlet
from eventlet import hubs, patcher
from eventlet.greenio import GreenSocket
from greenlet import getcurrent

from .turnstile import Turnstile

BURST = 16  # connections let in, or seen off, before others get a turn
TURNS = 8  # of the hub, in which a message that has been read is heard by all

_select = patcher.original("select")  # eventlet leaves no `poll` in the other
_ENDED = getattr(_select, "POLLRDHUP", 0)  # besides POLLHUP and POLLERR, which are always told

Shelf = dict["Caller", None]  # those with the same patience, who came first first


class Caller:
    """A connection between two requests."""

    __slots__ = ("address", "greenlet", "here", "listener", "peer", "shelf", "skip", "sock", "until", "waited")

    def __init__(self, sock: socket, peer: Any, address: str) -> None:
        """`peer`: host and port; `address`: what it counts as."""
        self.sock, self.peer, self.address = sock, peer, address
        self.skip = 0  # bytes of a body that nobody wanted
        self.here = 0  # bytes of a head that were here when we looked last
        self.until = 0.0  # when patience ends
        self.shelf: Shelf | None = None  # where it stands
        self.listener: Any = None
        self.greenlet: Any = None  # that waits for its turn, where it has more to do
        self.waited = False


class Guest(GreenSocket):
    """A caller whose request is here, as `eventlet.wsgi` wants it."""

    caller: Caller


class Turns:
    """Hands over to `eventlet.wsgi`, which takes it for a listening socket, who has asked."""

    def __init__(self, hang_up: Callable[[Caller], None]) -> None:
        """`hang_up`: how somebody is seen off."""
        self.stopped = False  # nobody comes any more
        self._hang_up = hang_up
        self._sockets: deque[Caller] = deque()
        self._turnstile: Turnstile[Caller] = Turnstile()
        self._gone: deque[Caller] = deque()
        self._rest = 0  # turns that are others'
        self._since = self._took = 0.0  # when they began, and how long what was before them took
        self._accepting: Any = None  # a greenlet that waits for somebody

    def express(self, caller: Caller) -> None:
        """Somebody asks for what takes no time."""
        self._sockets.append(caller)
        self.wake()

    def queue(self, caller: Caller, address: str, asker: str) -> None:
        """Somebody asks, from there."""
        caller.waited = bool(self._turnstile) or self._rest > 0
        self._turnstile.put(address, asker, caller)
        self.wake()

    def leave(self, caller: Caller) -> None:
        """Somebody has hung up, and is seen off in a moment."""
        self._gone.append(caller)
        self.wake()

    def accept(self) -> tuple[Guest, Any]:
        """Wait for the next whose turn it is. Raises SystemExit, which the WSGI server takes as its end, once `stopped`."""
        while True:
            if self._sockets:
                return self._hand_over(self._sockets.popleft())
            if self._rest:
                self._give_way()
            elif caller := self._next():
                return self._hand_over(caller)
            elif self._rest:
                continue
            elif self.stopped:
                raise SystemExit
            else:
                self._accepting = getcurrent()
                hubs.get_hub().switch()

    def _next(self) -> Caller | None:
        """Whose turn it is; None where a greenlet goes on instead, or some were seen off, or nobody is there."""
        for _ in range(BURST):
            if self._gone:
                self._begin(1)
                self._hang_up(self._gone.popleft())
            elif not self._turnstile:
                return None
            elif (caller := self._turnstile.take()).greenlet:
                hubs.get_hub().schedule_call_global(0, caller.greenlet.switch)
                caller.greenlet = None
                self._begin(TURNS)
                return None
            elif caller.waited and _has_hung_up(caller.sock):
                self._gone.append(caller)
            else:
                self._begin(TURNS)
                return caller
        return None

    def _begin(self, turns: int) -> None:
        self._rest, self._since, self._took = turns, monotonic(), 0.0

    def _give_way(self) -> None:
        """Let others have a turn. In the first of them is what was begun."""
        eventlet.sleep(0)
        now, self._rest = monotonic(), self._rest - 1
        if not self._took:
            self._took, self._since = now - self._since, now
        elif now - self._since >= self._took:
            self._rest = 0

    def wake(self) -> None:
        if self._accepting:
            hubs.get_hub().schedule_call_global(0, self._accepting.switch)
            self._accepting = None

    def _hand_over(self, caller: Caller) -> tuple[Guest, Any]:
        guest = Guest(caller.sock)
        guest.caller = caller
        return guest, caller.peer


def _has_hung_up(sock: socket) -> bool:
    """Whether the peer is gone, who had to wait: nobody would read the answer. (What it has said is still to be read: a look would not tell.)"""
    look = _select.poll()
    look.register(sock.fileno(), _ENDED)
    return bool(look.poll(0))
