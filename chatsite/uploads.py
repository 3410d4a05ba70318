"""Files on their way in and out, past what Django does by default: in, bounded and only of people who are signed in; out, as they are.

A file is read to its end though it is too large (`size` tells), so that the answer reaches the browser; what is over the bound is not kept.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.middleware import gzip


class BoundedUpload(TemporaryFileUploadHandler):
    """Writes each file to `FILE_UPLOAD_TEMP_DIR`, at most `settings.MAX_FILE` bytes of it."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise SkipFile
        super().new_file(*args, **kwargs)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received <= settings.MAX_FILE:
            self.file.write(raw_data)
        time.sleep(0)  # a fast upload lets the others have their turn


class GZipMiddleware(gzip.GZipMiddleware):
    """Compresses pages. What is streamed are files: packed already, and asked for in ranges of their own bytes."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if response.streaming else super().process_response(request, response)


class CutOffMiddleware:
    """A request that was cut off on its way is nobody's fault: nothing is done, and there is nobody to tell."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return HttpResponse(status=400) if isinstance(error, UnreadablePostError) else None
