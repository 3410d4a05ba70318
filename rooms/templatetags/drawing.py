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

from rooms.templatetags.conversation import calls, news_in

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


@register.simple_tag(takes_context=True)
def draw_message(context: Context, message: JSON, first: bool, root_seq: int | None = None) -> SafeString:
    """`rooms/_message.html`. Context: me, room, saved, as it has them."""
    me, room, saved = context["me"], context["room"], context.get("saved") or ()
    seq = message["seq"]
    root_seq = root_seq if root_seq == seq else None
    is_saved = seq in saved
    reader = me["id"] if "reactions" in message else "mentions" in message and calls(message, me)
    kept = context.render_context  # of this template: what is the same for all messages of a log
    if "of_log" not in kept:
        # The template itself is part of the key: it is another one when its file has changed.
        kept["of_log"] = _template("rooms/_message.html"), get_language(), get_current_timezone_name(), room["slug"]
    of_log = kept["of_log"]

    def draw() -> str:
        own = {"message": message, "first": first, "root_seq": root_seq, "me": me, "room": room}
        drawn: str = of_log[0].render(context.new({**own, "saved": (seq,) if is_saved else ()}))
        return drawn

    told = orjson.dumps([message, news_in(message, room)])
    return mark_safe(_messages.get((*of_log, told, first, root_seq, is_saved, reader), draw))  # by its template


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
