"""WebSocket frames (RFC 6455, section 5) without any I/O: bytes go in, whole messages come out.

Strict: whatever the RFC says a server must refuse is refused, with the close code that the RFC gives it. Invariants: memory is
bounded by `limit` plus what was fed and not yet read; every byte is looked at a constant number of times, however it is cut into
pieces; text is checked as it arrives, so that a wrong byte fails the connection before the rest of the frame is there.
"""

import codecs
from struct import Struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL, GOING_AWAY, PROTOCOL_ERROR, NO_STATUS, BAD_DATA, POLICY, TOO_BIG = 1000, 1001, 1002, 1005, 1007, 1008, 1009

Message = tuple[int, str | bytes]
"""An opcode and its payload: `str` for TEXT, `bytes` for BINARY, CLOSE, PING and PONG."""

FIN, MASKED, LENGTH, OPCODE, RESERVED = 0x80, 0x80, 0x7F, 0x0F, 0x70
WHOLE_TEXT, MASKED_16 = FIN | TEXT, MASKED | 126  # how nearly all that comes begins; and goes on, if it is not short
MOST_IN_A_CONTROL_FRAME = 125
_HEAD_16, _HEAD_64 = Struct("!BBH"), Struct("!BBQ")
_new_decoder = codecs.getincrementaldecoder("utf-8")


class ProtocolError(Exception):
    """The peer broke the protocol; `code` is what the close frame shall say (RFC 6455, 7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def encode(opcode: int, payload: bytes, fin: bool = True) -> bytes:
    """Return one frame as a server sends it: not masked."""
    first, size = opcode | (FIN if fin else 0), len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return _HEAD_16.pack(first, 126, size) + payload
    return _HEAD_64.pack(first, 127, size) + payload


def encode_close(code: int, reason: str = "") -> bytes:
    """Return a close frame; the reason is cut to fit (123 bytes)."""
    if code == NO_STATUS:
        return encode(CLOSE, b"")
    text = reason.encode()[: MOST_IN_A_CONTROL_FRAME - 2].decode(errors="ignore").encode()
    return encode(CLOSE, code.to_bytes(2, "big") + text)


def unmask(data: bytes | bytearray | memoryview, key: bytes | bytearray) -> bytes:
    """XOR `data` with the four bytes of `key`, over and over: as one large integer, a hundred times faster than a loop."""
    size = len(data)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")


def is_close_code(code: int) -> bool:
    """Tell whether an endpoint may send this code in a close frame (RFC 6455, 7.4, and the IANA registry after it)."""
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and code not in (1004, 1005, 1006))


class Parser:
    """Reads the frames of one client: `feed` bytes, then call `next` until it says None.

    After a ProtocolError the parser is spent.
    """

    __slots__ = ("body", "buffer", "decoder", "fin", "key", "left", "limit", "opcode")

    def __init__(self, limit: int) -> None:
        """`limit`: bytes of payload that a message may have, in however many frames."""
        self.limit = limit
        self.buffer = bytearray()  # not yet looked at
        self.opcode = CONTINUATION  # of the message under way; CONTINUATION when there is none
        self.body: bytearray | None = None  # its payload up to here, unmasked
        self.decoder: codecs.IncrementalDecoder | None = None  # checks it, if it is text
        self.left = -1  # bytes that its present frame still lacks; -1 between frames
        self.key = b""  # that frame's mask, turned to where we are
        self.fin = False  # that frame is the message's last

    def whole(self, data: memoryview) -> str | None:
        """Return the text, if `data` is one message in one frame and nothing is under way, as nearly always. None: it is to be fed."""
        if self.opcode or self.left >= 0 or self.buffer or len(data) < 6 or data[0] != WHOLE_TEXT:
            return None
        size, start = data[1] - MASKED, 6
        if size >= 126:
            size, start = data[2] << 8 | data[3], 8
            if data[1] != MASKED_16 or size < 126:
                return None
        if size != len(data) - start or size > self.limit:
            return None
        try:
            return unmask(data[start:], bytes(data[start - 4 : start])).decode()
        except UnicodeDecodeError:
            return None

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take what was read from the socket."""
        self.buffer += data

    def next(self) -> Message | None:
        """Return the next message or control frame, None if it is not all here. Raises ProtocolError."""
        while True:
            if self.left < 0:
                message = self._frame()
                if message is not None or self.left < 0:
                    return message
            elif not self._take():
                return None
            elif self.fin:
                return self._finish()

    def _frame(self) -> Message | None:
        """Read a frame's head. A control frame and a message of one frame are returned when they are whole; else begin to stream."""
        buffer = self.buffer
        have = len(buffer)
        if have < 2:
            return None
        first, second = buffer[0], buffer[1]
        opcode, size = first & OPCODE, second & LENGTH
        self._check(first, second, opcode)
        start = 6
        if size >= 126:
            start = 8 if size == 126 else 14
            if have < start - 4:
                return None
            least = 126 if size == 126 else 65536
            size = int.from_bytes(buffer[2 : start - 4], "big")
            if not least <= size < 1 << 63:
                raise ProtocolError(PROTOCOL_ERROR, "length not in its shortest form")
        if opcode < CLOSE and size + len(self.body or b"") > self.limit:
            raise ProtocolError(TOO_BIG, f"message over {self.limit} bytes")
        if have < start:
            return None
        end = start + size
        if have >= end and (opcode >= CLOSE or (opcode and first & FIN)):
            payload = unmask(buffer[start:end], buffer[start - 4 : start])
            del buffer[:end]
            return opcode, _checked(opcode, payload)
        if opcode < CLOSE:
            self._begin(opcode, size, bool(first & FIN))
            self.key = bytes(buffer[start - 4 : start])
            del buffer[:start]
        return None

    def _check(self, first: int, second: int, opcode: int) -> None:
        if first & RESERVED:
            raise ProtocolError(PROTOCOL_ERROR, "reserved bit set")
        if not second & MASKED:
            raise ProtocolError(PROTOCOL_ERROR, "frame not masked")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise ProtocolError(PROTOCOL_ERROR, "reserved opcode")
            if not first & FIN:
                raise ProtocolError(PROTOCOL_ERROR, "fragmented control frame")
            if second & LENGTH > MOST_IN_A_CONTROL_FRAME:
                raise ProtocolError(PROTOCOL_ERROR, "control frame too long")
        elif opcode > BINARY:
            raise ProtocolError(PROTOCOL_ERROR, "reserved opcode")
        elif (opcode == CONTINUATION) != (self.opcode != CONTINUATION):
            raise ProtocolError(
                PROTOCOL_ERROR, "continuation of nothing" if self.opcode == 0 else "message inside a message"
            )

    def _begin(self, opcode: int, size: int, fin: bool) -> None:
        if opcode:
            self.opcode, self.body = opcode, bytearray()
            self.decoder = _new_decoder() if opcode == TEXT else None
        self.left, self.fin = size, fin

    def _take(self) -> bool:
        """Move what is here of the frame under way into the body; tell whether the frame is complete."""
        assert self.body is not None
        have = min(self.left, len(self.buffer))
        if have:
            piece = unmask(self.buffer[:have], self.key)
            del self.buffer[:have]
            turn = have % 4
            self.key = self.key[turn:] + self.key[:turn]
            self.left -= have
            self._validate(piece, final=False)
            self.body += piece
        if self.left:
            return False
        self.left = -1
        return True

    def _finish(self) -> Message:
        assert self.body is not None
        self._validate(b"", final=True)
        opcode, body = self.opcode, bytes(self.body)
        self.opcode, self.body, self.decoder, self.fin = CONTINUATION, None, None, False
        return opcode, body.decode() if opcode == TEXT else body

    def _validate(self, piece: bytes, final: bool) -> None:
        if self.decoder:
            try:
                self.decoder.decode(piece, final)
            except UnicodeDecodeError:
                raise ProtocolError(BAD_DATA, "not UTF-8") from None


def _checked(opcode: int, payload: bytes) -> str | bytes:
    """Return the payload of a whole frame as its opcode wants it."""
    try:
        if opcode == TEXT:
            return payload.decode()
        if opcode == CLOSE and payload:
            if len(payload) < 2 or not is_close_code(int.from_bytes(payload[:2], "big")):
                raise ProtocolError(PROTOCOL_ERROR, "close code not valid")
            payload[2:].decode()
    except UnicodeDecodeError:
        raise ProtocolError(BAD_DATA, "not UTF-8") from None
    return payload
