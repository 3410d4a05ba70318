"""What a client has of Engine.IO and HTTP: packets out, packets in, and the end, over raw asyncio streams.

Invariant: whatever the network or the server does to it comes out as `Broken`, and never as a wait without an end.
"""

import asyncio
import json
import secrets
from typing import Any, Self

from tests.engine.wire import CLOSE, PING, PONG, TEXT, masked, request

JSON = dict[str, Any]
Address = tuple[str, int]

SOON = 5.0  # seconds for an answer that no lock can hold up: a handshake
PATIENCE = 45.0  # seconds without a word (the server's ping interval and time-out together) after which a connection is given up
PATH = "/socket.io/?EIO=4&transport="


class Broken(Exception):
    """The connection is no more, or it cannot be told from one that is not."""


class Http:
    """One connection that is kept, for one request after another."""

    def __init__(self, address: Address, cookie: str) -> None:
        self.address, self.cookie = address, cookie
        self.token = secrets.token_hex(16)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json", patience: float = PATIENCE
    ) -> tuple[int, bytes]:
        """Return status and body of the answer. Raises Broken; then it is not known whether it was done."""
        try:
            async with asyncio.timeout(patience):
                return await self._ask(method, path, body, kind)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.close()
            raise Broken(f"{method} {path}: {error!r}") from None
        except asyncio.CancelledError:
            self.close()
            raise

    async def _ask(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self.address)
        reader, writer = self._streams
        head = [
            f"{method} {path} HTTP/1.1", f"Host: {self.address[0]}:{self.address[1]}",
            f"Cookie: {self.cookie}; csrftoken={self.token}", f"X-CSRFToken: {self.token}",
            f"Content-Type: {kind}", f"Content-Length: {len(body)}", "", "",
        ]  # fmt: skip
        writer.write("\r\n".join(head).encode() + body)
        status, headers, answer = await read_answer(reader)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, answer

    def close(self) -> None:
        """Hang up, without a word."""
        if self._streams:
            self._streams[1].transport.abort()
            self._streams = None


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Return the first line of a request or an answer, its headers by their names in small letters, and the bytes of all that."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *rest = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}, raw


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body."""
    first, headers, _ = await read_head(reader)
    status = int(first.split()[1])
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = b"" if status in (204, 304) else await reader.read()
        headers["connection"] = "close"
    return status, headers, body


class Polling:
    """Long-polling: a GET that waits, and POSTs beside it."""

    def __init__(self, address: Address, cookie: str) -> None:
        self.down, self.up = Http(address, cookie), Http(address, cookie)
        self.sid = ""
        self._sending = asyncio.Lock()

    @classmethod
    async def open(cls, address: Address, cookie: str) -> Self:
        """Shake hands. Raises Broken."""
        transport = cls(address, cookie)
        [first, *_] = await transport._get(f"{PATH}polling", SOON)
        if not first.startswith("0{"):
            raise Broken(first)
        transport.sid = json.loads(first[1:])["sid"]
        return transport

    async def receive(self) -> list[str]:
        """Wait for packets. Raises Broken."""
        return await self._get(f"{PATH}polling&sid={self.sid}", PATIENCE)

    async def _get(self, path: str, patience: float) -> list[str]:
        status, body = await self.down.ask("GET", path, patience=patience)
        if status != 200:
            raise Broken(f"{status} {body[:80]!r}")
        return body.decode().split("\x1e")

    async def send(self, packet: str) -> None:
        """Send a packet, once those before it have gone. Raises Broken."""
        async with self._sending:
            status, body = await self.up.ask("POST", f"{PATH}polling&sid={self.sid}", packet.encode(), "text/plain")
        if status != 200:
            raise Broken(f"{status} {body[:80]!r}")

    def close(self) -> None:
        """Hang up, without a word."""
        self.down.close()
        self.up.close()


class WebSocket:
    """A WebSocket from the beginning."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, address: Address, cookie: str, sid: str = "") -> Self:
        """Shake hands. Raises Broken."""
        transport = None
        try:
            async with asyncio.timeout(SOON):
                transport = cls(*await asyncio.open_connection(*address))
                path = f"{PATH}websocket" + (f"&sid={sid}" if sid else "")
                transport.writer.write(request(path, Host=f"{address[0]}:{address[1]}", Cookie=cookie))
                first, _, _ = await read_head(transport.reader)
                if " 101 " not in f"{first} ":
                    raise Broken(first)
                if not sid:
                    await transport._frame()  # the handshake of Engine.IO
                return transport
        except (OSError, EOFError, ValueError, TimeoutError, Broken) as error:
            if transport:
                transport.close()
            raise Broken(repr(error)) from None

    async def receive(self) -> list[str]:
        """Wait for a packet. Raises Broken."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    opcode, payload = await self._frame()
                    if opcode == TEXT:
                        return [payload.decode()]
                    if opcode == PING:
                        self.writer.write(masked(PONG, payload))
                    if opcode == CLOSE:
                        raise Broken(f"closed: {int.from_bytes(payload[:2])}")
        except (OSError, EOFError, TimeoutError) as error:
            raise Broken(repr(error)) from None

    async def _frame(self) -> tuple[int, bytes]:
        first, size = await self.reader.readexactly(2)
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        return first & 15, await self.reader.readexactly(size)

    async def send(self, packet: str) -> None:
        """Send a packet. Raises Broken."""
        try:
            self.writer.write(masked(TEXT, packet, key=b"\0\0\0\0"))
            await self.writer.drain()
        except OSError as error:
            raise Broken(repr(error)) from None

    def close(self) -> None:
        """Hang up, without a word."""
        self.writer.transport.abort()


class Upgraded(WebSocket):
    """A WebSocket that began as long-polling, as most clients' do."""

    @classmethod
    async def open(cls, address: Address, cookie: str, sid: str = "") -> Self:
        first = await Polling.open(address, cookie)
        try:
            transport = await super().open(address, cookie, first.sid)
        finally:
            first.close()
        try:
            await transport.send("2probe")
            if await transport.receive() != ["3probe"]:
                raise Broken("the probe was not answered")
            await transport.send("5")
        except Broken:
            transport.close()
            raise
        return transport


TRANSPORTS: dict[str, Any] = {"websocket": WebSocket, "polling": Polling, "upgraded": Upgraded}
