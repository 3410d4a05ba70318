"""The Socket.IO server, over the Engine.IO server of sessions.py.

It is python-socketio's own; replaced is what costs a greenlet, what trusts a client, and what forgets that a handler may fail.
Invariants: handlers run in workers only; the request's environment lives until the connect handler is done, no longer; a packet
that breaks the protocol ends its session, and is logged in one line.
"""

import logging
from collections.abc import Callable
from io import BytesIO
from time import monotonic
from typing import Any

import socketio
from socketio import packet

from . import handshake
from .codec import Event, Json
from .connection import Connection
from .decoding import EVENTS, Decoder, Malformed
from .fanout import Fanout
from .handshake import Environ
from .later import Later
from .sessions import AddressOf, EngineServer
from .workers import Hook, Pool

log = logging.getLogger(__name__)

BOUND = 1024 * 1024  # bytes that may wait for a client
_UNUSED = ("wsgi.input", "eventlet.input", "eventlet.posthooks", "eventlet.set_idle", "headers_raw", handshake.DETACH)


class Server(socketio.Server):
    """Socket.IO over EngineServer; `on`, `emit`, rooms, sessions and acknowledgements as python-socketio documents them.

    Differences: handlers run in a pool of workers, one at a time a client, in order; `disconnect` closes the connection, too, when no
    namespace is left on it, and also reaches a client that is still in its connect handler; what is emitted to a client before its
    connect handler has returned reaches it just after the confirmation; `get_environ` works in the connect handler only; a handler may
    return a `Later`: the client is acknowledged, and its next packet taken, when that comes.
    """

    manager: Fanout
    eio: EngineServer

    def __init__(self, *, pool: Pool, fanout: Fanout, **options: Any) -> None:
        super().__init__(client_manager=fanout, async_handlers=False, json=Json, pool=pool, **options)
        self.pool = pool
        # Told of who is connected, and has been sent so with all that the connect handler said: in the same worker, before anybody else has a turn.
        self.on_joined: Callable[[str], None] = lambda _sid: None
        self.decoder = Decoder(self.packet_class, self.eio.max_http_buffer_size)

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    def _handle_eio_connect(self, eio_sid: str, environ: Environ) -> None:
        kept = {key: value for key, value in environ.items() if key not in _UNUSED}
        kept["wsgi.input"] = BytesIO()
        super()._handle_eio_connect(eio_sid, kept)

    def _handle_eio_message(self, eio_sid: str, data: Any) -> Later | None:
        try:
            whole = self.decoder.decode(eio_sid, data)
        except Malformed as error:
            self._cut_off(eio_sid, str(error))
            return None
        if whole is None:
            return None
        kind, namespace = whole.packet_type, whole.namespace or "/"
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid and kind in EVENTS:
            return self._run_handler(eio_sid, sid, namespace, whole.id, whole.data)
        if kind == packet.CONNECT:
            self._handle_connect(eio_sid, namespace, whole.data)
        elif kind == packet.DISCONNECT:
            self._handle_disconnect(eio_sid, namespace, self.reason.CLIENT_DISCONNECT)
        elif sid is None:
            # as Node does: who speaks is connected
            self._cut_off(eio_sid, "not connected to the namespace")
        else:
            self.manager.trigger_callback(sid, whole.id, whole.data, namespace)
        return None

    def _cut_off(self, eio_sid: str, why: str) -> None:
        """End the session of a client that breaks the protocol."""
        log.info("%s: %s", eio_sid, why)
        self.eio.sockets[eio_sid].close(reason=self.reason.TRANSPORT_ERROR, code=1008)

    def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        namespace = namespace or "/"
        connection = self.eio.sockets[eio_sid]
        if self.namespaces != "*" and namespace not in self._served:
            self._refuse(eio_sid, namespace, "Invalid namespace")
        elif eio_sid not in self.environ:  # it was in, and left
            connection.close(reason=self.reason.SERVER_DISCONNECT)
        else:
            connection.hold()
            try:
                super()._handle_connect(eio_sid, namespace, data)
            except Exception:
                log.exception("connect handler failed")
                self._refuse(eio_sid, namespace, "internal error")
            self._settle(connection, namespace)
            connection.release()
            sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
            if sid and self.manager.is_connected(sid, namespace):
                connection.hasten()
                self._tell_joined(sid)

    def _tell_joined(self, sid: str) -> None:
        try:
            self.on_joined(sid)
        except Exception:
            log.exception("what follows a connection failed")

    @property
    def _served(self) -> set[str]:
        return {*self.namespaces, *self.handlers, *self.namespace_handlers}

    def _refuse(self, eio_sid: str, namespace: str, why: str) -> None:
        error = {"message": why}
        self._send_packet(eio_sid, self.packet_class(packet.CONNECT_ERROR, data=error, namespace=namespace))
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid:
            self.manager.basic_disconnect(sid, namespace)

    def _settle(self, connection: Connection, namespace: str) -> None:
        """After the connect handler: let go of what only it needed."""
        sid = self.manager.sid_from_eio_sid(connection.sid, namespace)
        if sid is None:
            return
        connection.joined = 0.0
        if self.namespaces != "*" and len(self._served) == 1:
            self.environ.pop(connection.sid, None)
        if self.manager.is_doomed(sid, namespace):
            self.disconnect(sid, namespace, ignore_queue=True)

    def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:
        """Disconnect a client: it hears nothing more from now on, what it sent and was not yet seen to is dropped.

        Its disconnect handler runs in a worker.
        """
        namespace = namespace or "/"
        self.manager.doom(sid, namespace)
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace)
        if eio_sid is None or any(
            n != namespace and self.manager.sid_from_eio_sid(eio_sid, n) for n in self.manager.clients
        ):
            super().disconnect(
                sid, namespace, ignore_queue
            )  # elsewhere, or the connection goes on with another namespace
        elif self.manager.is_connected(sid, namespace):
            self._send_packet(eio_sid, self.packet_class(packet.DISCONNECT, namespace=namespace))
            self.eio.sockets[eio_sid].drop()

    def _handle_disconnect(self, eio_sid: str, namespace: str | None, reason: str | None = None) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if sid is None:  # it was not in
            return
        try:
            super()._handle_disconnect(eio_sid, namespace, reason)
        except Exception:
            log.exception("disconnect handler failed")
        self.manager.basic_disconnect(sid, namespace or "/")
        self.eio.sockets[eio_sid].joined = monotonic()

    def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        super()._handle_eio_disconnect(eio_sid, reason)
        self.decoder.forget(eio_sid)

    def _run_handler(self, eio_sid: str, sid: str, namespace: str, id: int | None, data: list[Any]) -> Later | None:
        """Run the handler of an event; acknowledge with what it returns, now or later."""
        if not self.manager.is_connected(sid, namespace):  # on its way out
            return None
        result = self._trigger_event(data[0], namespace, sid, *data[1:])
        if isinstance(result, Later):
            return result.then(lambda answer: self._acknowledge(eio_sid, namespace, id, answer))
        self._acknowledge(eio_sid, namespace, id, result)
        return None

    def _acknowledge(self, eio_sid: str, namespace: str, id: int | None, result: Any) -> None:
        if id is None or result is self.not_handled:
            return
        values = list(result) if isinstance(result, tuple) else [] if result is None else [result]
        if connection := self.eio.sockets.get(eio_sid):
            connection.deliver(Event(values, namespace, id, kind=packet.ACK))


def peer_of(environ: Environ) -> str:
    """Who is at the other end of the line."""
    return str(environ.get("REMOTE_ADDR", ""))


def make(
    *,
    fanout: Fanout | None = None,
    workers: int = 32,
    after_job: Hook | None = None,
    on_idle: Hook | None = None,
    bound: int = BOUND,
    most_per_address: int = 0,
    address_of: AddressOf = peer_of,
    **options: Any,
) -> Server:
    """Return a Socket.IO server.

    `workers`: greenlets that run handlers; `after_job` and `on_idle`: see `workers.Pool`; `bound`: bytes that may wait for a client
    before it is cut off; `most_per_address`: sessions at a time from what `address_of` makes of a request's environment, 0 for any
    number ("" is not counted); `options`: those of `socketio.Server` (cors_allowed_origins, ping_interval, max_http_buffer_size, ...).
    """
    quiet = {"logger": logging.getLogger("socketio.server"), "engineio_logger": logging.getLogger("engineio.server")}
    pool = Pool(workers, after_job=after_job, on_idle=on_idle)
    bounds = {"bound": bound, "most_per_address": most_per_address, "address_of": address_of}
    return Server(pool=pool, fanout=fanout or Fanout(), **bounds | quiet | options)
