"""Where `serve` listens: `[address:]port`, or `unix:PATH`. Several workers have one each: the ports that follow, or a number in the name."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands.runserver import naiveip_re

UNIX = "unix:"
PORTS = {
    errno.EADDRINUSE: "that port is already in use",
    errno.EACCES: "no permission for that port",
}
PATHS = {
    errno.EADDRINUSE: "another process listens there",
    errno.EEXIST: "there is something else, which is no socket",
    errno.ENOENT: "there is no such folder",
    errno.ENOTDIR: "there is no such folder",
    errno.EACCES: "no permission there",
    errno.EPERM: "no permission there",
    errno.EROFS: "nothing can be written there",
}


@dataclass(frozen=True)
class Port:
    """A port of an address; 0 is any free one."""

    host: str  # an address of this machine, by which others come
    port: int

    def of_worker(self, number: int) -> "Port":
        """Where the worker with this number (from 1) listens."""
        return Port(self.host, self.port + number - 1 if self.port else 0)

    @contextmanager
    def open(self) -> Iterator[tuple[Any, "Port"]]:
        """The listening socket, and where it is. Raises CommandError."""
        from rooms.realtime import engine  # much to import, and nothing of it for the parent of others

        with _told(self, PORTS):
            listener = engine.listen(self.host, self.port)
        yield listener, Port(self.host, listener.getsockname()[1])

    @property
    def where(self) -> str:
        """For the log."""
        return f"port {self.port}"

    @property
    def url(self) -> str:
        """As people enter it."""
        return f"http://{self}/"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class UnixSocket:
    """A socket with a path, for a proxy on this machine; the file is made when it is opened, and removed at the end."""

    path: Path
    host = ""  # whoever comes is sent by the proxy, and that may be the world

    def of_worker(self, number: int) -> "UnixSocket":
        """Where the worker with this number (from 1) listens: `site.sock` is `site.1.sock` for the first."""
        return UnixSocket(self.path.with_stem(f"{self.path.stem}.{number}"))

    @contextmanager
    def open(self) -> Iterator[tuple[Any, "UnixSocket"]]:
        """The listening socket, and where it is. Raises CommandError."""
        from rooms.realtime import engine

        with _told(self, PATHS):
            listener = engine.listen_at(self.path)
        try:
            yield listener, self
        finally:
            listener.close()
            engine.remove(self.path)

    def __str__(self) -> str:
        """As a proxy is told it."""
        return f"{UNIX}{self.path}"

    where = url = property(__str__)


Address = Port | UnixSocket


def parse(words: str, workers: int = 1) -> Address:
    """What the command line says; HOST and PORT where it says nothing. Raises CommandError for what is no address, or has not so many ports."""
    if words.startswith(UNIX):
        path = words.removeprefix(UNIX)
        if not path or path.endswith("/"):
            raise CommandError(f"{words!r} has no path of a socket: unix:/run/chatsite/site.sock")
        return UnixSocket(Path(path).absolute())
    if not words:
        host, port = settings.HOST, settings.PORT
    elif match := naiveip_re.match(words):
        host, port = (match["addr"] or settings.HOST).strip("[]"), int(match["port"])
    else:
        raise CommandError(f"{words!r} is neither a port number nor address:port, nor unix:PATH")
    if not 0 <= port <= 65_536 - workers:
        raise CommandError(f"{port} is no port: they go from 0 (any free one) to {65_536 - workers}")
    return Port(host, port)


@contextmanager
def _told(address: Address, reasons: dict[int, str]) -> Iterator[None]:
    """In a line: why it cannot listen."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{address}: {reasons.get(error.errno or 0, error.strerror or error)}") from None
