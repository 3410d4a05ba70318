"""Takes out of PNG, GIF and WebP what is not picture: names, places, dates, comments. Pixels, animation and colour profile stay, byte by byte.

Pure: bytes in, bytes out. A list of what may stay, not of what must go, so that what nobody thought of goes.
Raises ValueError or IndexError for what does not have the form.
Sources: PNG 3rd edition section 11, GIF89a sections 17-26, the WebP Container Specification.
"""

from collections.abc import Callable, Iterator
from itertools import islice

PNG = b"\x89PNG\r\n\x1a\n"
PNG_KEEPS = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs",
    b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip
WEBP_KEEPS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
WEBP_EXIF, WEBP_XMP = 0x08, 0x04  # flags of VP8X
EXTENSION, PICTURE, END = b"\x21", b"\x2c", b"\x3b"  # of a GIF: the signs its blocks begin with
GIF_LOOPS = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}


def png(data: bytes) -> bytes:
    """A PNG without its text, time and EXIF; what follows its end is gone."""
    kept = [PNG]
    at = len(PNG)
    while True:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if len(data) < end:
            raise ValueError("the PNG ends too early")
        if kind in PNG_KEEPS:
            kept.append(data[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def webp(data: bytes) -> bytes:
    """A WebP without EXIF and XMP."""
    kept = bytearray()
    at, end = 12, 8 + int.from_bytes(data[4:8], "little")
    while at + 8 <= min(end, len(data)):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        after = at + 8 + length + length % 2
        if len(data) < at + 8 + length:
            raise ValueError("the WebP ends too early")
        chunk = bytearray(data[at:after])
        if kind == b"VP8X":
            chunk[8] &= ~(WEBP_EXIF | WEBP_XMP) & 0xFF
        if kind in WEBP_KEEPS:
            kept += chunk
        at = after
    return b"RIFF" + (len(kept) + 4).to_bytes(4, "little") + b"WEBP" + bytes(kept)


def gif(data: bytes) -> bytes:
    """A GIF without comments, plain text and applications' blocks but the one that says how often it loops."""
    kept = [data[: 13 + _table(data[10])]]
    for block, at, end in _gif(data):
        label = data[at + 1 : at + 2]
        if block == EXTENSION and label != b"\xf9" and (label != b"\xff" or data[at + 3 : at + 14] not in GIF_LOOPS):
            continue
        kept.append(data[at:end])
    return b"".join(kept)


def gif_frames(data: bytes, most: int) -> int:
    """How many pictures a GIF has; who has more than `most` is not counted to the end."""
    return sum(1 for _ in islice((1 for block, _, _ in _gif(data) if block == PICTURE), most + 1))


def _gif(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the sign, the begin and the end of each block behind the head, the end's own sign among them."""
    at = 13 + _table(data[10])
    while True:
        block = data[at : at + 1]
        if block == END:
            yield block, at, at + 1
            return
        if block == EXTENSION:
            end = _blocks(data, at + 2)
        elif block == PICTURE:
            end = _blocks(data, at + 11 + _table(data[at + 9]))
        else:
            raise ValueError("the GIF is broken")
        yield block, at, end
        at = end


def _table(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 * 2 ** (flags % 8 + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> int:
    """Where the sub-blocks that begin at `at` end; an image's are preceded by one byte, which its caller has counted."""
    for length in _lengths(data, at):
        at += 1 + length
    return at


def _lengths(data: bytes, at: int) -> Iterator[int]:
    while True:
        if at >= len(data):
            raise ValueError("the GIF ends too early")
        length = data[at]
        yield length
        if not length:
            return
        at += 1 + length


BY_TYPE: dict[str, Callable[[bytes], bytes]] = {"image/png": png, "image/gif": gif, "image/webp": webp}
