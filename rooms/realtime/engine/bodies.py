"""What a request brings beside its head, read from a connection that may be slow, or end.

A body has a time: a patience whatever its size, and a least rate. One that ends early is an error, and not, as for eventlet, all that there is:
half a form would be taken for a whole one.
"""

import errno
from _socket import SO_RCVLOWAT, SOL_SOCKET
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import eventlet
from eventlet import hubs, wsgi
from eventlet.greenio import GreenSocket

LEAST_RATE = 4_000  # bytes a second that a body brings on average, after its first patience: 32 kbit/s
GULP = 16 * 1024  # bytes of a body that are read at a time, within a kernel's buffer


class Body(wsgi.Input):
    """What a request brings. Raises OSError where it comes too slowly, or ends before it is all here."""

    def __init__(self, made: wsgi.Input, patience: float) -> None:
        """`made`: eventlet's own, not read from yet; `patience` in seconds."""
        self.__dict__.update(made.__dict__)
        self.is_broken = False  # it came too slowly, or ended early
        self.unwanted = 0  # bytes, once `discard` was called
        self.until = monotonic() + patience  # and the time that its bytes may take

    def discard(self) -> None:
        """What has not been read is of no use to anybody: no greenlet waits for it. Raises OSError where it was waited for in vain."""
        if self.is_broken:
            raise ConnectionAbortedError(errno.ECONNABORTED, "a body did not come")
        self.unwanted = self.content_length - self.position

    def _do_read(self, reader: Any, length: int | None = None) -> bytes:
        try:
            return self._read(reader, length)
        except OSError:
            self.is_broken = True
            raise

    def _read(self, reader: Any, length: int | None) -> bytes:
        left = self.content_length - self.position
        wanted = left if length is None else min(length, left)
        with self._in_time(self.position + wanted):
            if reader == self.rfile.readline:
                line: bytes = super()._do_read(reader, wanted)
                return line or self._cut_off(wanted)
            read = [super()._do_read(reader, 0)]  # which says that the body may come
            while wanted:
                gulp = min(wanted, GULP)
                self._wait_for(gulp)
                read.append(super()._do_read(reader, gulp))
                if len(read[-1]) < gulp:
                    self._cut_off(gulp)
                wanted -= gulp
        return b"".join(read)

    def _cut_off(self, wanted: int) -> bytes:
        if wanted:
            raise ConnectionResetError(errno.ECONNRESET, "a request was cut off")
        return b""

    def _wait_for(self, size: int) -> None:
        """Until so many bytes are here, or the end: the kernel wakes us once, and not for each drop."""
        sock = self._sock
        lacks = size - len(read_already(sock, self.rfile))
        if lacks > 0:
            sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, lacks)
            try:
                hubs.trampoline(sock.fd, read=True, timeout=sock.gettimeout(), timeout_exc=TimeoutError("slow body"))
            finally:
                sock.setsockopt(SOL_SOCKET, SO_RCVLOWAT, 1)

    @contextmanager
    def _in_time(self, size: int) -> Iterator[None]:
        left = self.until + size / LEAST_RATE - monotonic()
        with eventlet.Timeout(max(left, 0), TimeoutError("slow body")):
            yield


def read_already(sock: GreenSocket, reader: Any) -> bytes:
    """What is in the buffer of a connection's reader, or can be had without waiting. Raises OSError where the connection is broken."""
    sock.act_non_blocking = True
    try:
        return bytes(reader.peek())
    finally:
        sock.act_non_blocking = False
