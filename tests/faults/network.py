"""The network between the clients and the site: a proxy that is as bad as it is told to be.

It passes bytes on as they come, or late; takes connections out of their order; lets some fall silent and then breaks them; resets them in the
middle of a frame; and sends a POST twice, as proxies and browsers do that retry. A GET is not: whoever polls twice and throws one answer away has
lost what was in it, which Engine.IO gives nobody a means to notice. Invariant: what does get through is what was sent, in order.
"""

import asyncio
import random
import socket
import struct
from contextlib import suppress

from tests.faults.wire import Address, Broken, read_answer, read_head

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BLOCK = 65_536


class Network:
    """Listens on a port of its own (`address`) for the site at `to`."""

    def __init__(self, to: Address, chance: random.Random) -> None:
        self.to, self.chance = to, chance
        self.address: Address = ("127.0.0.1", 0)
        self.delay = 0.0  # seconds at most by which a block is late
        self.shuffle = False  # connections are let through in groups, in another order
        self.silence = 0.0  # how many of the new connections never get anywhere
        self.double = 0.0  # how many of the POSTs are sent twice
        self.doubled = self.reset = self.silenced = 0
        self._server: asyncio.Server | None = None
        self._passing: set[Connection] = set()
        self._waiting: list[asyncio.Event] = []

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._accept, *self.address)
        self.address = self._server.sockets[0].getsockname()

    async def close(self) -> None:
        """Break what there is, listen no more."""
        assert self._server
        self._server.close()
        for connection in list(self._passing):
            connection.abort()
        await asyncio.sleep(0)

    def calm(self) -> None:
        """Be a good network again. What was silenced stays so until it breaks."""
        self.delay = self.silence = self.double = 0.0
        self.shuffle = False

    def cut(self, share: float) -> None:
        """Reset so many of the connections, each in the middle of what it carries next, or in a moment."""
        for connection in list(self._passing):
            if self.chance.random() < share:
                connection.cut_soon()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, (reader, writer))
        self._passing.add(connection)
        try:
            if self.shuffle:
                await self._out_of_order()
            if self.chance.random() < self.silence:
                self.silenced += 1
                await asyncio.sleep(self.chance.uniform(0.5, 4))
            else:
                await connection.run()
        except (OSError, EOFError, ValueError, Broken):
            pass
        finally:
            self._passing.discard(connection)
            connection.abort()

    async def _out_of_order(self) -> None:
        """Wait a moment for others; then all go on, in an order of chance."""
        turn = asyncio.Event()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            await asyncio.sleep(0.3)
            waiting, self._waiting = self._waiting, []
            self.chance.shuffle(waiting)
            for each in waiting:
                each.set()
                await asyncio.sleep(0.01)
        await turn.wait()


class Connection:
    """One client's, and ours to the site for it."""

    def __init__(self, network: Network, near: Streams) -> None:
        self.network, self.chance = network, network.chance
        self.near = near
        self.far: Streams | None = None
        self._is_doomed = False

    async def run(self) -> None:
        """Pass on what comes until one side ends."""
        first, headers, head = await read_head(self.near[0])
        self.far = await asyncio.open_connection(*self.network.to)
        if headers.get("upgrade", "").lower() == "websocket":
            await self._write(self.far[1], head)
            done, others = await asyncio.wait(
                [asyncio.create_task(self._pump(self.near[0], self.far[1])), asyncio.create_task(self._pump(self.far[0], self.near[1]))],
                return_when=asyncio.FIRST_COMPLETED,
            )  # fmt: skip
            for task in others:
                task.cancel()
            await asyncio.gather(*done, *others, return_exceptions=True)
            return
        while True:
            await self._exchange(first, headers, head)
            first, headers, head = await read_head(self.near[0])

    async def _exchange(self, first: str, headers: dict[str, str], head: bytes) -> None:
        """One request and its answer. Doubled: the first answer is lost, the client has the second."""
        assert self.far
        body = await self.near[0].readexactly(int(headers.get("content-length", 0)))
        twice = first.startswith("POST") and self.chance.random() < self.network.double
        for last in (False, True) if twice else (True,):
            await self._write(self.far[1], head + body)
            status, told, answer = await read_answer(self.far[0])
            if not last:
                self.network.doubled += 1
                if told.get("connection", "").lower() == "close":
                    self.far[1].close()
                    self.far = await asyncio.open_connection(*self.network.to)
        told = {**told, "content-length": str(len(answer))}
        told.pop("transfer-encoding", None)
        lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        await self._write(self.near[1], "\r\n".join(lines).encode("latin-1") + answer)
        if told.get("connection", "").lower() == "close":
            raise EOFError

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(BLOCK):
            await self._write(writer, data)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.network.delay:
            await asyncio.sleep(self.chance.uniform(0, self.network.delay))
        if self._is_doomed:
            writer.write(data[: self.chance.randrange(len(data))])
            with suppress(OSError):
                await asyncio.wait_for(writer.drain(), 0.1)
            self._break()
            raise EOFError
        writer.write(data)
        await writer.drain()

    def cut_soon(self) -> None:
        """Reset it in the middle of what comes next, whichever way; in a moment, if nothing does."""
        self._is_doomed = True
        asyncio.get_running_loop().call_later(self.chance.uniform(0.2, 1.5), self._break)

    def _break(self) -> None:
        for _, writer in filter(None, (self.near, self.far)):
            if not writer.transport.is_closing():
                self.network.reset += 1
                sock = writer.transport.get_extra_info("socket")
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    def abort(self) -> None:
        """Let go of both sides."""
        for _, writer in filter(None, (self.near, self.far)):
            writer.transport.abort()
