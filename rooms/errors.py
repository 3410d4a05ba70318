"""Refusals. Everything the world does wrong ends in one of these: data for a socket or the API, words for a page, never a traceback.

Invariant: the words wait to be said (`gettext_lazy`, `phrase`) until `payload` or `sentence` is asked for, in the language that is active
there: the writer refuses many people's messages in one go.
"""

from datetime import UTC, datetime
from math import ceil
from typing import Any, ClassVar

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise, lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


class ChatError(Exception):
    """A refusal with a code (DESIGN section 4) and words for the person; `extra` goes out beside them: the `field` that is wrong, where it is one."""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400

    def __init__(self, words: str | Promise, **extra: Any) -> None:
        super().__init__(words)
        self._words = words
        self.extra = extra

    @property
    def message(self) -> str:
        """What it says to a client: `field: words`."""
        field = self.extra.get("field")
        return f"{field}: {self._words}" if field else str(self._words)

    def __str__(self) -> str:
        return self.message

    @property
    def sentence(self) -> str:
        """What it says on a page."""
        return f"{capfirst(str(self._words))}."

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

    def __init__(self, words: str | Promise, *, retry_after: float) -> None:
        super().__init__(words, retry_after=ceil(retry_after * 100) / 100)


class Unavailable(ChatError):
    """The server could not do it just now, by a fault of its own. `retry_after` is in seconds; nothing was done, so asking again is safe."""

    code, status = "unavailable", 503

    def __init__(self) -> None:
        super().__init__(_("the server could not do this; it will be tried again"), retry_after=1)


class Archived(ChatError):
    """The room is kept for reading only."""

    code, status = "archived", 409


class Muted(ChatError):
    """The person may read here, and say nothing, until a moment."""

    code, status = "muted", 403

    def __init__(self, until: datetime, reason: str) -> None:
        words = phrase(_("you are muted here until %(until)s"), until=until)
        super().__init__(because(words, reason), field="room", until=stamp(until))


class Banned(ChatError):
    """The person may not come in, until a moment; None: until somebody lets them."""

    code, status = "banned", 403

    def __init__(self, until: datetime | None, reason: str) -> None:
        words = phrase(_("you are banned from this room until %(until)s"), until=until) if until else NO_END
        super().__init__(because(words, reason), field="room", until=stamp(until))


class TooSoon(ChatError):
    """The room goes slowly. `retry_after` as for RateLimited; other rooms have nothing to do with it."""

    code, status = "slow_mode", 429

    def __init__(self, *, every: int, retry_after: float) -> None:
        words = phrase(_("slow mode: one message every %(every)s seconds"), every=every)
        super().__init__(words, retry_after=ceil(retry_after * 100) / 100)


NO_END = _("you are banned from this room")


def because(words: str | Promise, reason: str) -> str | Promise:
    """Words with the reason that somebody gave, if they did."""
    return phrase(_("%(refusal)s (%(reason)s)"), refusal=words, reason=reason) if reason else words


def stamp(moment: datetime | None) -> str | None:
    """As payloads write moments."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def phrase(words: str | Promise, **values: int | str | Promise | datetime) -> Promise | str:
    """Words with `%(name)s` in them, filled in when they are said; numbers and moments (in UTC) as the language then writes them."""

    def say() -> str:
        return str(words) % {name: _spelt(value) for name, value in values.items()}

    return lazy(say, str)()


def _spelt(value: int | str | Promise | datetime) -> str | Promise:
    if isinstance(value, datetime):
        return f"{date_format(value.astimezone(UTC), 'DATETIME_FORMAT')} UTC"
    return number_format(value, force_grouping=True) if isinstance(value, int) else value
