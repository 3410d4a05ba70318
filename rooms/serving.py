"""Sending a file to somebody who may have it: what plays is shown in place, everything else is saved; never is it a page of ours.

Ranges (RFC 9110 section 14) for players that seek: one range a request; of several the whole is sent, as the RFC allows.
"""

import re
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags, quote_etag

from rooms.models import Attachment

BLOCK = 65_536  # bytes read at a time
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# Where a browser shows a file by itself, it is a document of no origin that runs nothing.
SAFETY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=3600",
}


class Whole(FileResponse):
    """A file from its beginning to its end."""

    block_size = BLOCK


def respond(request: HttpRequest, attachment: Attachment, *, thumbnail: bool = False) -> HttpResponseBase:
    """Answer with the file, or the part of it that is asked for."""
    name = (attachment.thumbnail if thumbnail else attachment.file).name or ""
    content_type = "image/webp" if thumbnail else attachment.content_type
    etag = quote_etag(name.rpartition("/")[2])  # what is stored under a name never changes
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=304)
    elif settings.ACCEL_REDIRECT:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = settings.ACCEL_REDIRECT + name
    else:
        response = _bytes(request, name, content_type, etag)
    disposition = content_disposition_header(not attachment.plays_in_place, attachment.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["ETag"] = etag
    for header, value in SAFETY.items():
        response[header] = value
    return response


def _bytes(request: HttpRequest, name: str, content_type: str, etag: str) -> HttpResponseBase:
    size = default_storage.size(name)
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag or asked[0] == "bytes=-":
        response: HttpResponseBase = Whole(default_storage.open(name), content_type=content_type)
    else:
        first, last = _span(asked[1], asked[2], size)
        if first > last:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        file = default_storage.open(name)
        response = Whole(_Part(file, first, last + 1 - first), status=206, content_type=content_type)
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
        response["Content-Length"] = str(last + 1 - first)
    response["Accept-Ranges"] = "bytes"
    return response


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte asked for; the first is larger where there is no such part."""
    if not first:  # the last so many
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


class _Part:
    """So many bytes of a file from somewhere on, to be read like a file."""

    def __init__(self, file: IO[bytes] | Any, at: int, length: int) -> None:
        self._file, self._left = file, length
        file.seek(at)

    def read(self, size: int = BLOCK) -> bytes:
        """Return at most `size` of the bytes that are left."""
        data: bytes = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK), b"")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
