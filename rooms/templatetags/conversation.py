"""How a log is drawn on the server: grouping, days, faces. `static/js/core/grouping.js` and `page/message.js` answer the same in the browser."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import floor
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, get_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rooms.formatting import escaped
from rooms.models.attachment import IN_PLACE

register = template.Library()

PAUSE = timedelta(minutes=5)
HUES = 12
PICTURE = 400, 300  # CSS pixels: the most a picture takes in the log
NAMED = 20  # people named with one emoji


def grouped(messages: Iterable[dict[str, Any]], new_seq: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield `{message, first, day, new}` for each: whether it opens a group, the day that begins there, whether the line "New" stands above."""
    previous: dict[str, Any] | None = None
    before: datetime | None = None
    zone = timezone.get_current_timezone()  # a day begins where the site's clock says so
    for message in messages:
        at = moment(message["created_at"]).astimezone(zone)
        day = at if before is None or before.date() != at.date() else None
        new = message["seq"] == new_seq
        goes_on = previous and before and _continues(previous, message) and abs(at - before) < PAUSE
        yield {"message": message, "day": day, "new": new, "first": bool(day) or new or not goes_on}
        previous, before = message, at


def _continues(previous: dict[str, Any], message: dict[str, Any]) -> bool:
    if message["reply_to"] or previous.get("thread") != message.get("thread"):
        return False  # a root stands apart from its answers
    return bool(previous["author"]["id"] == message["author"]["id"])


@register.filter
def moment(timestamp: str) -> datetime:
    """The datetime of a payload's timestamp."""
    parsed = parse_datetime(timestamp)
    assert parsed is not None
    return parsed


@register.filter
def spoken(timestamp: str) -> str:
    """When that was, as small print says it: "Today, 16:08", "Yesterday, 16:08", "November 2"; of another year with the year."""
    at, today = timezone.localtime(moment(timestamp)), timezone.localdate()
    if (age := (today - at.date()).days) > 1:
        return date_format(at, "MONTH_DAY_FORMAT" if at.year == today.year else "DATE_FORMAT")
    day = _("Yesterday") if age == 1 else _("Today")
    return _("%(day)s, %(time)s") % {"day": day, "time": date_format(at, "H:i")}


@register.filter
def initials(name: str) -> str:
    """One or two letters for a face: "Ana Berg" is AB, "ana" is AN."""
    words = name.split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else name.strip()[:2]
    return letters.upper()


@register.filter
def face(user: dict[str, Any]) -> SafeString:
    """What stands in a face: the initials, and over them the picture where there is one (page/message.js draws the same)."""
    if picture := user.get("avatar"):
        return format_html('{}<img src="{}" alt="">', initials(user["name"]), picture)
    return conditional_escape(initials(user["name"]))


@register.filter
def hue(user: dict[str, Any]) -> int:
    """The colour of a face, 0 to 11."""
    return int(user["id"]) % HUES


@register.filter
def body_html(message: dict[str, Any]) -> SafeString:
    """What stands in the body, as safe HTML: a payload without `html` says no more than its escaped text."""
    return mark_safe(message.get("html") or escaped(message["body"]))  # rendered by `formatting`, or escaped just now


@register.filter
def is_mine(mark: dict[str, Any] | None, me: dict[str, Any] | None) -> bool:
    """Whether one of those who reacted so is oneself."""
    if mark is None or me is None:
        return False
    return me["id"] in mark.get("others", ()) or any(user["id"] == me["id"] for user in mark["users"])


@register.filter
def calls(message: dict[str, Any] | None, me: dict[str, Any] | None) -> bool:
    """Whether a message mentions oneself, by name or with everybody."""
    if me is None:
        return False
    mentions = message.get("mentions") if message and message["author"]["id"] != me["id"] else None
    return mentions is not None and (mentions["room"] or me["id"] in mentions["users"])


@register.filter
def news_in(message: dict[str, Any] | None, room: dict[str, Any] | None) -> dict[str, Any] | None:
    """What is new in the thread under a message of a room."""
    if not message or not room or not room["threads"]:
        return None
    return next((each for each in room["threads"] if each["seq"] == message["seq"]), None)


@register.filter
def news_in_threads(rooms: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How much is new in threads, `unread` and `mentions`; not of muted rooms (core/unread.js counts the same)."""
    threads = [each for room in rooms if room["involvement"] != "nothing" for each in room["threads"]]
    return {name: sum(each[name] for each in threads) for name in ("unread", "mentions")}


@register.filter
def lately(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who wrote last, three people at most, the latest first."""
    authors = {message["author"]["id"]: message["author"] for message in messages}
    latest = dict.fromkeys(message["author"]["id"] for message in reversed(list(messages)))
    return [authors[number] for number in latest][:3]


@register.filter
def who(mark: dict[str, Any] | None) -> str:
    """Who reacted so, by name; of a crowd the first twenty."""
    if not mark:
        return ""
    names = [user["name"] for user in mark["users"][:NAMED]]
    if others := mark["count"] - len(names):
        names.append(ngettext("%(count)s other", "%(count)s others", others) % {"count": others})
    return ", ".join(names)


@register.filter
def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


@register.filter
def kind(attachment: dict[str, Any]) -> str:
    """How a file is shown: as "image", "audio" or "video", or as a "file" to be saved."""
    main = str(attachment["content_type"]).partition("/")[0]
    return main if main in IN_PLACE else "file"


@register.filter
def fitted(attachment: dict[str, Any] | None) -> tuple[int, int]:
    """Width and height of a picture in the log, CSS pixels."""
    if not attachment:
        return PICTURE
    width, height = attachment["width"], attachment["height"]
    scale = min(1, PICTURE[0] / width, PICTURE[1] / height)
    return max(1, floor(width * scale + 0.5)), max(1, floor(height * scale + 0.5))


@register.filter
def size_words(attachment: dict[str, Any] | None) -> str:
    """How large a file is: 512 B, 34 kB, 1.2 MB."""
    if not attachment:
        return ""
    size = attachment["size"]
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{(size + 500) // 1000} kB"
    tenths = (size + 50_000) // 100_000
    return f"{tenths // 10}{get_format('DECIMAL_SEPARATOR')}{tenths % 10} MB"
