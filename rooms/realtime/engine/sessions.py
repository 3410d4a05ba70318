"""The Engine.IO server: sessions, from the first request of each to its farewell.

It is python-engineio's own; replaced is what costs a greenlet and what trusts a client. Invariants: sessions are watched by one wheel of timers;
an address has a bounded number of them; a session is known until its disconnect handler has run, no longer.
"""

from collections.abc import Callable
from typing import Any

import engineio
from engineio import packet, payload

from .connection import Connection
from .handshake import Environ
from .heartbeat import Wheel
from .later import Later
from .parting import Parting
from .tally import Tally
from .workers import Pool

AddressOf = Callable[[Environ], str]
FULL = {
    "status": "503 SERVICE UNAVAILABLE",
    "headers": [("Content-Type", "text/plain"), ("Retry-After", "5")],
    "response": b"too many connections",
}

payload.Payload.max_decode_packets = 1000  # of one POST: 16 is what a client that was offline has in a moment


class EngineServer(engineio.Server):
    """Engine.IO: sessions that need no greenlet, watched by one timer."""

    def __init__(self, *, pool: Pool, bound: int, most_per_address: int, address_of: AddressOf, **options: Any) -> None:
        super().__init__(async_mode="eventlet", monitor_clients=False, **options)
        self.tally = Tally(most_per_address, "sockets")
        self.address_of = address_of
        self.pool = pool
        self.bound = bound
        self.wheel = Wheel(max(0.02, min(0.25, self.ping_interval / 20, self.ping_timeout / 20)))
        self.is_open = True
        self.parting = Parting()

    def handle_request(self, environ: Environ, start_response: Any) -> Any:
        """Answer a request; also one that comes for the last words of a session."""
        over = self.parting.asked_for(environ)
        if over is None:
            return super().handle_request(environ, start_response)
        self.sockets[over.sid] = over
        try:
            return super().handle_request(environ, start_response)
        finally:
            self.sockets.pop(over.sid, None)
            self.parting.was_asked(over)

    def _handle_connect(
        self, environ: Environ, start_response: Any, transport: str, jsonp_index: int | None = None
    ) -> Any:
        if not self.is_open:
            return self._bad_request("going away")
        if jsonp_index is not None:  # what another site could read as a script
            return self._bad_request("no JSONP")
        address = self.address_of(environ)
        if not self.tally.enter(address):
            return FULL
        sid = self.generate_id()
        connection = Connection(self, sid, address)
        if transport == "websocket":
            refused = True
            try:
                refused = connection._upgrade_websocket(environ, start_response)
            finally:
                if (
                    refused
                ):  # or it has hung up already (OSError): nobody knows the session, and its heart does not beat
                    connection.closing = connection.closed = True
                    self.tally.leave(address)
            if refused:
                return refused
        connection.connected = True
        self.sockets[sid] = connection
        self.handlers["connect"](sid, environ)
        connection.send(packet.Packet(packet.OPEN, self._welcome(sid, transport)))
        if transport == "websocket":
            return ()
        return self._ok(connection.poll(), jsonp_index=jsonp_index)

    def _welcome(self, sid: str, transport: str) -> dict[str, Any]:
        return {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": self.max_http_buffer_size,
        }

    def disconnect(self, sid: str | None = None) -> None:
        """Close one session or all; each is forgotten when its disconnect handler has run."""
        chosen = list(self.sockets.values()) if sid is None else [self.sockets[sid]] if sid in self.sockets else []
        for connection in chosen:
            connection.close(reason=self.reason.SERVER_DISCONNECT)

    def message(self, sid: str, data: Any) -> Later | None:
        """A worker's job: one packet. Returns the answer if it is still to come."""
        later: Later | None = self.handlers["message"](sid, data)
        return later

    def farewell(self, connection: Connection, reason: str) -> None:
        """A worker's last job for a session."""
        try:
            self.handlers["disconnect"](connection.sid, reason)
        finally:
            self.sockets.pop(connection.sid, None)
            self.tally.leave(connection.address)
