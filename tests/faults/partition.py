"""The way from the processes of a site to their broker, which can be cut for one of them while the others keep it.

All are told the same address; whose a connection is tells the kernel (/proc), once it matters.
"""

import asyncio
from pathlib import Path

from tests.support.line import Line


class Partition(Line):
    """A line to the broker. Invariant: once `part` returns nothing passes to or from that process; once `join` does, all of it again."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._apart: int | None = None  # the pid of who is cut off
        self._is_silent = False  # connections stand, and nothing comes through them; else they break, and new ones too
        self._ports: set[int] = set()  # of the silent connections, at the process's end
        self._together = asyncio.Event()

    def part(self, pid: int, *, is_silent: bool) -> None:
        """Cut one process off."""
        self._do(self._part(pid, is_silent))

    def join(self) -> None:
        """Let it hear the others again; what stood in silent connections arrives late."""
        self._do(self._join())

    async def _part(self, pid: int, is_silent: bool) -> None:
        self._apart, self._is_silent = pid, is_silent
        self._together.clear()
        for near, *others in list(self._passing.values()):
            if self._is_apart(near):
                self._ports.add(port_of(near))
                for writer in () if is_silent else (near, *others):
                    writer.transport.abort()

    async def _join(self) -> None:
        self._apart = None
        self._ports.clear()
        self._together.set()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_apart(writer):
            if not self._is_silent:
                writer.transport.abort()
                return
            self._ports.add(port_of(writer))
        await super()._pass_on(reader, writer)

    async def _let_pass(self, near: asyncio.StreamWriter) -> None:
        if port_of(near) in self._ports:
            await self._together.wait()

    def _is_apart(self, near: asyncio.StreamWriter) -> bool:
        return self._apart is not None and has_port(self._apart, port_of(near))


def port_of(near: asyncio.StreamWriter) -> int:
    """The port at the process's end of its connection to us."""
    return int(near.get_extra_info("peername")[1])


def has_port(pid: int, port: int) -> bool:
    """Whether a process has a TCP connection from this port of the machine."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if int(row[1].rpartition(":")[2], 16) == port}
    return any(target(file) in sockets for file in Path(f"/proc/{pid}/fd").iterdir())


def target(link: Path) -> str:
    """Where a symbolic link leads; "" of one that is gone by now, as a file is that was closed."""
    try:
        return str(link.readlink())
    except OSError:
        return ""
