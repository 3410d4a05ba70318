"""The log: a line for what the world does wrong, a traceback only for what we do wrong; as text, or (LOG_FORMAT=json) an object a line.

Each object names the request or the socket that it is about: `trace` holds that for the greenlet at hand, and for the job that it is at; a record
of what came in another's greenlet brings its own, as `extra`.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

REQUEST_ID = re.compile(r"[\w.-]{1,64}")
CONTROLS = {n: f"\\x{n:02x}" for n in (*range(32), *range(127, 160)) if chr(n) not in "\t\n"}
trace: ContextVar[dict[str, str] | None] = ContextVar("trace", default=None)


class OneLine(logging.Filter):
    """Takes the traceback from a record: a request with a foreign Host, or too large, is no fault of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


class Line(logging.Formatter):
    """A line of text. What somebody sent us (an address, a header) is shown, and does nothing to the terminal of who reads it."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(CONTROLS)


class JsonLines(logging.Formatter):
    """An object a line: time, level, logger, message, process, what it is about, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **(getattr(record, "trace", None) or trace.get() or {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(told, default=str).decode()


def traced_requests(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that knows each request by the id that the proxy gave it (X-Request-ID), or one of its own, and tells it in its answer."""

    def traced(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        name = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        trace.set({"request": name})

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("X-Request-ID", name)], *more)

        return application(environ, start)

    return traced


def traced_events(handler: Callable[..., Any], *named: str) -> Callable[..., Any]:
    """A handler of all events of Socket.IO, or of the one that is named, that knows whose it is at."""

    def traced(*arguments: Any) -> Any:
        event, sid = [*named, *arguments][:2]
        trace.set({"socket": sid, "event": event})
        return handler(*arguments)

    return traced


def traced_job(after: Callable[[], Any] | None) -> Callable[[], Any]:
    """What is to be done after each job of a worker: the next is about another."""

    def done() -> None:
        trace.set(None)
        if after:
            after()

    return done
