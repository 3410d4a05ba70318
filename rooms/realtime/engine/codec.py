"""What goes out, encoded once a form: JSON by orjson, WebSocket frames, and packets for those who poll."""

import json
from typing import Any

import orjson
from engineio import packet as engineio_packet
from socketio import packet as socketio_packet

from .frames import BINARY, TEXT, encode


class Json:
    """`dumps` and `loads` under the names that python-socketio expects of a JSON module. Keys must be strings."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        """Raises ValueError. Half a surrogate pair, which orjson refuses and browsers send, is for the handler to refuse."""
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class Event:
    """An event, or an acknowledgement, on its way to any number of clients.

    Without binary data it is one frame, made without python-socketio's packet, which walks the whole payload in search of bytes.
    """

    __slots__ = ("_packets", "_parts", "frames")

    def __init__(
        self, data: list[Any], namespace: str, ack_id: int | None = None, kind: int = socketio_packet.EVENT
    ) -> None:
        """`data`: the event's name and its arguments, or what is acknowledged. Raises TypeError for what JSON cannot say."""
        self._packets: list[Any] | None = None
        self._parts: list[str | bytes]
        try:
            head = f"{kind}" if namespace == "/" else f"{kind}{namespace},"
            text = (head if ack_id is None else f"{head}{ack_id}").encode() + orjson.dumps(data)
            self._parts = [text]
            self.frames = [encode(TEXT, b"4" + text)]
        except TypeError:
            whole = socketio_packet.Packet(kind, namespace=namespace, data=data, id=ack_id).encode()
            self._parts = whole if isinstance(whole, list) else [whole]
            self.frames = [framed(message(part)) for part in self._parts]

    @property
    def packets(self) -> list[Any]:
        """The same as Engine.IO packets."""
        if self._packets is None:
            first, *attachments = self._parts
            text = first.decode() if isinstance(first, bytes) else first
            self._packets = [message(part) for part in (text, *attachments)]
        return self._packets


def message(data: str | bytes) -> Any:
    """Return an Engine.IO message packet."""
    return engineio_packet.Packet(engineio_packet.MESSAGE, data)


def framed(packet: Any) -> bytes:
    """Return an Engine.IO packet as a WebSocket frame."""
    return encode(BINARY, packet.data) if packet.binary else encode(TEXT, packet.encode().encode())
