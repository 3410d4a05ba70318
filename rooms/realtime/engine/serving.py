"""From a listening socket to a served site, and to its end without a loss.

Invariant of the end: whatever was received before it is done and acknowledged, in the time that is given; nothing new is accepted;
clients are told to go elsewhere (close code 1001), so that they reconnect instead of giving up.
"""

import gc
import logging
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import eventlet
from eventlet import wsgi
from eventlet.greenio import GreenSocket

from . import frames
from .ebb import Ebb
from .handshake import Environ
from .http import Protocol, Terms
from .outgoing import flusher
from .porch import Porch
from .server import Server, peer_of
from .tally import Tally
from .transport import LINGER

log = logging.getLogger(__name__)

MOST_REQUESTS = 10_000  # HTTP requests under way at a time, those that poll included, and as many idle connections; WebSockets are not counted
REQUEST_TIMEOUT = 30.0  # seconds that a socket may stall in the middle of a request or an answer
HEAD_TIMEOUT = 15.0  # seconds that a request's head may take, and a new connection's first byte
BODY_PATIENCE = 30.0  # seconds that a body may take whatever its size
KEEP_ALIVE = 65.0  # seconds that an idle HTTP connection is kept; above nginx's 60


class Site:
    """A running server. `wait` until it ends, `stop` to end it."""

    def __init__(
        self,
        listener: GreenSocket,
        application: Callable[..., Any],
        sio: Server | None = None,
        *,
        most_requests: int = MOST_REQUESTS,
        most_per_address: int = 0,
        address_of: Callable[[str], str] = str,
        origin: Callable[[Environ], str] = peer_of,
        request_timeout: float = REQUEST_TIMEOUT,
        head_timeout: float = HEAD_TIMEOUT,
        body_patience: float = BODY_PATIENCE,
        keep_alive: float = KEEP_ALIVE,
        access_log: Any = None,
        log_format: str = wsgi.DEFAULT_LOG_FORMAT,
    ) -> None:
        """`sio`: the Socket.IO server whose clients `stop` shall see off; `access_log`: a logger or a file, None for no lines.

        `most_per_address`: HTTP connections at a time from what `address_of` makes of a peer's address, 0 for any number ("" is not counted).
        `origin`: where a request counts as coming from, of its REMOTE_ADDR and HTTP_X_FORWARDED_FOR: addresses take turns.
        """
        self.listener = listener
        self.sio = sio
        self.requests = eventlet.GreenPool(most_requests)
        tally, times = Tally(most_per_address, "connections"), {"head_timeout": head_timeout, "keep_alive": keep_alive}
        self.porch = Porch(listener, tally, address_of, origin, most=most_requests, **times)
        terms = Terms(self.porch, head_timeout, body_patience)
        self.ebb = eventlet.spawn(Ebb(self._connections).run)
        self.accepting = eventlet.spawn(
            wsgi.server,
            self.porch,
            application,
            log=access_log,
            log_output=access_log is not None,
            log_format=log_format,
            protocol=partial(Protocol, terms),
            custom_pool=self.requests,
            socket_timeout=request_timeout,
            keepalive=keep_alive,
            debug=False,
        )

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.listener.getsockname()[1])

    def _connections(self) -> int:
        return self.requests.running() + len(self.porch) + (len(self.sio.eio.sockets) if self.sio else 0)

    def wait(self) -> None:
        """Return when the site has stopped."""
        self.accepting.wait()

    def stop(self, grace: float = 10.0) -> bool:
        """Accept no more, finish what was begun, see the clients off. Returns whether `grace` seconds sufficed."""
        until = monotonic() + grace
        self.porch.stop()
        self.ebb.kill()
        if self.sio:
            self._see_off(self.sio, until)
        done = _until(lambda: not self.requests.running(), until)
        if not done:
            log.warning("stopped with %d requests unfinished", self.requests.running())
            for request in list(self.requests.coroutines_running):
                request.kill()
        return done

    def _see_off(self, sio: Server, until: float) -> None:
        eio = sio.eio
        eio.is_open = False
        for connection in eio.sockets.values():
            if connection.websocket:
                connection.websocket.pause()  # what comes now could not be promised
        _until(lambda: sio.pool.is_quiet and not flusher.dirty, until)
        leaving = [connection.websocket for connection in eio.sockets.values() if connection.websocket]
        for connection in list(eio.sockets.values()):
            connection.close(code=frames.GOING_AWAY)
        _until(lambda: not eio.sockets and not flusher.dirty, until)
        # Each reads to its end, and says goodbye; a process that ends over unread bytes resets the connection, and takes what it said last with it.
        _until(lambda: all(websocket.sock is None for websocket in leaving), min(until, monotonic() + LINGER))


def serve(listener: GreenSocket, application: Callable[..., Any], sio: Server | None = None, **options: Any) -> Site:
    """Serve a WSGI application (with `socketio.WSGIApp(sio, app)` around it, if there is a `sio`); see `Site` for the options.

    Returns at once: `serve(...).wait()` to stay.
    """
    return Site(listener, application, sio, **options)


def freeze() -> None:
    """Call once everything is loaded: the collector need not walk the whole of the program again and again.

    The thresholds suit many small long-lived objects: a full collection walks all connections, and holds the hub meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _until(condition: Callable[[], bool], deadline: float) -> bool:
    while not condition():
        if monotonic() > deadline:
            return False
        eventlet.sleep(0.01)
    return True
