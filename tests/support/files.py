"""Files to send: images with and without secrets, a bomb, a sound, what lies about its type. Made here, none is in the repository."""

import io
import struct
import wave
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

SECRET = "51.5007 N, 0.1246 W"  # where somebody was


def image(width: int = 60, height: int = 40, format: str = "PNG", color: str = "teal", **options: Any) -> bytes:
    """A plain image, its left half in another colour."""
    drawn = Image.new("RGB", (width, height), color)
    drawn.paste("gold", (0, 0, width // 2, height))
    out = io.BytesIO()
    drawn.save(out, format, **options)
    return out.getvalue()


def photo(orientation: int = 1, format: str = "JPEG", width: int = 60, height: int = 40) -> bytes:
    """An image that tells where it was taken, in all the ways of its format."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET
    options: dict[str, Any] = {"exif": exif}
    if format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Location", SECRET)
        info.add_itxt("XML:com.adobe.xmp", SECRET)
        options["pnginfo"] = info
    if format in ("JPEG", "GIF"):
        options["comment"] = SECRET.encode()
    if format in ("JPEG", "WEBP"):
        options["xmp"] = SECRET.encode()
    if format == "GIF":
        del options["exif"]
    return image(width, height, format, **options)


def moving(format: str = "GIF", frames: int = 3) -> bytes:
    """An animation of so many frames."""
    drawn = [Image.new("RGB", (60, 40), (80 * n, 90, 120)) for n in range(frames)]
    out = io.BytesIO()
    drawn[0].save(out, format, save_all=True, append_images=drawn[1:], duration=100, loop=0)
    return out.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that says it has `side` times `side` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def sound(seconds: float = 0.2) -> bytes:
    """Silence, as WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * int(8000 * seconds)))
    return out.getvalue()


def dots(count: int) -> bytes:
    """A GIF of so many pictures of one pixel: small in pixels and bytes, long to go through."""
    dot = b"\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0"
    return b"GIF89a\1\0\1\0\x80\0\0" + bytes(3) + b"\xff" * 3 + dot * count + b"\x3b"
