"""The archive of a site: one compressed tar. First what it is of (`manifest.json`), last what it adds up to (`SHA256SUMS`, as sha256sum has it).

Invariants: under its name there is a whole archive or none, and only its owner reads it. What comes out of one is believed in nothing: names of ours
only, plain files only, each once, each with its sum; anything else, and nothing of it is used.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

FORMAT = 1
MANIFEST, SUMS, DATABASE, KEY = "manifest.json", "SHA256SUMS", ("database.sqlite3", "database.dump"), "secret_key"
MEDIA = re.compile(r"media(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){1,4}")
MOST_SAID = 10_000  # bytes that a member says of itself beyond its header: none of ours has a long name
MOST_TOLD = 100_000_000  # bytes of the manifest or the sums: a line is some hundred
SPARE = 50_000_000  # bytes that are left free on the disk
BLOCK = 1 << 20
PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)

Manifest = dict[str, Any]


class Refused(Exception):
    """Not an archive of ours, or not whole; the message says why."""


class Member(tarfile.TarInfo):
    """One of an archive that may be anybody's: what it says of itself is read into memory, and a gigabyte of that compresses to a megabyte.

    So there is a bound to it; what is said of all files, which adds up, and maps of sparse files, which end where they say, are in none of ours.
    """

    @classmethod
    def frombuf(cls, *args: Any, **named: Any) -> "Member":
        found = super().frombuf(*args, **named)
        if found.type == tarfile.XGLTYPE:
            raise tarfile.ReadError("something is said of all files")
        if found.type == tarfile.GNUTYPE_SPARSE:
            cls._refuse_sparse()
        if found.type not in PLAIN and found.size > MOST_SAID:
            raise tarfile.ReadError(f"{found.size:,} bytes about one file")
        return found

    @staticmethod
    def _refuse_sparse(*_: Any) -> NoReturn:
        raise tarfile.ReadError("a sparse file")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = (
        _refuse_sparse  # tarfile's, for those that a PAX header tells of
    )


class Writer:
    """An archive that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: dict[str, str] = {}

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        """Put `size` bytes of `file` into it. Raises OSError if there are fewer."""
        summing = _Summing(file)
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, summing)
        self._sums[name] = summing.sum.hexdigest()

    def add_path(self, name: str, path: Path) -> None:
        """The same of a file. Raises FileNotFoundError if it is gone."""
        with path.open("rb") as file:
            self.add(name, file, os.fstat(file.fileno()).st_size)

    def add_text(self, name: str, text: str) -> None:
        """The same of a text."""
        data = text.encode()
        self.add(name, io.BytesIO(data), len(data))

    def seal(self) -> None:
        """Say what it all adds up to: the last thing in it."""
        self.add_text(SUMS, "".join(f"{digest}  {name}\n" for name, digest in self._sums.items()))


class _Summing:
    """A file that is summed up as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


@contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[Writer]:
    """Write an archive that stands at `path` once the block has ended well, and not at all otherwise. Raises FileExistsError."""
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6, format=tarfile.PAX_FORMAT) as tar:
                writer = Writer(tar)
                writer.add_text(MANIFEST, json.dumps({"format": FORMAT, **manifest}, indent=1))
                yield writer
                writer.seal()
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """A new name outlives a loss of power once its folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def extract(path: Path, folder: Path) -> Manifest:
    """Put what is in the archive into an empty folder; return the manifest. Raises Refused, and OSError of the disk's own."""
    try:
        with tarfile.open(path, "r|gz", tarinfo=Member) as tar:
            return _extract(tar, folder)
    except (
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        ValueError,
        RecursionError,
    ) as error:  # of headers: no numbers; one upon another
        raise Refused(f"it is damaged, or no archive at all ({error})") from None


def _extract(tar: tarfile.TarFile, folder: Path) -> Manifest:
    manifest: Manifest | None = None
    sums: dict[str, str] = {}
    told: dict[str, str] | None = None
    for member in tar:
        tar.members = []  # type: ignore[attr-defined]  # it would keep them all
        if told is not None:
            raise Refused(f"{member.name!r} comes after its end")
        if member.type not in PLAIN or member.sparse is not None or member.size < 0:
            raise Refused(f"{member.name!r} is no plain file")
        if member.name in sums:
            raise Refused(f"{member.name!r} is in it twice")
        content = tar.extractfile(member)
        assert content is not None
        if member.name == SUMS:
            told = _sums(_text(member, content))
        elif member.name == MANIFEST:
            text = _text(member, content)
            manifest, sums[MANIFEST] = _manifest(text), hashlib.sha256(text.encode()).hexdigest()
        elif manifest is None:
            raise Refused("it does not begin with a manifest")
        elif member.name in (*DATABASE, KEY) or MEDIA.fullmatch(member.name):
            mode = 0o644 if member.name.startswith("media/") else 0o600  # those nginx may send
            sums[member.name] = _write(content, member.size, folder / member.name, mode)
        else:
            raise Refused(f"{member.name!r} does not belong into it")
    if manifest is None or told is None:
        raise Refused("its end is missing")
    if wrong := sorted(name for name in sums.keys() | told.keys() if sums.get(name) != told.get(name)):
        raise Refused(f"{wrong[0]!r} is not what was put into it")
    return manifest


def _text(member: tarfile.TarInfo, content: IO[bytes]) -> str:
    if member.size > MOST_TOLD:
        raise Refused(f"{member.name} is too large")
    try:
        return content.read().decode()
    except UnicodeDecodeError:
        raise Refused(f"{member.name} is no text") from None


def _manifest(text: str) -> Manifest:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("its manifest is not JSON") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Refused("its format is not known here; it may be of a newer Chatsite")
    return told


def _sums(text: str) -> dict[str, str]:
    lines = [line.partition("  ") for line in text.splitlines()]
    return {name: digest for digest, _, name in lines}


def _write(content: IO[bytes], size: int, path: Path, mode: int) -> str:
    """Write a file that is not there yet; return its sum."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Refused(f"{path.parent.name!r} is a file and a folder in it") from None
    if path.exists():
        raise Refused(f"{path.name!r} is in it twice")
    if size > shutil.disk_usage(path.parent).free - SPARE:
        raise Refused(f"there is no room for it: {path.name} has {size:,} bytes")
    total = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
        while block := content.read(BLOCK):
            total.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return total.hexdigest()
