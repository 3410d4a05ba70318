"""What need not be drawn anew, drawn by its own template all the same: three quarters of a page's time went into what was as ever.

`{% unchanging %}` is what depends on the language only. A message is drawn once for all who see the same of it: the key is all that its template
reads. Rooms differ from person to person in their numbers only: one of each shape (has something unread, is archived, ...) is drawn with marks in
the places, and the marks are filled. Invariant: what comes out is what `{% include %}` would have made.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from html import escape
from typing import Any, Generic, TypeVar

import orjson
from django import template
from django.conf import settings
from django.template import Template
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from rooms.templatetags.conversation import calls, grouped, news_in

register = template.Library()

JSON = dict[str, Any]
K = TypeVar("K", bound=Hashable)
NOBODY: JSON = {"me": None, "room": None, "saved": ()}  # what the empty template of a message asks for
MESSAGES, SHAPES = 1_000, 500  # kept: some 4 kB and 1 kB each


class Drawn(Generic[K]):
    """What was drawn last, at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._drawn: OrderedDict[K, str] = OrderedDict()

    def get(self, key: K, draw: Callable[[], str]) -> str:
        """What was drawn for `key`, or what `draw` makes of it now."""
        found = self._drawn.get(key)
        if found is None:
            found = self._drawn[key] = draw()
            if len(self._drawn) > self._most:
                self._drawn.popitem(last=False)
        else:
            self._drawn.move_to_end(key)
        return found


_messages: Drawn[tuple[Hashable, ...]] = Drawn(MESSAGES)
_shapes: Drawn[tuple[Hashable, ...]] = Drawn(SHAPES)


class Log:
    """What draws the messages of a log: what they have in common is looked up once."""

    def __init__(self, context: Context) -> None:
        """`context`: me, room, saved, as `rooms/_message.html` has them."""
        self._context = context
        self._me, self._room, self._saved = context["me"], context["room"], context.get("saved") or ()
        self._used = _template("rooms/_message.html")
        # The template itself is part of the key: it is another one when its file has changed.
        self._key = self._used, get_language(), get_current_timezone_name(), self._room["slug"]

    def draw(self, message: JSON, first: bool, root_seq: int | None = None) -> SafeString:
        """`rooms/_message.html`."""
        seq = message["seq"]
        root_seq = root_seq if root_seq == seq else None
        is_saved = seq in self._saved
        is_mine = message["author"]["id"] == self._me["id"]
        reader = self._me["id"] if "reactions" in message else "mentions" in message and calls(message, self._me)
        told = orjson.dumps([message, news_in(message, self._room)])
        own = {"message": message, "first": first, "root_seq": root_seq, "saved": (seq,) if is_saved else ()}
        key = (*self._key, told, first, root_seq, is_saved, is_mine, reader)
        return mark_safe(_messages.get(key, partial(self._drawn, own)))  # by its template

    def _drawn(self, own: JSON) -> str:
        drawn: str = self._used.render(self._context.new({**own, "me": self._me, "room": self._room}))
        return drawn


@register.simple_tag(takes_context=True)
def draw_log(
    context: Context, messages: Iterable[JSON], new_seq: int | None, root_seq: int | None = None
) -> SafeString:
    """The messages of a log, and the lines between: where a day begins (`rooms/_day.html`), above the first unread one (`rooms/_new.html`).

    Context: me, room, saved, as `rooms/_message.html` has them.
    """
    log, drawn = Log(context), []
    for item in grouped(messages, new_seq):
        if item["day"]:
            drawn.append(_template("rooms/_day.html").render(context.new({"day": item["day"]})))
        if item["new"]:
            drawn.append(_template("rooms/_new.html").render(context.new()))
        drawn.append(log.draw(item["message"], item["first"], root_seq))
    return mark_safe("\n".join(drawn))  # by their templates


@register.filter
def json_data(value: Any, element_id: str) -> SafeString:
    """Django's `json_script`, by an encoder ten times as fast: lists of rooms and logs are long."""
    text = orjson.dumps(value).decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04X}")
    return format_html(
        '<script id="{}" type="application/json">{}</script>', element_id, mark_safe(text)
    )  # escaped just now


@register.simple_tag
def draw_rooms(rooms: Iterable[JSON], current: str) -> SafeString:
    """`rooms/_room_item.html` for each."""
    used, language = _template("rooms/_room_item.html"), get_language()
    shapes: dict[tuple[Hashable, ...], str] = {}  # of this list: most rooms are alike
    drawn = []
    for room in rooms:
        slug, unread, mentions = room["slug"], room["unread"], room["mentions"]
        shape = (unread > 0, mentions > 0, room["archived"], room["involvement"], room["kind"], slug == current)
        filled = shapes.get(shape)
        if filled is None:
            filled = shapes[shape] = _shapes.get((used, language, shape), partial(_room_shape, used, *shape))
        drawn.append(filled % {"slug": slug, "name": escape(room["name"]), "unread": unread, "mentions": mentions})
    return mark_safe("".join(drawn))  # slugs and numbers are plain, names are escaped


def _room_shape(
    used: Template, unread: bool, mentions: bool, archived: bool, involvement: str, kind: str, is_current: bool
) -> str:
    """A room of the list, as a text to be filled by `%`."""
    marks = {name: f"mark-of-{name}" for name in ("slug", "name", "unread", "mentions")}
    item = {
        **marks, "unread": marks["unread"] if unread else 0, "mentions": marks["mentions"] if mentions else 0,
        "archived": archived, "involvement": involvement, "kind": kind,
    }  # fmt: skip
    drawn = used.render(Context({"item": item, "current": marks["slug"] if is_current else None})).replace("%", "%%")
    for name, mark in marks.items():
        drawn = drawn.replace(mark, f"%({name})s")
    return drawn


@register.tag
def unchanging(parser: Parser, token: Token) -> Node:
    """`{% unchanging %}...{% endunchanging %}`: drawn once a language, for nobody and in no room."""
    nodes = parser.parse(("endunchanging",))
    parser.delete_first_token()
    return Unchanging(nodes)


class Unchanging(Node):
    """Keeps what its nodes made, by language; not while one develops."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._drawn: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        if language not in self._drawn or settings.DEBUG:
            empty = Context(NOBODY)
            assert context.template
            with empty.render_context.push_state(context.template), empty.bind_template(context.template):
                self._drawn[language] = self.nodelist.render(empty)
        return self._drawn[language]


def _template(name: str) -> Template:
    used: Template = get_template(name).template  # type: ignore[attr-defined]
    return used
