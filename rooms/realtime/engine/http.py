"""eventlet's WSGI server, mended where a chat server feels it: sockets can leave it, nothing makes it stop accepting, and nobody holds it up.

`eventlet.wsgi` closes a connection in three places when its request ends: in `HttpProtocol.finish`, in `_clean_connection` through
`conn_state`, and in `GreenSocket.__del__`. A detached socket must slip through all three: `Protocol.detach` moves the descriptor
out of the Python object, and puts `_GONE` in its place. The accept loop ends for good at the first error it does not know (too many
open files), and never yields while connections are waiting: `Listener` waits out the one and sees to the other.

Its time-outs are a socket's, each between two bytes: whoever sends one now and then stays for ever. Here a head has a time, a body a least
rate, and an address a number of connections. A body that ends early is an error, and not, as for eventlet, all that there is: half a form
would be taken for a whole one. Chunked bodies, for which no browser has a use and eventlet no bounds, are refused (RFC 9112, section 6.3).
"""

import errno
import logging
from _socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_TCP,
    MSG_DONTWAIT,
    MSG_PEEK,
    SOCK_STREAM,
    TCP_NODELAY,
    getaddrinfo,
    socket,
)
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import eventlet
from eventlet import hubs, wsgi
from eventlet.greenio import GreenSocket
from eventlet.greenio.base import socket_accept

from .handshake import DETACH, Environ
from .tally import Tally
from .turnstile import Turnstile

log = logging.getLogger(__name__)

BURST = 16  # connections accepted before others get a turn
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BACKLOG = 4096  # connections that may wait to be accepted, if the kernel's somaxconn allows as many


LEAST_RATE = 4_000  # bytes a second that a body brings on average, after its first patience: 32 kbit/s
_SOCKETS = b"/socket.io/"  # takes a fraction of a millisecond, and those who connect together are looked up together
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Terms:
    """On which a connection is served."""

    tally: Tally
    address_of: Callable[[str], str]  # what a peer's address counts as
    head_timeout: float  # seconds that a head may take, and the first byte of a connection
    body_patience: float  # seconds that a body may take whatever its size
    turnstile: Turnstile


class _Gone:
    """Stands where a detached socket was."""

    def shutdown(self, how: int = 0) -> None: ...
    def close(self) -> None: ...


_GONE = _Gone()


class Protocol(wsgi.HttpProtocol):
    """Serves the requests of one connection, until one of them takes the socket away."""

    detached = False
    is_used = False  # has had a request
    rfile: Any  # of the connection; while a head is read, its lines

    def __init__(self, terms: Terms, conn_state: Any, server: Any) -> None:
        self.terms = terms
        self.deadline: Any = None  # of the head that is read
        super().__init__(conn_state, server)

    def handle(self) -> None:
        self.address = self.terms.address_of(wsgi.addr_to_host_port(self.client_address)[0])
        if not self.terms.tally.enter(self.address):
            self.wfile.write(_FULL)
            return
        try:
            super().handle()
        finally:
            self.terms.tally.leave(self.address)
            self._stop_deadline()

    def _read_request_line(self) -> bytes:
        first = self.server.keepalive if self.is_used else self.terms.head_timeout
        self.is_used = True
        try:
            self.connection.settimeout(first)
            begun = self.rfile.peek(1)
        except (OSError, ValueError):  # reset, idle for too long, closed
            begun = b""
        if not begun:
            self.terms.turnstile.enter(self.address)  # an end takes its time, too, and a crowd hangs up at once
            return b""
        is_socket = begun.partition(b" ")[2].startswith(_SOCKETS)
        if not is_socket and self.terms.turnstile.enter(self.address) and self._has_hung_up():
            return b""
        self.deadline = eventlet.Timeout(self.terms.head_timeout, TimeoutError("slow head"))
        line: bytes = super()._read_request_line()
        return line

    def _has_hung_up(self) -> bool:
        """Whether the peer is gone, who had to wait: nobody would read the answer."""
        try:
            return not self.connection.fd.recv(1, MSG_PEEK | MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def parse_request(self) -> bool:
        """Read the rest of the head; tell whether it is one that we answer."""
        reader = self.rfile
        self.rfile = lines = Lines(reader)
        try:
            if not super().parse_request():
                self.close_connection = True  # it has been told
                return False
        finally:
            self.rfile = reader
            self._stop_deadline()
        if not lines.last:
            self.close_connection = True  # it has hung up in the middle of the head
            self.terms.turnstile.enter(self.address)
            return False
        lengths = self.headers.get_all("content-length", [])
        if "transfer-encoding" in self.headers:
            return self._refuse(b"411 Length Required")
        if len(lengths) > 1 or not all(length.isascii() and length.isdigit() for length in lengths):
            return self._refuse(b"400 Bad Request")
        return True

    def _refuse(self, status: bytes) -> bool:
        self.wfile.write(b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status)
        self.close_connection = True
        return False

    def _stop_deadline(self) -> None:
        if self.deadline:
            self.deadline.cancel()
            self.deadline = None

    def get_environ(self) -> Environ:
        environ: Environ = super().get_environ()
        environ[DETACH] = self.detach
        environ["wsgi.input"] = environ["eventlet.input"] = Body(environ["eventlet.input"], self.terms.body_patience)
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


class Lines:
    """Reads the lines of a head and keeps the last: b"" where the head ended before it was whole, which http.client takes for all of it."""

    def __init__(self, reader: Any) -> None:
        self._reader, self.last = reader, b"\n"

    def readline(self, size: int = -1) -> bytes:
        self.last = self._reader.readline(size)
        return self.last


class Body(wsgi.Input):
    """What a request brings. Raises OSError where it comes too slowly, or ends before it is all here."""

    def __init__(self, made: wsgi.Input, patience: float) -> None:
        """`made`: eventlet's own, not read from yet; `patience` in seconds."""
        self.__dict__.update(made.__dict__)
        self.until = monotonic() + patience  # and the time that its bytes may take

    def _do_read(self, reader: Any, length: int | None = None) -> bytes:
        left = self.content_length - self.position
        wanted = left if length is None else min(length, left)
        with self._in_time(self.position + wanted):
            read: bytes = super()._do_read(reader, length)
        if len(read) < wanted and not (read and reader == self.rfile.readline):
            raise ConnectionResetError(errno.ECONNRESET, "a request was cut off")
        return read

    @contextmanager
    def _in_time(self, size: int) -> Iterator[None]:
        left = self.until + size / LEAST_RATE - monotonic()
        with eventlet.Timeout(max(left, 0), TimeoutError("slow body")):
            yield


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
