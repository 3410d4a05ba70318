"""Refusals. Everything the world does wrong ends in one of these: data for a socket or the API, words for a page, never a traceback."""

from math import ceil
from typing import Any, ClassVar


class ChatError(Exception):
    """A refusal with a code (DESIGN section 4) and words for the person; `extra` goes out beside them."""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extra = extra

    def payload(self) -> dict[str, Any]:
        """What a client is told: `{code, message, ...}`."""
        return {"code": self.code, "message": self.message, **self.extra}


class Invalid(ChatError):
    """The request does not have the form it should."""


class Forbidden(ChatError):
    """The person may not do this here."""

    code, status = "forbidden", 403


class NotFound(ChatError):
    """There is no such thing, or none that the person may know of: the two look alike on purpose."""

    code, status = "not_found", 404


class TooLong(ChatError):
    """A text is over its bound."""

    code, status = "too_long", 413


class RateLimited(ChatError):
    """Too much, too fast. `retry_after` is in seconds; rounded up, so that who waits as long is let through."""

    code, status = "rate_limited", 429

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, retry_after=ceil(retry_after * 100) / 100)


class Unavailable(ChatError):
    """The server could not do it just now, by a fault of its own. `retry_after` is in seconds; nothing was done, so asking again is safe."""

    code, status = "unavailable", 503

    def __init__(self) -> None:
        super().__init__("the server could not do this; it will be tried again", retry_after=1)


class Archived(ChatError):
    """The room is kept for reading only."""

    code, status = "archived", 409
