"""How a log is drawn on the server: grouping, days, faces. `static/js/core/grouping.js` and `page/message.js` answer the same in the browser."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe

from rooms.formatting import escaped

register = template.Library()

PAUSE = timedelta(minutes=5)
HUES = 12


@register.filter
def grouped(messages: Iterable[dict[str, Any]], new_seq: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield `{message, first, day, new}` for each: whether it opens a group, the day that begins there, whether the line "New" stands above."""
    previous: dict[str, Any] | None = None
    for message in messages:
        at = moment(message["created_at"])
        day = at if previous is None or moment(previous["created_at"]).date() != at.date() else None
        new = message["seq"] == new_seq
        yield {
            "message": message,
            "day": day,
            "new": new,
            "first": bool(day) or new or not _continues(previous, message),
        }
        previous = message


def _continues(previous: dict[str, Any] | None, message: dict[str, Any]) -> bool:
    if previous is None or message["reply_to"]:
        return False
    pause = abs(moment(message["created_at"]) - moment(previous["created_at"]))
    return previous["author"]["id"] == message["author"]["id"] and pause < PAUSE


@register.filter
def moment(timestamp: str) -> datetime:
    """The datetime of a payload's timestamp."""
    parsed = parse_datetime(timestamp)
    assert parsed is not None
    return parsed


@register.filter
def initials(name: str) -> str:
    """One or two letters for a face: "Ana Berg" is AB, "ana" is AN."""
    words = name.split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else name.strip()[:2]
    return letters.upper()


@register.filter
def hue(user: dict[str, Any]) -> int:
    """The colour of a face, 0 to 11."""
    return int(user["id"]) % HUES


@register.filter
def body_html(message: dict[str, Any]) -> SafeString:
    """What stands in the body, as safe HTML: a payload without `html` says no more than its escaped text."""
    return mark_safe(message.get("html") or escaped(message["body"]))  # rendered by `formatting`, or escaped just now


@register.filter
def is_mine(mark: dict[str, Any] | None, me: dict[str, Any]) -> bool:
    """Whether one of those who reacted so is oneself."""
    return mark is not None and any(user["id"] == me["id"] for user in mark["users"])


@register.filter
def who(mark: dict[str, Any] | None) -> str:
    """Who reacted so, by name."""
    return ", ".join(user["name"] for user in mark["users"]) if mark else ""


@register.filter
def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()
