"""eventlet's WSGI server, mended where a chat server feels it: sockets can leave it, and nothing makes it stop accepting.

`eventlet.wsgi` closes a connection in three places when its request ends: in `HttpProtocol.finish`, in `_clean_connection` through
`conn_state`, and in `GreenSocket.__del__`. A detached socket must slip through all three: `Protocol.detach` moves the descriptor
out of the Python object, and puts `_GONE` in its place. The accept loop ends for good at the first error it does not know (too many
open files), and never yields while connections are waiting: `Listener` waits out the one and sees to the other.
"""

import errno
import logging
from _socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, getaddrinfo, socket
from typing import Any

import eventlet
from eventlet import hubs, wsgi
from eventlet.greenio import GreenSocket
from eventlet.greenio.base import socket_accept

from .handshake import DETACH, Environ

log = logging.getLogger(__name__)

BURST = 16  # connections accepted before others get a turn
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BACKLOG = 4096  # connections that may wait to be accepted, if the kernel's somaxconn allows as many


class _Gone:
    """Stands where a detached socket was."""

    def shutdown(self, how: int = 0) -> None: ...
    def close(self) -> None: ...


_GONE = _Gone()


class Protocol(wsgi.HttpProtocol):
    """Serves the requests of one connection, until one of them takes the socket away."""

    detached = False

    def get_environ(self) -> Environ:
        environ: Environ = super().get_environ()
        environ[DETACH] = self.detach
        return environ

    def detach(self) -> tuple[socket, bytes]:
        """Give up the socket: return an original one, with what was read of it beyond the request."""
        green = self.connection
        green.act_non_blocking = True  # peek shall return what is here, not wait for more
        early = bytes(self.rfile.peek())
        raw = green.fd
        own = socket(raw.family, raw.type, raw.proto, raw.detach())
        self.detached = True
        self.conn_state[1] = _GONE
        wsgi.WSGI_LOCAL.already_handled = True
        return own, early

    def finish(self) -> None:
        if self.detached:
            self.rfile.close()
            self.wfile.close()
        else:
            super().finish()
        # `environ` holds us (set_idle, detach) and we hold it: ten kilobytes a connection that would wait for the collector
        if hasattr(self, "environ"):
            self.environ.clear()


class Listener(GreenSocket):
    """A listening socket whose `accept` outlives errors and lets others run."""

    accepted = 0
    stopped = False

    def accept(self) -> tuple[GreenSocket, Any]:
        """Wait for a connection. Raises SystemExit, which the WSGI server takes as its end, once `stopped`."""
        while not self.stopped:
            try:
                accepted = socket_accept(self.fd)
                if accepted:
                    raw, address = accepted
                    hubs.notify_opened(raw.fileno())
                    self.accepted += 1
                    if self.accepted % BURST == 0:
                        eventlet.sleep(0)
                    return GreenSocket(raw), address
                self._trampoline(self.fd, read=True)
            except OSError as error:
                if error.errno in EXHAUSTED:
                    log.error("cannot accept a connection: %s", error)
                    eventlet.sleep(0.2)
                elif self.fd.fileno() == -1:
                    break
        raise SystemExit


def listen(host: str, port: int) -> Listener:
    """Return a listening socket for `serve`; port 0 takes a free one. Raises OSError if the address is taken."""
    family = getaddrinfo(host or None, port, type=SOCK_STREAM)[0][0]
    # Without reuse_port=False eventlet shares a named port with whoever listens there with it: two sites, and each request goes to either.
    return adopt(eventlet.listen((host, port), family, backlog=BACKLOG, reuse_port=False))


def adopt(plain: GreenSocket) -> Listener:
    """Make a Listener of a green socket that listens already (inherited, or a Unix socket from `eventlet.listen`)."""
    listener = Listener(plain.fd.dup())
    plain.close()
    if listener.family in (AF_INET, AF_INET6):
        listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # every accepted socket inherits it: without it p99 is 44 ms
    return listener
