"""What comes in, checked: python-socketio's packets believe what a client says of itself.

Refused, with Malformed: what is no packet, events of reserved names (they would run our own `connect` and `disconnect` handlers),
acknowledgements without a number, attachments that were not announced, and more of them than a packet may have. Invariant: what
waits for the rest of its attachments is one packet a client, within `limit` bytes.
"""

import re
from typing import Any, NamedTuple

from socketio import packet

from .codec import Json

EVENTS = (packet.EVENT, packet.BINARY_EVENT)
MOST_ATTACHMENTS = 16  # of one packet
RESERVED = (
    "connect",
    "disconnect",
    "connect_error",
    "newListener",
    "removeListener",
    "disconnecting",
)  # as in socket.io-parser


class Malformed(ValueError):
    """A client sent what no Socket.IO client sends."""


# An event of the default namespace without attachments: nearly all that comes.
_PLAIN = re.compile(r"2([0-9]{0,15})(?=\[)")


class Plain(NamedTuple):
    """What python-socketio's packet would say of such an event, in a fifth of its time."""

    data: Any
    id: int | None
    packet_type: int = packet.EVENT
    namespace: str = "/"


def _checked(body: Any) -> list[Any]:
    """What an event says: its name and its arguments."""
    if not isinstance(body, list) or not body or not isinstance(body[0], str) or body[0] in RESERVED:
        raise Malformed("not an event")
    return body


class Decoder:
    """Puts the parts of each client's packets together."""

    def __init__(self, packet_class: type[Any], limit: int) -> None:
        """`limit`: bytes that the attachments of a packet may have together."""
        self.packet_class = packet_class
        self.limit = limit
        self.pending: dict[str, Any] = {}  # packets that lack attachments, by session

    def forget(self, eio_sid: str) -> None:
        """The client is gone."""
        self.pending.pop(eio_sid, None)

    def decode(self, eio_sid: str, data: Any) -> Any:
        """Return the packet that `data` completes, None if attachments are still to come. Raises Malformed."""
        try:
            if eio_sid in self.pending:
                return self._attached(eio_sid, data)
            return self._begun(eio_sid, data)
        except Malformed:
            raise
        except Exception as error:  # whatever python-socketio's decoder stumbles over
            raise Malformed(f"not a Socket.IO packet ({type(error).__name__})") from None

    def _begun(self, eio_sid: str, data: Any) -> Any:
        if not isinstance(data, str) or not data:
            raise Malformed("not a Socket.IO packet")
        if plain := _PLAIN.match(data):
            number = plain[1]
            return Plain(_checked(Json.loads(data[1 + len(number) :])), int(number) if number else None)
        begun = self.packet_class(encoded_packet=data)
        kind, body = begun.packet_type, begun.data
        if kind in EVENTS:
            _checked(body)
        elif kind in (packet.ACK, packet.BINARY_ACK):
            if not isinstance(body, list) or begun.id is None:
                raise Malformed("not an acknowledgement")
        elif kind not in (packet.CONNECT, packet.DISCONNECT):
            raise Malformed("not a client's packet")
        if kind not in (packet.BINARY_EVENT, packet.BINARY_ACK):
            return begun
        if not 0 < begun.attachment_count <= MOST_ATTACHMENTS:
            raise Malformed(f"{begun.attachment_count} attachments")
        self.pending[eio_sid] = begun
        return None

    def _attached(self, eio_sid: str, data: Any) -> Any:
        begun = self.pending[eio_sid]
        if not isinstance(data, bytes):
            raise Malformed("text in place of an attachment")
        if sum(map(len, begun.attachments)) + len(data) > self.limit:
            raise Malformed("attachments too large")
        if not begun.add_attachment(data):
            return None
        del self.pending[eio_sid]
        return begun
