"""Pictures of people: an upload becomes squares of two sizes, upright, without a word of metadata, named by what they show.

The name is a keyed hash of the content: it changes with the picture, so browsers keep it for ever; nobody can guess it, so it needs
no permission.
`take_in` computes for long and runs where `offload.run_large` puts it.
"""

import io
import logging
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.crypto import salted_hmac
from PIL import Image, ImageOps

log = logging.getLogger(__name__)
Image.MAX_IMAGE_PIXELS = None  # Pillow would warn and let through; pixels are counted here

SMALL, LARGE = SIZES = (96, 384)  # pixels: a face in the log on a screen of two pixels for one; the card of a person
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


class NoPicture(Exception):
    """The file is none that we can show; `is_large`: it has too many pixels."""

    def __init__(self, is_large: bool = False) -> None:
        super().__init__()
        self.is_large = is_large


def take_in(path: Path, most_pixels: int, owner: int) -> str:
    """Make the squares of the picture at `path`, store them as the owner's; return their name. Raises NoPicture."""
    squares = {size: _encoded(square) for size, square in _squares(path, most_pixels).items()}
    name = salted_hmac(f"accounts.avatars.{owner}", squares[LARGE], algorithm="sha256").hexdigest()[:32]
    for size, content in squares.items():
        if not default_storage.exists(file := file_of(name, size)):
            default_storage.save(file, ContentFile(content))
    return name


def remove(name: str) -> None:
    """Delete the squares from storage."""
    for size in SIZES:
        default_storage.delete(file_of(name, size))


def url_of(name: str, size: int = SMALL) -> str:
    """Where browsers find it. Spelled out: `reverse` for each author of a page would cost more than the rest of a payload."""
    return f"/avatars/{name}-{size}.webp"


def file_of(name: str, size: int) -> str:
    """Its name in storage."""
    return f"avatars/{name}-{size}.webp"


def _squares(path: Path, most_pixels: int) -> dict[int, Image.Image]:
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > most_pixels:  # before a pixel is decoded
                raise NoPicture(is_large=True)
            image.draft("RGB", (2 * LARGE, 2 * LARGE))  # a JPEG is decoded no larger than needed
            ImageOps.exif_transpose(image, in_place=True)
            mode = "RGBA" if image.has_transparency_data else "RGB"
            upright = (
                image if image.mode == mode else image.convert(mode)
            )  # no copy of what may take some hundred megabytes
            large = ImageOps.fit(upright, (LARGE, LARGE), Image.Resampling.LANCZOS)
            if mode == "RGBA":
                large = Image.alpha_composite(Image.new("RGBA", large.size, "white"), large).convert("RGB")
            return {LARGE: large, SMALL: large.resize((SMALL, SMALL), Image.Resampling.LANCZOS)}
    except NoPicture:
        raise
    except Exception as error:  # there is nothing that a decoder does not raise over broken bytes
        log.info("not a picture: %r", error)
        raise NoPicture from None


def _encoded(image: Image.Image) -> bytes:
    image.info = {}
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()
