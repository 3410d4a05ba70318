"""Two hundred thousand inputs for the parser: it answers or refuses, keeps its memory bounded, and does not care how the bytes were cut.

A plain seeded loop: random bytes find only the first check; so most inputs are good frames with a few things done to them.
"""

import random
from typing import Any

from tests.engine.wire import BINARY, CLOSE, PING, PONG, TEXT, engine, masked

frames = engine("frames")
INPUTS = 200_000
LIMIT = 300
SCRAPS = [
    b"",
    b"a",
    b"\xff",
    b"\x03\xe8",
    b"\x03\xe8bye",
    "κόσμε".encode(),
    b"\xed\xa0\x80",
    b"\xf0\x9f",
    b"\x98\x80",
    b"x" * 126,
    b"y" * 301,
]
LENGTHS = [
    b"\xfe\x00\x7e",
    b"\xfe\xff\xff",
    b"\xff" + bytes(8),
    b"\xff" + b"\xff" * 8,
    b"\xff\x00\x00\x00\x00\x80\x00\x00\x00",
]


def good(rng: random.Random) -> bytes:
    """Return a few frames, most of them as they should be."""
    parts = []
    for _ in range(rng.randint(1, 3)):
        opcode = rng.choice((TEXT, TEXT, BINARY, 0, 0, CLOSE, PING, PONG))
        key = rng.choice((b"\0\0\0\0", b"\1\2\3\4"))
        parts.append(masked(opcode, rng.choice(SCRAPS), fin=rng.random() < 0.7, key=key))
    return b"".join(parts)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Do one or two things to it."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(5):
            case 0 if changed:
                changed[at - 1] ^= 1 << rng.randrange(8)
            case 1:
                del changed[at : at + rng.randint(1, 4)]
            case 2:
                changed[at:at] = rng.randbytes(rng.randint(1, 4))
            case 3 if len(changed) > 1:
                changed[1:2] = rng.choice(LENGTHS)
            case _:
                del changed[at:]
    return bytes(changed)


def outcome(pieces: list[bytes]) -> list[Any]:
    """Return what comes out, and the refusal at the end if there is one."""
    parser = frames.Parser(LIMIT)
    found: list[Any] = []
    try:
        for piece in pieces:
            parser.feed(piece)
            while (message := parser.next()) is not None:
                found.append(message)
            assert len(parser.body or b"") <= LIMIT
            assert len(parser.buffer) < 14 + 125, "read as far as can be"
    except frames.ProtocolError as refused:
        found.append(refused.code)
    return found


def cut(rng: random.Random, data: bytes) -> list[bytes]:
    """Cut it in two or three."""
    a, b = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return [data[:a], data[a:b], data[b:]]


def test_no_input_harms_the_parser() -> None:
    rng = random.Random(6455)
    codes: set[Any] = set()
    for number in range(INPUTS):
        match number % 8:
            case 0:
                data = rng.randbytes(rng.randint(0, 40))
            case 1:
                data = good(rng)
            case _:
                data = mutated(rng, good(rng))
        whole = outcome([data])
        assert outcome(cut(rng, data)) == whole, data.hex()
        at_once = frames.Parser(LIMIT).whole(memoryview(data))
        assert at_once is None or whole == [(TEXT, at_once)], data.hex()
        codes.add(whole[-1] if whole and isinstance(whole[-1], int) else None)
    assert codes == {None, frames.PROTOCOL_ERROR, frames.BAD_DATA, frames.TOO_BIG}, "every kind of answer was seen"
