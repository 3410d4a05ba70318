"""eventlet's WSGI server, mended where a chat server feels it: sockets can leave it, and nobody holds it up.

`eventlet.wsgi` closes a connection in three places when its request ends: in `HttpProtocol.finish`, in `_clean_connection` through
`conn_state`, and in `GreenSocket.__del__`. A detached socket must slip through all three: `Protocol._take` moves the descriptor
out of the Python object, and puts `_GONE` in its place. So leaves a WebSocket, and who has had an answer and may ask for more (porch.py).

Its time-outs are a socket's, each between two bytes: whoever sends one now and then stays for ever. Here a head has a time, and a body a least rate
(bodies.py). Chunked bodies, for which no browser has a use and eventlet no bounds, are refused (RFC 9112, section 6.3).
"""

from _socket import socket
from dataclasses import dataclass
from email import errors
from http import HTTPStatus
from typing import Any

import eventlet
from eventlet import wsgi

from .bodies import Body, read_already
from .handshake import DETACH, Environ
from .porch import Porch

# What http.client passes over; others it finds where a form has no parts yet.
NO_HEADERS = errors.MissingHeaderBodySeparatorDefect, errors.MisplacedEnvelopeHeaderDefect


@dataclass(frozen=True, slots=True)
class Terms:
    """On which a connection is served."""

    porch: Porch
    head_timeout: float  # seconds that what is left of a head may take
    body_patience: float  # seconds that a body may take whatever its size


class _Gone:
    """Stands where a detached socket was."""

    def shutdown(self, how: int = 0) -> None: ...
    def close(self) -> None: ...


_GONE = _Gone()


class Protocol(wsgi.HttpProtocol):
    """Serves a request, and what has come together with it, until one of them takes the socket away."""

    detached = False
    rfile: Any  # of the connection; while a head is read, its lines

    def __init__(self, terms: Terms, conn_state: Any, server: Any) -> None:
        self.terms = terms
        self.caller = conn_state[1].caller
        self.deadline: Any = None  # of the head that is read
        super().__init__(conn_state, server)

    def handle(self) -> None:
        self.close_connection = True
        try:
            self.handle_one_request()
            while not (
                self.close_connection or self.conn_state[2] == wsgi.STATE_CLOSE or self.terms.porch.turns.stopped
            ):
                self.conn_state[2] = wsgi.STATE_IDLE
                try:
                    more = read_already(self.connection, self.rfile)
                except OSError:  # it was answered, and has hung up
                    return
                skipped = len(self.rfile.read(min(self.body.unwanted, len(more))))
                if skipped == len(more):
                    unwanted = self.body.unwanted - skipped
                    self.terms.porch.stay(self.caller, self._take(type(self.connection.fd)), unwanted)
                    return
                self.terms.porch.wait_turn(self.caller, more[skipped:])
                self.handle_one_request()
        finally:
            self._stop_deadline()
            if self.caller.shelf is None:
                self.terms.porch.tally.leave(self.caller.address)

    def _read_request_line(self) -> bytes:
        self.deadline = eventlet.Timeout(self.terms.head_timeout, TimeoutError("slow head"))
        line: bytes = super()._read_request_line()
        return line

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
            return False
        lengths = self.headers.get_all("content-length", [])
        if "transfer-encoding" in self.headers:
            return self._refuse(HTTPStatus.LENGTH_REQUIRED)
        if (
            lines.are_odd
            or any(isinstance(defect, NO_HEADERS) for defect in self.headers.defects)
            or len(self.headers.get_all("host", [])) > 1
            or len(lengths) > 1
            or not all(length.isascii() and length.isdigit() for length in lengths)
        ):
            return self._refuse(HTTPStatus.BAD_REQUEST)
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """In place of http.server's: that one writes to stderr past the log, and leaves the status line out where it could not read a version."""
        self._refuse(HTTPStatus(code))

    def _refuse(self, status: HTTPStatus) -> bool:
        said = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        self.wfile.write(said.encode())
        self.close_connection = True
        return False

    def _stop_deadline(self) -> None:
        if self.deadline:
            self.deadline.cancel()
            self.deadline = None

    def get_environ(self) -> Environ:
        environ: Environ = super().get_environ()
        environ[DETACH] = self.detach
        self.body = Body(environ["eventlet.input"], self.terms.body_patience)
        environ["wsgi.input"] = environ["eventlet.input"] = self.body
        return environ

    def detach(self) -> tuple[socket, bytes]:
        """Give up the socket: return an original one, with what was read of it beyond the request."""
        early = read_already(self.connection, self.rfile)
        wsgi.WSGI_LOCAL.already_handled = True
        return self._take(socket), early

    def _take(self, kind: type[socket]) -> socket:
        raw = self.connection.fd
        own = kind(raw.family, raw.type, raw.proto, raw.detach())
        self.detached = True
        self.conn_state[1] = _GONE
        return own

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
    """Reads the lines of a head and keeps the last: b"" where the head ended before it was whole, which http.client takes for all of it.

    It also takes for a line's end what is none, and keeps what may not be (RFC 9110, section 5.5; RFC 9112, sections 2.2 and 5.2): a proxy that does
    otherwise would see other headers, a line in the log would be two. Such lines `are_odd`.
    """

    def __init__(self, reader: Any) -> None:
        self._reader, self.last = reader, b"\n"
        self.are_odd = False

    def readline(self, size: int = -1) -> bytes:
        self.last = line = self._reader.readline(size)
        if line.startswith((b" ", b"\t")) or b"\r" in line[:-2] or b"\0" in line:
            self.are_odd = True
        return line
