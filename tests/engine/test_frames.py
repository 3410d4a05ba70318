"""The parser of frames: what RFC 6455 says of each byte, however the bytes are cut."""

from typing import Any

import pytest

from tests.engine.wire import BINARY, CLOSE, PING, PONG, TEXT, engine, masked

frames = engine("frames")
LIMIT = 200_000


def parse(data: bytes, *, cut: int | None = None, limit: int = LIMIT) -> list[tuple[int, Any]]:
    """Return all that `data` holds, fed `cut` bytes at a time."""
    parser, found = frames.Parser(limit), []
    for start in range(0, len(data), cut or len(data)):
        parser.feed(data[start : start + (cut or len(data))])
        while (message := parser.next()) is not None:
            found.append(message)
    return found


def refusal(data: bytes, **options: Any) -> int:
    with pytest.raises(frames.ProtocolError) as refused:
        parse(data, **options)
    return int(refused.value.code)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70_000])
@pytest.mark.parametrize("cut", [None, 1009, 64])
def test_every_form_of_length(size: int, cut: int | None) -> None:
    assert parse(masked(BINARY, b"\xff" * size) + masked(TEXT, "é" * (size // 2)), cut=cut) == [
        (BINARY, b"\xff" * size),
        (TEXT, "é" * (size // 2)),
    ]


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_what_we_send_says_its_length(size: int) -> None:
    head, payload = frames.encode(BINARY, b"x" * size), b"x" * size
    assert head.endswith(payload)
    assert head[0] == 0x82
    length = head[1]
    if length == 126:
        length = int.from_bytes(head[2:4], "big")
    elif length == 127:
        length = int.from_bytes(head[2:10], "big")
    assert length == size


def test_a_message_in_fragments_with_control_frames_between() -> None:
    data = b"".join(
        [
            masked(TEXT, "κ".encode()[:1], fin=False),
            masked(PING, b"now"),
            masked(0, "κ".encode()[1:] + b"o", fin=False),
            masked(PONG, b""),
            masked(0, b""),
            masked(CLOSE, (1000).to_bytes(2, "big") + "adiós".encode()),
        ]
    )
    expected = [(PING, b"now"), (PONG, b""), (TEXT, "κo"), (CLOSE, b"\x03\xe8" + "adiós".encode())]
    for cut in (None, *range(1, 12)):
        assert parse(data, cut=cut) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\x05hello",  # not masked
        *[masked(TEXT, "x", first=bit) for bit in (0x40, 0x20, 0x10)],
        *[masked(opcode, "") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
        masked(PING, "", fin=False),
        masked(CLOSE, b"\x03\xe8" + b"x" * 124),
        masked(0, "of nothing"),
        masked(TEXT, "a", fin=False) + masked(TEXT, "b"),
        masked(CLOSE, b"\x03"),
        *[masked(CLOSE, code.to_bytes(2, "big")) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)],
        b"\x82\xfe\x00\x7d" + bytes(4 + 125),  # 125 bytes in the form for more
        b"\x82\xff" + (65535).to_bytes(8, "big") + bytes(4),
        b"\x82\xff" + (1 << 63).to_bytes(8, "big") + bytes(4),
    ],
)
def test_what_breaks_the_protocol(data: bytes) -> None:
    assert refusal(data) == refusal(data, cut=1) == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
def test_close_codes_that_may_be_sent(code: int) -> None:
    assert parse(masked(CLOSE, code.to_bytes(2, "big"))) == [(CLOSE, code.to_bytes(2, "big"))]


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"abc\xce"])
def test_text_is_utf_8(text: bytes) -> None:
    assert refusal(masked(TEXT, text)) == refusal(masked(TEXT, text), cut=1) == 1007
    assert refusal(masked(TEXT, text, fin=False) + masked(0, b"")) == 1007
    assert refusal(masked(CLOSE, b"\x03\xe8" + text)) == 1007


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_a_whole_message_is_taken_at_once(size: int) -> None:
    parser = frames.Parser(LIMIT)
    whole = masked(TEXT, "x" * size)
    assert parser.whole(memoryview(whole)) == ("x" * size if size < 65536 else None)
    assert parser.whole(memoryview(whole[:-1])) is None
    assert parser.whole(memoryview(whole + whole)) is None
    assert frames.Parser(size - 1).whole(memoryview(whole)) is None, "too large"


def test_nothing_is_taken_at_once_while_something_is_under_way() -> None:
    for begun in (masked(TEXT, "first", fin=False), masked(TEXT, "first")[:7], b"\x81"):
        parser = frames.Parser(LIMIT)
        parser.feed(begun)
        assert parser.next() is None
        assert parser.whole(memoryview(masked(TEXT, "next"))) is None


def test_a_wrong_byte_is_noticed_before_the_rest_is_there() -> None:
    assert refusal(masked(TEXT, b"good \xff" + b"x" * 1000)[:20]) == 1007


def test_a_message_has_a_bound_however_it_is_sent() -> None:
    assert refusal(masked(BINARY, bytes(101))[:8], limit=100) == 1009
    assert refusal(masked(BINARY, bytes(60), fin=False) + masked(0, bytes(41)), limit=100) == 1009
    assert refusal(b"\x82\xff" + ((1 << 63) - 1).to_bytes(8, "big"), limit=100) == 1009
    assert parse(masked(BINARY, bytes(60), fin=False) + masked(PING, bytes(90)) + masked(0, bytes(40)), limit=100)[
        1
    ] == (
        BINARY,
        bytes(100),
    )
