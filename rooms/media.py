"""What a file is, by its content: an image made harmless and small, something that plays, or just a file. Names are cleaned here, too.

Invariant: an image that leaves here says nothing of who made it, where and when; it stands upright; it was decoded once, so it is one.
No database and no hub: `take_in` computes for long and runs where `offload.run_large` puts it.
"""

import logging
import mimetypes
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, JpegImagePlugin

from rooms import stripping
from rooms.errors import TooLong, phrase

log = logging.getLogger(__name__)
Image.MAX_IMAGE_PIXELS = None  # Pillow would warn and let through; pixels are counted here

FOLDER = "attachments"  # in MEDIA_ROOT
HEAD = 4096  # bytes that tell what a file is
THUMBNAIL = (800, 600)  # twice what the log shows: screens have two pixels for one
LIGHT = 100_000  # bytes: an image that is small in both senses is its own thumbnail
MOST_FRAMES = 5_000  # pictures of a GIF, which have to be gone through to be counted
ORIENTATION = 0x0112  # the EXIF tag
NAME_LENGTH = 120  # characters

FORMATS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
FORMAT_OF = {content_type: name for name, content_type in FORMATS.items() if name != "MPO"}
PICTURES = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL)
PLAYS: list[tuple[re.Pattern[bytes], str]] = [
    (re.compile(rb"ID3|\xff[\xfb\xfa\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"OggS.{24,60}\x80theora", re.DOTALL), "video/ogg"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"\xff[\xf1\xf9]"), "audio/aac"),
    (re.compile(rb".{4}ftyp(M4A|M4B)", re.DOTALL), "audio/mp4"),
    (re.compile(rb".{4}ftyp(isom|iso[2-9]|mp4[12]|avc1|M4V|dash|3g[p2]|MSNV)", re.DOTALL), "video/mp4"),
    (re.compile(rb".{4}ftypqt  ", re.DOTALL), "video/quicktime"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}webm", re.DOTALL), "video/webm"),
]
# Types that may be said of a download by its name alone: no browser runs any of them.
DOCUMENTS = re.compile(
    r"application/(pdf|zip|gzip|json|rtf|msword|epub\+zip|x-(7z-compressed|tar)|vnd\..+)|text/(plain|csv)"
)
ANY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in: where it lies, what it was called, its size in bytes."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken in. `file` and `thumbnail` are names in storage; no `thumbnail`: the file is its own."""

    content_type: str
    size: int
    file: str
    width: int | None = None
    height: int | None = None
    thumbnail: str = ""


def take_in(path: Path, name: str, most_pixels: int) -> Taken:
    """Move the file at `path` into storage. Raises TooLong for an image of more than `most_pixels` (all its frames together)."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if PICTURES.match(head):
        try:
            return _picture(path, most_pixels)
        except TooLong:
            raise
        except Exception as error:  # there is nothing that a decoder does not raise over broken bytes: no image, then
            log.info("not an image after all: %r", error)
            return Taken(ANY, path.stat().st_size, _store(path))
    return Taken(_type_of(head, name), path.stat().st_size, _store(path))


def clean_name(name: str) -> str:
    """Return `name` fit to be shown and to be saved under: one line, no path, nothing invisible or turning; its ending kept."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    shown = (" " if c.isspace() else c for c in name if c.isspace() or unicodedata.category(c)[0] != "C")
    name = re.sub(r'[<>:"|?*]', "_", " ".join("".join(shown).split())).lstrip(". ").rstrip(". ")
    stem, ending = name[: -len(suffix)] if (suffix := PurePath(name).suffix) else name, suffix[:20]
    return f"{stem[: NAME_LENGTH - len(ending)].rstrip()}{ending}" or "file"


def _type_of(head: bytes, name: str) -> str:
    """What is not an image: what it plays as, or what its name says where that is harmless."""
    for pattern, content_type in PLAYS:
        if pattern.match(head):
            return content_type
    guessed = mimetypes.guess_type(name)[0] or ANY
    return guessed if DOCUMENTS.fullmatch(guessed) else ANY


def _picture(path: Path, most_pixels: int) -> Taken:
    clean, small = path.with_name(path.name + ".clean"), path.with_name(path.name + ".small")
    try:
        content_type, (width, height) = _develop(path, most_pixels, clean, small)
        size = clean.stat().st_size
        thumbnail = _store(small) if small.exists() else ""
        return Taken(content_type, size, _store(clean), width, height, thumbnail)
    finally:
        clean.unlink(missing_ok=True)
        small.unlink(missing_ok=True)


def _develop(path: Path, most_pixels: int, clean: Path, small: Path) -> tuple[str, tuple[int, int]]:
    """Write the image without its metadata to `clean`, and a small one to `small` where that is worth it; return its type and size.

    Raises TooLong before a pixel is decoded; anything for what is no image.
    """
    with Image.open(path, formats=["JPEG", "PNG", "GIF", "WEBP"]) as image:
        _bound(image.width * image.height, most_pixels)
        if image.format == "GIF" and stripping.gif_frames(path.read_bytes(), MOST_FRAMES) > MOST_FRAMES:
            raise TooLong(
                phrase(_("an image that moves, of more than %(most)s pictures"), most=MOST_FRAMES), field="file"
            )
        frames = getattr(image, "n_frames", 1) if image.format != "MPO" else 1
        _bound(image.width * image.height * frames, most_pixels)
        content_type = FORMATS[image.format or ""]
        is_turned = image.getexif().get(ORIENTATION, 1) not in (0, 1) and frames == 1
        if is_turned or content_type == "image/jpeg":
            upright = _write_anew(image, content_type, clean)
        else:
            clean.write_bytes(stripping.BY_TYPE[content_type](path.read_bytes()))
            upright = image
            upright.load()
        is_large = upright.width > THUMBNAIL[0] or upright.height > THUMBNAIL[1] or clean.stat().st_size > LIGHT
        if frames == 1 and is_large:
            _write_small(upright, small)
        return content_type, upright.size


def _bound(pixels: int, most: int) -> None:
    if pixels > most:
        raise TooLong(
            phrase(_("an image of %(pixels)s pixels, at most %(most)s"), pixels=pixels, most=most), field="file"
        )


def _write_anew(image: Image.Image, content_type: str, to: Path) -> Image.Image:
    """Encode the image upright, with the tables it was encoded with, so that next to nothing is lost; return it."""
    options: dict[str, Any] = {"quality": 92}
    if content_type == "image/jpeg":
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        options = {"qtables": image.quantization, "subsampling": JpegImagePlugin.get_sampling(image)}
        options["progressive"] = bool(image.info.get("progressive"))
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    upright.info = {"icc_profile": profile} if profile else {}
    upright.save(to, FORMAT_OF[content_type], icc_profile=profile, **options)
    return upright


def _write_small(image: Image.Image, to: Path) -> None:
    small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail(THUMBNAIL, reducing_gap=2.0)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
    small.save(to, "WEBP", quality=80, method=3, icc_profile=profile)


def _store(path: Path) -> str:
    """Move a file into storage under a name that nobody can guess and that has no ending; return the name."""
    token = secrets.token_hex(16)
    return default_storage.save(f"{FOLDER}/{token[:2]}/{token[2:]}", Moved(path))


class Moved(File):
    """A file that storage may take by renaming it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        """Where it is; the storage of Django's file system looks for this."""
        return str(self._path)


def remove(names: Iterable[str]) -> None:
    """Delete files from storage; "" is none."""
    for name in filter(None, names):
        default_storage.delete(name)


def strays(known: Callable[[list[str]], set[str]], older_than: float) -> Iterator[str]:
    """Yield the names of files in storage that `known` does not return and that were last written before `older_than` (epoch seconds)."""
    root = Path(default_storage.path(""))
    for folder in sorted((root / FOLDER).glob("*")):
        names = [path.relative_to(root).as_posix() for path in folder.iterdir() if path.stat().st_mtime < older_than]
        yield from sorted(set(names) - known(names))
