"""The network between a browser and the site: a TCP proxy that can be cut and mended.

Invariant: once `cut` returns, no connection through it lives and new ones are refused; once `mend` returns, they pass again, at the same address.
"""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

PATIENCE = 30.0  # seconds


class Line:
    """A way to a port of this machine, by another port. A context manager."""

    def __init__(self, port: int) -> None:
        self.port = 0  # any free one; the same again when mended
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._passing: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    @property
    def url(self) -> str:
        """The site's address by this way, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Let connections pass."""
        self._do(self._open())

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._do(self._close())

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        passing, self._passing = self._passing, {}
        for task, writers in passing.items():
            for writer in writers:
                writer.transport.abort()
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._passing[task] = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
            writers.append(far_writer)
            await asyncio.gather(self._pump(reader, far_writer, writer), self._pump(far_reader, writer, writer))
        except (OSError, asyncio.CancelledError):
            pass  # cut, or one side went without a word
        finally:
            self._passing.pop(task, None)
            for each in writers:
                each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, near: asyncio.StreamWriter
    ) -> None:
        """Pass bytes on until there are no more; then say so."""
        while data := await reader.read(65_536):
            await self._let_pass(near)
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    async def _let_pass(self, near: asyncio.StreamWriter) -> None:
        """Return when what goes over this connection may. `near`: our end of it, where it begins."""
