"""Where a server listens: a port, or a Unix socket, by which a proxy on the same machine comes without a port for anybody else.

Who comes by a Unix socket has no address, and counts as this machine does (`peer_name`): what a proxy says of those behind it is believed as it is
behind a port. The file of the socket outlives who made it. Invariants: that of a dead process is taken over, that of a living one never; two that
start together, or one that ends while another starts, do not take it from each other: it is made and removed under the lock of its folder.
"""

import errno
import fcntl
import os
import stat
import sys
from _socket import AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, getaddrinfo, socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import eventlet
from eventlet.greenio import GreenSocket

BACKLOG = 4096  # connections that may wait to be accepted, if the kernel's somaxconn allows as many
LONGEST_PATH = 107 if sys.platform == "linux" else 103  # bytes: `sun_path` of unix(7), but for the NUL at its end
UMASK = 0o117  # of a socket: who has not its user or its group may not connect


def listen(host: str, port: int) -> GreenSocket:
    """Return a listening socket for `serve`; port 0 takes a free one. Raises OSError if the address is taken."""
    family = getaddrinfo(host or None, port, type=SOCK_STREAM)[0][0]
    # Without reuse_port=False eventlet shares a named port with whoever listens there with it: two sites, and each request goes to either.
    return adopt(eventlet.listen((host, port), family, backlog=BACKLOG, reuse_port=False))


def listen_at(path: Path) -> GreenSocket:
    """Return a listening Unix socket for `serve`, of mode 0660; `remove` it at the end.

    Raises OSError: EADDRINUSE where a process listens there, EEXIST where there is something else, ENAMETOOLONG, ENOENT, EACCES.
    """
    if (size := len(os.fsencode(path))) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, f"too long for a Unix socket: {size} bytes, at most {LONGEST_PATH}")
    with _folder_of(path):
        _clear(path)
        before = os.umask(UMASK)
        try:
            return adopt(eventlet.listen(str(path), AF_UNIX, backlog=BACKLOG, reuse_port=False))
        finally:
            os.umask(before)


def remove(path: Path) -> None:
    """Remove the file of a Unix socket that has been closed, unless somebody listens there by now."""
    with suppress(OSError), _folder_of(path):
        _clear(path)


def adopt(listener: GreenSocket) -> GreenSocket:
    """Make ready for `serve` what listens already (inherited)."""
    if listener.family in (AF_INET, AF_INET6):
        listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # every accepted socket inherits it: without it p99 is 44 ms
    return listener


def peer_name(address: Any) -> tuple[str, int]:
    """Host and port of who has connected, of what the kernel calls them."""
    return address[:2] if isinstance(address, tuple) else ("127.0.0.1", 0)


@contextmanager
def _folder_of(path: Path) -> Iterator[None]:
    """For oneself, among those who keep to this."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _clear(path: Path) -> None:
    """Remove the socket of a dead process. Raises OSError where there is anything else."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "no socket")
    except FileNotFoundError:
        return
    knocker = socket(AF_UNIX)
    knocker.setblocking(False)  # whose queue is full lives, too
    found = knocker.connect_ex(str(path))
    knocker.close()
    if found in (0, errno.EAGAIN):
        raise OSError(errno.EADDRINUSE, "in use")
    if found != errno.ECONNREFUSED:
        raise OSError(found, os.strerror(found))
    path.unlink()
