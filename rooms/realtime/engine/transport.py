"""One WebSocket on the hub: no greenlet, a read listener while it waits.

Invariants: after a close frame nothing more is sent; the owner hears `on_close` exactly once, and nothing after it; an error of ours
costs this connection, never the hub.

permessage-deflate (RFC 7692) is not offered. Each connection would need its own compressor (tens of kilobytes, against the five
that a connection costs in all), and a broadcast would be compressed once a member instead of framed once a message. Chat messages
are a few hundred bytes; the pages of history that would gain travel over HTTP, where they are compressed.
"""

import logging
from _socket import SHUT_WR, SO_LINGER, SOL_SOCKET, socket
from collections.abc import Callable
from struct import Struct
from typing import Any, Protocol

from eventlet import hubs

from . import frames
from .frames import ProtocolError
from .outgoing import Outgoing, listen

log = logging.getLogger(__name__)

LINGER = 2.0  # seconds that a peer gets to close its end, once both have said so or it broke the protocol
CLOSE_TIMEOUT = 5.0  # seconds that a peer gets to answer our close frame
_RESET = Struct("ii").pack(1, 0)  # SO_LINGER: throw unsent bytes away
_scratch = bytearray(64 * 1024)
_view = memoryview(_scratch)

# CLOSING: we have said so. DRAINING: nothing to say any more, it is the peer's turn to hang up.
OPEN, CLOSING, DRAINING, CLOSED = range(4)


class Owner(Protocol):
    """What a WebSocket tells. Called in the hub: must not wait."""

    def on_message(self, data: str | bytes) -> None: ...
    def on_flow(self, out: list[Any] | None) -> None:
        """Frames may (a list) or may not (None) be appended to `out` directly from now on; `send` works in any case."""

    def on_close(self, code: int, reason: str) -> None:
        """The last call: nothing more will be received, nothing more is sent."""


class WebSocket(Outgoing):
    """A connection whose handshake is done, or whose answer to it is the first thing sent."""

    __slots__ = ("owner", "parser", "paused", "reader", "state", "timer")

    def __init__(self, sock: socket, owner: Owner, *, limit: int, bound: int) -> None:
        """`limit`: bytes of an incoming message; `bound`: bytes that may wait to be sent."""
        super().__init__(sock, bound)
        self.owner: Owner | None = owner
        self.parser: frames.Parser | None = frames.Parser(limit)
        self.paused = False  # the owner has had enough for now: no read listener
        self.state = OPEN
        self.reader: Any = None
        self.timer: Any = None

    def start(self, early: bytes = b"") -> None:
        """Begin to read. `early`: what came together with the handshake."""
        assert self.owner and self.parser
        self.owner.on_flow(self.out)
        self._listen()
        if early:
            self.parser.feed(early)
            self._guard(self._deliver)

    # --- out

    def send(self, frame: bytes) -> None:
        """Send a frame after all that was sent before; never waits. Silently dropped once closed."""
        if self.state == OPEN:
            self.push(frame)

    def on_blocked(self) -> None:
        if self.owner:
            self.owner.on_flow(None)

    def on_sent(self, was_blocked: bool) -> None:
        if was_blocked and self.owner:
            self.owner.on_flow(self.out)
        if self.state == DRAINING:
            self._hang_up()

    def on_writable(self, fileno: int) -> None:
        self._guard(self.flush)

    # --- in

    def pause(self) -> None:
        """Read no more until `resume`; what the peer sends stays in the kernel, and then with the peer."""
        self.paused = True
        self._deafen()

    def resume(self) -> None:
        """Go on: first with what was read already."""
        self.paused = False
        self._guard(self._deliver)
        if not self.paused and self.sock:
            self._listen()

    def _on_readable(self, fileno: int) -> None:
        if self.sock is None or self.paused:
            return
        try:
            size = self.sock.recv_into(_scratch)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._guard(self.lose, frames.GOING_AWAY, str(error))
            return
        if not size:
            self._guard(self.lose, frames.GOING_AWAY, "hung up")
        elif self.parser:
            text = self.parser.whole(_view[:size])
            if text is not None and self.owner and self.state == OPEN:
                self._guard(self.owner.on_message, text)
            else:
                self.parser.feed(_view[:size])
                self._guard(self._deliver)

    def _deliver(self) -> None:
        while self.parser and not self.paused:
            try:
                message = self.parser.next()
            except ProtocolError as error:
                self.fail(error.code, error.reason)
                return
            if message is None:
                return
            opcode, payload = message
            if opcode == frames.CLOSE:
                assert isinstance(payload, bytes)
                self._answer_close(payload)
            elif self.state != OPEN:
                pass  # it was sent before our close frame arrived; too late
            elif opcode == frames.PING:
                assert isinstance(payload, bytes)
                self.send(frames.encode(frames.PONG, payload))
            elif opcode != frames.PONG and self.owner:
                self.owner.on_message(payload)

    # --- the end

    def close(self, code: int = frames.NORMAL, reason: str = "") -> None:
        """Say so, after all that was sent before; wait a while for the peer to say so too."""
        if self.state == OPEN:
            self.send(frames.encode_close(code, reason))
            self._leave(CLOSING, CLOSE_TIMEOUT, code, reason)
            if self.paused:
                self.resume()

    def fail(self, code: int, reason: str) -> None:
        """The peer broke the rules (RFC 6455, 7.1.7): tell it how, hang up, and hear no more."""
        if self.state == OPEN:
            self.send(frames.encode_close(code, reason))
        self._leave(DRAINING, LINGER, code, reason)

    def lose(self, code: int, reason: str) -> None:
        """Close at once; what waits is thrown away."""
        if self.sock is None:
            return
        if self.waiting or self.out:
            self.sock.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        self._close()
        self._leave(CLOSED, 0, code, reason)

    def _answer_close(self, payload: bytes) -> None:
        code, reason = (int.from_bytes(payload[:2], "big"), payload[2:].decode()) if payload else (frames.NO_STATUS, "")
        if self.state == OPEN:
            self.send(frames.encode_close(code))
        self._leave(DRAINING, LINGER, code, reason)

    def _leave(self, state: int, patience: float, code: int, reason: str) -> None:
        """Go on to a later state; `patience`: seconds after which the rest is cut short."""
        if self.state == CLOSED or self.state >= state:
            return
        self.state = state
        if state >= DRAINING:
            self.parser, self.is_last = None, True
        self._stop_timer()
        if state != CLOSED:
            self.timer = hubs.get_hub().schedule_call_global(patience, self.lose, code, reason)
            if state == DRAINING and not self.out:
                self._hang_up()
        owner, self.owner = self.owner, None
        if owner:
            owner.on_flow(None)
            owner.on_close(code, reason)

    def _hang_up(self) -> None:
        """All is said. Shut our end first and read on for a moment: closing over unread bytes would reset, and lose the close frame."""
        try:
            if self.sock:
                self.sock.shutdown(SHUT_WR)
        except OSError:
            self._close()

    def _close(self) -> None:
        self._stop_timer()
        self._deafen()
        self.silence()
        if self.sock:
            self.sock.close()
            self.sock = None
        self.out.clear()

    def _stop_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None

    def _listen(self) -> None:
        if self.reader is None:
            self.reader = listen(hubs.hub.READ, self.sock, self._on_readable)

    def _deafen(self) -> None:
        if self.reader:
            hubs.get_hub().remove(self.reader)
            self.reader = None

    def _guard(self, step: Callable[..., None], *given: Any) -> None:
        """An error of ours costs one connection, never the hub."""
        try:
            step(*given)
        except Exception:
            log.exception("connection dropped by an error")
            self.lose(1011, "internal error")
