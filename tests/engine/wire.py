"""A client that does as it is told, byte by byte: what no stock client would send, and what none would leave unread."""

import base64
import importlib.util
import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

PATIENCE = 10.0  # seconds
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def engine(module: str) -> ModuleType:
    """Load one pure module of the engine; its package would bring eventlet into the process of the tests."""
    path = Path(__file__).parents[2] / "rooms" / "realtime" / "engine" / f"{module}.py"
    spec = importlib.util.spec_from_file_location(f"engine_{module}", path)
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def masked(opcode: int, payload: bytes | str, *, fin: bool = True, first: int = 0, key: bytes = b"\1\2\3\4") -> bytes:
    """Return a client's frame. `first`: more bits of its first byte."""
    data = payload.encode() if isinstance(payload, str) else payload
    head, size = bytes([(0x80 if fin else 0) | opcode | first]), len(data)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += struct.pack("!BH", 0x80 | 126, size)
    else:
        head += struct.pack("!BQ", 0x80 | 127, size)
    return head + key + bytes(byte ^ key[n % 4] for n, byte in enumerate(data))


def request(path: str = "/socket.io/?EIO=4&transport=websocket", **headers: Any) -> bytes:
    """Return an opening handshake; a header of None is left out."""
    given: dict[str, str | None] = {
        "Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class Raw:
    """One TCP connection that speaks WebSocket; `join` makes it a Socket.IO client."""

    def __init__(self, port: int, *, receive_buffer: int | None = None, **headers: Any) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # sent is sent
        self.sock.settimeout(PATIENCE)
        self.sock.connect(("127.0.0.1", port))
        self.buffer = b""
        self.sock.sendall(request(**headers))
        self.answer = self._head()

    @classmethod
    def joined(cls, port: int, auth: Any = None, **options: Any) -> Self:
        """A client in the default namespace."""
        client = cls(port, **options)
        client.join(auth)
        return client

    def join(self, auth: Any = None) -> Any:
        """Ask for the default namespace; return what the server says to it."""
        assert self.answer.startswith(b"HTTP/1.1 101"), self.answer
        assert self.text().startswith("0{")
        self.say("40" if auth is None else "40" + json.dumps(auth))
        return self.until("40")

    def say(self, text: str) -> None:
        """Send a text frame."""
        self.sock.sendall(masked(TEXT, text))

    def emit(self, *event: Any, ack: int | str = "") -> None:
        """Send an event."""
        self.say(f"42{ack}{json.dumps(event)}")

    def ask(self, *event: Any) -> Any:
        """Send an event; return its acknowledgement."""
        self.emit(*event, ack=7)
        return json.loads(self.until("437"))

    def frame(self) -> tuple[int, bytes]:
        """Return the next frame, as opcode and payload. Raises EOFError at the end of the stream."""
        first, size = self._take(2)
        if size == 126:
            size = int.from_bytes(self._take(2), "big")
        elif size == 127:
            size = int.from_bytes(self._take(8), "big")
        return first & 15, self._take(size)

    def text(self) -> str:
        """Return the next text; pings of Engine.IO are answered."""
        while True:
            opcode, payload = self.frame()
            assert opcode == TEXT, (opcode, payload)
            if payload != b"2":
                return payload.decode()
            self.say("3")

    def until(self, start: str) -> str:
        """Pass over texts until one that begins so; return the rest of it."""
        while not (text := self.text()).startswith(start):
            pass
        return text[len(start) :]

    def events(self, name: str) -> Iterator[Any]:
        """Yield the arguments of the events of this name, as they come."""
        while True:
            event = json.loads(self.until("42"))
            if event[0] == name:
                yield event[1:]

    def closing(self) -> tuple[int, str]:
        """Pass over all up to the close frame; return its code and reason."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    def is_at_end(self) -> bool:
        """Whether the server has closed the connection, after all that it had sent."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionError:
            pass
        return True

    def data(self, type: str) -> dict[str, Any]:
        """Pass over the site's events until a `data` of this type; return it."""
        return next(data for (data,) in self.events("data") if data["type"] == type)

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _head(self) -> bytes:
        while b"\r\n\r\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                return self.buffer
            self.buffer += data
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            data = self.sock.recv(1 << 20)
            if not data:
                raise EOFError(self.buffer)
            self.buffer += data
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken
