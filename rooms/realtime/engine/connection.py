"""An Engine.IO session: python-engineio's `Socket` without its three greenlets and its queue.

It starts on one of two transports, long-polling (python-engineio's own, with the queue that it needs) or a WebSocket on the hub, and
may move from the first to the second. Packets that come in go to the inbox, from which one worker at a time takes them in order;
Socket.IO's handlers run only there. Invariants: what waits, in either direction, is bounded, in packets and in bytes; once
`closing` nothing more goes in or out; the farewell is the inbox's last job, and after it nobody knows the session any more, but for what a poll has
not read yet (`parting`).
"""

from random import random
from time import monotonic
from typing import Any

from engineio import packet

from . import frames, handshake
from .codec import framed
from .handshake import Environ
from .inbox import Farewell, Inbox
from .transport import WebSocket
from .upgrade import Probe

JOIN_TIMEOUT = 45.0  # seconds that a client may be connected without being in a namespace (Node's connectTimeout)


class Connection(Inbox):
    """One client; the names that python-engineio's server uses are its own."""

    __slots__ = (
        "address",
        "awaiting_pong",
        "closed",
        "connected",
        "due",
        "held",
        "joined",
        "out",
        "probe",
        "state",
        "upgraded",
        "upgrading",
        "websocket",
    )

    def __init__(self, server: Any, sid: str, address: str = "") -> None:  # not super's: it makes a queue
        self.begin(server, sid)
        self.address = address  # as the server counts it
        self.state: dict[str, Any] | None = None  # the Socket.IO sessions, by namespace
        self.connected = self.upgrading = self.upgraded = self.closed = False
        self.joined = monotonic()  # since when it has been without a namespace; 0 when it is in one
        self.websocket: WebSocket | None = None
        self.probe: Probe | None = None
        self.out: list[Any] | None = None  # where a broadcast appends its frame; None: `deliver` knows where to
        self.held: list[Any] | None = None  # broadcasts that wait until the client knows that it is connected
        self.awaiting_pong = False
        interval = server.ping_interval
        self.due = monotonic() + interval * (0.5 + random() / 2)  # spreads those who came together
        server.wheel.add(self, self.due)

    @property
    def session(self) -> dict[str, Any]:
        if self.state is None:
            self.state = {}
        return self.state

    @session.setter
    def session(self, session: dict[str, Any]) -> None:
        self.state = session

    # --- out

    def send(self, pkt: Any) -> None:
        """Send an Engine.IO packet; never waits."""
        if self.closing:
            return
        if self.websocket:
            self.websocket.send(framed(pkt))
        else:
            self.enqueue(pkt)

    def deliver(self, broadcast: Any) -> None:
        """The long way of a broadcast, for those without `out`: held back, long-polling, or slow."""
        if self.held is not None:
            self.held.append(broadcast)
        elif self.websocket:
            for each in broadcast.frames:
                self.websocket.send(each)
        else:
            for each in broadcast.packets:
                self.send(each)

    def hold(self) -> None:
        """Keep broadcasts back until `release`."""
        self.held, self.out = [], None

    def release(self) -> None:
        """Send what was held back, and hold no more. However much it is, who comes is not cut off for being told: it counts beside the bound."""
        held, self.held = self.held or [], None
        told = sum(len(frame) for broadcast in held for frame in broadcast.frames)
        if told * 2 > self.server.bound:
            self.told = told  # type: ignore[misc]  # not in a slot: see there
            if self.websocket:
                self.websocket.bound += told
        for broadcast in held:
            self.deliver(broadcast)
        if self.websocket:
            self.on_flow(None if self.websocket.blocked else self.websocket.out)

    def hasten(self) -> None:
        """Send what waits at once, not at the end of the turn."""
        if self.websocket and not self.websocket.blocked:
            self.websocket.flush()

    def on_flow(self, out: list[Any] | None) -> None:
        self.out = None if self.closing or self.held is not None else out

    # --- in

    def on_message(self, data: str | bytes) -> None:
        """A packet came by the WebSocket."""
        if isinstance(data, bytes):
            self.put(data)
        elif data[:1] == "4":
            self.put(data[1:])
        elif data == "3":
            self.on_pong()
        elif data == "1":
            self.close(abort=True, reason=self.server.reason.CLIENT_DISCONNECT)
        elif self.websocket:
            self.websocket.fail(frames.POLICY, "not an Engine.IO packet")

    def on_close(self, code: int, reason: str) -> None:
        """The WebSocket is gone."""
        server = self.server
        server.logger.info("%s: closed, %s %s", self.sid, code, reason)
        broken = code in (frames.PROTOCOL_ERROR, frames.POLICY, frames.BAD_DATA, frames.TOO_BIG, 1011)
        self.close(abort=True, reason=server.reason.TRANSPORT_ERROR if broken else server.reason.TRANSPORT_CLOSE)

    # --- the heart

    def on_pong(self) -> None:
        self.awaiting_pong = False
        self.due = monotonic() + self.server.ping_interval

    def on_beat(self, now: float) -> float | None:
        """Ping, or give up. In the hub."""
        server = self.server
        if self.closing:
            return None
        if self.joined and now - self.joined > JOIN_TIMEOUT:
            self.close(reason=server.reason.SERVER_DISCONNECT)
            return None
        if now < self.due:
            return float(self.due)
        if self.websocket and self.websocket.paused:
            return float(now + server.ping_interval)  # a pong may stand behind what we do not read
        if self.awaiting_pong:
            self.close(reason=server.reason.PING_TIMEOUT)
            return None
        self.awaiting_pong = True
        self.due = now + server.ping_timeout
        self.send(packet.Packet(packet.PING))
        return float(self.due)

    # --- the end

    def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None, code: int = frames.NORMAL
    ) -> None:
        """End the session. `abort`: there is nobody to tell any more; `code`: what the close frame says."""
        if self.closing:
            return
        if not abort and not self.websocket:
            self.send(packet.Packet(packet.CLOSE))
        if self.closing:  # by the packet that was too many
            return
        self.closing, self.out, self.held = True, None, None
        if self.websocket:
            self.websocket.close(code)
        if self.probe and self.probe.websocket:
            self.probe.websocket.close(code)
        if self.queue:
            self.queue.put(None)  # whoever polls has read all
            if abort:
                self.queue_size = 0  # nobody comes for what is left
        self.put(Farewell(reason or self.server.reason.SERVER_DISCONNECT))

    def drop(self) -> None:
        """End the session for a reason of ours; what the client sent and was not yet seen to is not done any more."""
        if self.inbox and not self.closing:
            self.inbox.clear()
        self.close()

    def forget(self) -> None:
        self.state = self.websocket = None
        self.closed = not self.server.parting.keep(self)
        if self.closed:
            self.queue = None

    # --- the way to a WebSocket

    def _upgrade_websocket(self, environ: Environ, start_response: Any) -> Any:
        """Take the socket, as the session's only transport or as one to probe."""
        try:
            answer = handshake.accept(environ)
            if self.upgraded or self.probe or self.closing:
                raise handshake.Refused("upgraded already")
        except handshake.Refused as refused:
            told = self.server._bad_request(str(refused))
            told["headers"].append(handshake.VERSION)
            return told
        sock, early = handshake.detach(environ)
        owner: Connection | Probe = self
        if self.connected:
            owner = self.probe = Probe(self)
        limit, bound = self.server.max_http_buffer_size, self.server.bound
        websocket = owner.websocket = WebSocket(sock, owner, limit=limit, bound=bound)
        self.connected = True
        websocket.send(answer)
        self.upgraded = owner is self
        websocket.start(early)
        return ()
