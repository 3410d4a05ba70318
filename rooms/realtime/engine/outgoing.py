"""What waits to be sent on one socket, and the one who sends it.

Sending appends a ready frame to `out`; at the end of the hub's next turn the flusher gives each socket that has something one
non-blocking send, however many frames wait. Only while a peer is slow is there a write listener, and an account of what waits for it.
Invariants: nobody ever waits for a peer; what waits for a slow one stays within `bound` bytes, past which it is cut off; a socket that
is not blocked and has something in `out` is in `flusher.dirty`.
"""

from _socket import SO_SNDBUF, SOL_SOCKET, socket  # the original: eventlet patches `socket`, not this
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import monotonic
from typing import Any

from eventlet import hubs

from rooms import meters

from . import frames

SLICE = 0.008  # seconds that the flusher may hold the hub
AT_ONCE = 16  # sends between two looks at the clock
KERNEL_BUFFER = 256 * 1024  # bytes: the kernel would grow a slow peer's send buffer to 4 MiB, beyond our own bound


class Flusher:
    """Sends what has gathered, one send a socket; in slices, so that the hub is never held.

    A send to 500 members costs more than all else that a message costs. So there is a turn of the hub in between: in it those whom a
    commit has woken acknowledge, in the same send.
    """

    def __init__(self) -> None:
        self.dirty: list[Any] = []  # who has something in `out` and is not blocked; some may have nothing by now
        self.scheduled = False

    def schedule(self) -> None:
        """To be called after every addition to `dirty`."""
        if not self.scheduled:
            self.scheduled = True
            hubs.get_hub().schedule_call_global(0, self._next_turn)

    def _next_turn(self) -> None:
        hubs.get_hub().schedule_call_global(0, self.flush)

    def flush(self) -> None:
        self.scheduled = False
        batch, self.dirty = self.dirty, []
        until = monotonic() + SLICE
        for done in range(0, len(batch), AT_ONCE):
            if done and monotonic() > until:
                self.dirty[:0] = batch[done:]
                break
            _flush_all(batch[done : done + AT_ONCE])
        if self.dirty and not self.scheduled:
            self.scheduled = True
            hubs.get_hub().schedule_call_global(0, self.flush)


flusher = Flusher()


class Outgoing(ABC):
    """The sending half of a connection."""

    __slots__ = ("blocked", "bound", "is_last", "out", "sock", "waiting", "writer")

    def __init__(self, sock: socket, bound: int) -> None:
        """`bound`: bytes that may wait to be sent."""
        sock.setblocking(False)
        sock.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER)
        self.sock: socket | None = sock
        self.bound = bound
        self.out: list[Any] = []  # frames to be sent, in order; the same list as long as we live
        self.waiting = 0  # bytes in it, counted while blocked
        self.blocked = False  # the kernel takes no more for now: a write listener waits
        self.is_last = False  # nothing comes after what is in `out`
        self.writer: Any = None

    @abstractmethod
    def on_blocked(self) -> None:
        """The peer has become slow: nobody but `push` may append to `out` now."""

    @abstractmethod
    def on_sent(self, was_blocked: bool) -> None:
        """Everything has been sent. Told only of one that was blocked, or is at its last."""

    @abstractmethod
    def lose(self, code: int, reason: str) -> None:
        """Close at once."""

    def push(self, frame: bytes) -> None:
        """Send a frame, in order with what was sent before; never waits."""
        if self.blocked:
            self.waiting += len(frame)
            if self.waiting > self.bound:
                self._give_up()
                return
        elif not self.out:
            flusher.dirty.append(self)
            flusher.schedule()
        self.out.append(frame)

    def flush(self) -> None:
        """Give the kernel what waits: one system call."""
        out = self.out
        if not out or self.sock is None:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self.lose(frames.GOING_AWAY, str(error))
            return
        if sent == len(data) and not self.blocked:
            if self.is_last:
                self.on_sent(False)
            return
        self.waiting = len(data) - sent
        if self.waiting > self.bound:
            self._give_up()
        elif self.waiting:
            out.append(memoryview(data)[sent:])
            if not self.blocked:
                self.blocked = True
                self.writer = listen(hubs.hub.WRITE, self.sock, self.on_writable)
                self.on_blocked()
        else:
            was_blocked, self.blocked = self.blocked, False
            self.silence()
            self.on_sent(was_blocked)

    def _give_up(self) -> None:
        meters.slow.value += 1
        self.lose(frames.POLICY, f"does not read: over {self.bound} bytes wait")

    def on_writable(self, fileno: int) -> None:
        self.flush()

    def silence(self) -> None:
        """Wait for writability no more."""
        if self.writer:
            hubs.get_hub().remove(self.writer)
            self.writer = None


def _flush_all(chosen: list[Outgoing]) -> None:
    """Flush each. Nearly always one frame waits, and the kernel takes all of it: `flush` would do the same, in twice the steps."""
    for outgoing in chosen:
        out = outgoing.out
        if len(out) == 1 and outgoing.sock and not outgoing.blocked and not outgoing.is_last:
            frame = out[0]
            try:
                sent = outgoing.sock.send(frame)
            except OSError:
                sent = 0  # `flush` will hear the same
            if sent == len(frame):
                out.clear()
                continue
            out[0] = memoryview(frame)[sent:]
        outgoing.flush()


def listen(kind: str, sock: socket | None, callback: Callable[[int], None]) -> Any:
    """Have the hub call back whenever the socket is ready; return the listener, for `hub.remove`."""
    assert sock is not None
    hub = hubs.get_hub()
    listener = hub.add(kind, sock.fileno(), callback, _ignore, None)
    listener.greenlet = hub.greenlet  # it would keep the greenlet of whoever asked, long dead
    return listener


def _ignore(_: BaseException) -> None:
    pass
