"""From long-polling to a WebSocket (Engine.IO protocol v4, "Upgrade"): the second transport is probed while the first still works.

    client: WebSocket with the session's sid, "2probe"  ->  server: "3probe", and NOOP to whoever polls
    client: stops polling, "5"                          ->  server: what waited for a poll, then everything, by the WebSocket

Invariant: no packet is lost, doubled or overtaken by the move; a probe that fails leaves the session as it was.
"""

from typing import Any

from engineio import packet
from eventlet import hubs

from . import frames
from .codec import framed
from .transport import WebSocket

TIMEOUT = 10.0  # seconds that a client may take from the handshake to the upgrade


class Probe:
    """Owns the WebSocket of a `Connection` until the client says that it shall be used."""

    __slots__ = ("connection", "probed", "timer", "websocket")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.probed = False
        self.websocket: WebSocket | None = None
        self.timer: Any = hubs.get_hub().schedule_call_global(TIMEOUT, self._expire)

    def on_message(self, data: str | bytes) -> None:
        connection, websocket = self.connection, self.websocket
        assert websocket
        if data == "2probe" and not self.probed:
            self.probed = connection.upgrading = True
            websocket.send(frames.encode(frames.TEXT, b"3probe"))
            if connection.polls:
                connection.enqueue(packet.Packet(packet.NOOP))
        elif data == "5" and self.probed:
            self._move(connection, websocket)
        else:
            websocket.fail(frames.POLICY, "not an upgrade")

    def on_flow(self, out: list[Any] | None) -> None:
        pass

    def on_close(self, code: int, reason: str) -> None:
        self.timer.cancel()
        self.connection.probe = None
        self.connection.upgrading = False

    def _expire(self) -> None:
        if self.websocket:
            self.websocket.fail(frames.POLICY, "no upgrade in time")

    def _move(self, connection: Any, websocket: WebSocket) -> None:
        self.timer.cancel()
        connection.probe, connection.upgrading, connection.upgraded = None, False, True
        queue, connection.queue, connection.queue_size = connection.queue, None, 0
        connection.websocket = websocket
        websocket.owner = connection
        if connection.told:
            websocket.bound += connection.told
        while queue and not queue.empty():
            waiting = queue.get(block=False)
            if waiting and waiting.packet_type != packet.NOOP:
                websocket.send(framed(waiting))
        if queue:
            queue.put(None)  # whoever still polls it
        connection.on_flow(None if websocket.blocked else websocket.out)
