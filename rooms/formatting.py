"""From what was typed to what is shown: Markdown as on GitHub with HTML off, then a sanitizer. Rendered once, when a message is written.

Invariant: what `render` returns is safe to insert in a page, whatever the body. Two independent guards see to it: markdown-it never passes HTML on,
and nh3 keeps only the tags and attributes named here. Most messages are plain words: they are told by one regular expression, take none of the 50 µs
and more that Markdown takes, and have no HTML of their own: neither stored nor sent, `escaped(body)` is what they look like. Long markup takes up to
75 ms: in a thread, one text after the other, so that everybody else has their turns meanwhile.
"""

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any, NamedTuple

import nh3
from emoji import emoji_count, purely_emoji
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.tasklists import tasklists_plugin

from chatsite import offload
from rooms import references
from rooms.highlighting import CLASSES, MOST, highlighted
from rooms.references import Mentioned, Names

# Characters: markup in so many takes 2 ms at most (measured), and dozens of messages are rendered in one turn.
LONG = 250
MOST_LARGE = 12  # emoji alone are large, so many of them
# A bare name is a link where it ends so. The countries are few: README.md, main.py and run.sh are files first.
DOMAINS = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "museum", "coop", "aero", "eu", "de", "fr", "nl", "it", "es", "pt", "at",
    "ch", "be", "dk", "se", "no", "fi", "uk", "ie", "us", "ca", "au", "nz", "jp", "cn", "in", "br", "mx", "ar", "za", "co", "me", "tv", "gg", "io",
    "dev", "app", "ai", "xyz", "cloud", "tech", "site", "online", "blog", "chat", "рф",
]  # fmt: skip
# Whatever could be markup, an entity, a link (a dot or slashes before a letter, an @, a # before one) or a blank that HTML shows otherwise. Marks
# of blocks (a list, a heading, a quotation) are such only where a line begins. Text without any of it looks as `escaped` has it: held by a test.
# Three expressions that each begin with a set of characters: half of what one with alternatives takes (measured).
_SIGN = re.compile(r"[*_`~\[\]|\\@\x00-\x1f\x7f-\xa0]")
_PAIR = re.compile(r"[.:/<&#](?:(?<=[.:])\w|(?<=/)/|(?<=[<#])[a-zA-Z]|(?<=&)[#\w])")
_MARK = re.compile(r"[\s#>+=-]|\d+[.)]")
# The little markup of every day: bold words and code between plain ones.
_SPAN = re.compile(
    r"(?<![^\s(])(?:\*\*(\w|\w[^*`]*\w)\*\*|`([^\s`]|[^\s`][^\x00-\x1f\x7f-\xa0`]*[^\s`])`)(?![^\s.,;:!?)])"
)
# Of what emoji are made, and blanks between them; whether they are any, is asked then.
_PICTURES = re.compile(
    r"[\s\d#*\xa9\xae\u200d\u203c-\u21ff\u2300-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]{1,200}"
)
# One line that begins with a letter is a paragraph: it needs no look for blocks.
_LINE = re.compile(r"[^\W\d_][^\r\n]*")
# Something to be seen: a word outside of tags, or a line or a box.
_VISIBLE = re.compile(r"(?:^|>)(?:\s|&nbsp;)*(?!&nbsp;)[^<\s]|<hr|<input")
_PROSE = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"}

TAGS = {
    "p", "br", "em", "strong", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "table", "thead", "tbody", "tr", "th", "td", "span", "label", "input",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "ol": {"start"},
    "input": {"disabled", "checked"},
    "span": {"data-user", "data-room"},
}
VALUES = {
    **{tag: {"dir": {"auto"}} for tag in _PROSE},
    "input": {"type": {"checkbox"}},
    "span": {"class": {name for _, name in CLASSES} | references.CLASSES},
    "li": {"class": {"task-list-item"}},
    **{tag: {"align": {"left", "center", "right"}} for tag in ("th", "td")},
}
SCHEMES = {"http", "https", "mailto"}
_clean = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    tag_attribute_values=VALUES,
    url_schemes=SCHEMES,
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={
        "a": {"target": "_blank"},
        "table": {"tabindex": "0"},  # a wide one scrolls, also by keyboard
    },
).clean  # made once: a quarter of what `nh3.clean` takes (measured)


def _fence(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A block of code, coloured while the message has not had its share."""
    token = tokens[idx]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    env["coloured"] = env.get("coloured", 0) + len(token.content)
    code = highlighted(token.content, language) if language and env["coloured"] <= MOST else escape(token.content)
    kind = f' class="language-{escape(language)}"' if language else ""
    return f"<pre><code{kind}>{code}</code></pre>\n"


def _image(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A picture from elsewhere is a link to it: to fetch it would tell its owner who reads the message, and when. Within a link it is its words."""
    token = tokens[idx]
    address = str(token.attrGet("src") or "")
    words = escape(self.renderInlineAsText(token.children, options, env).strip() or address)
    is_linked = sum({"link_open": 1, "link_close": -1}.get(before.type, 0) for before in tokens[:idx]) > 0
    return words if is_linked or address.startswith("data:") else f'<a href="{escape(address)}">{words}</a>'


def _make() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    made.enable(["linkify", "table", "strikethrough"]).use(tasklists_plugin, label=True)
    made.add_render_rule("fence", _fence)
    made.add_render_rule("image", _image)
    assert made.linkify is not None
    made.linkify.tlds(DOMAINS)
    references.plugin(made)
    return made


_markdown = _make()
# To look for links takes the square of how many there might be: 10,000 brackets, 0.2 s; so does a list of boxes. Nobody means so many.
MOST_LINKS = 200
_without_links = _make().disable(["linkify", "link", "image", "github-tasklists"])
# Each row of a table is filled up to the width of its head: 10,000 characters make 65,000 cells, in 1 s, which are 700 kB to everybody in the room.
MOST_CELLS = 2_000
_without_tables = _make().disable(["linkify", "link", "image", "github-tasklists", "table"])
# The line under the head, which says how many columns there are; perhaps in a quotation.
_RULE = re.compile(r"[\s>]*[-:|][-:|\s]*")


def _parser_of(body: str) -> MarkdownIt:
    if _most_cells(body) > MOST_CELLS:
        return _without_tables
    return _markdown if body.count("[") + body.count("//") <= MOST_LINKS else _without_links


def _most_cells(body: str) -> int:
    """How many cells its tables have, at most. Lines and blanks are Markdown's, not Python's, which has more of them."""
    cells = columns = 0
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n") if "|" in body else ():
        if not line.strip(" \t"):
            columns = 0
        elif _RULE.fullmatch(line):
            columns = max(columns, line.count("|") + 1)
        cells += columns
    return cells


def escaped(body: str) -> str:
    """Return `body` as one paragraph of plain text."""
    return f"<p>{escape(body)}</p>"


class Rendered(NamedTuple):
    """HTML as `render` returns it, and who is mentioned in it; None: nobody."""

    html: str
    mentioned: Mentioned | None = None


PLAIN = Rendered("")


def render(body: str) -> str:
    """Return `body` (Markdown) as safe HTML; nothing where that says no more than `escaped(body)`."""
    return refer(body, None).html


def refer(body: str, names: Names | None) -> Rendered:
    """The same, with what @ and # stand for in it."""
    if body[-1:] > "~" and _is_large(body):
        return Rendered(f'<p class="large">{"<br>".join(body.splitlines())}</p>')
    if is_plain(body):
        return PLAIN
    if easy := _easily(body):
        return Rendered(easy)
    return _whole(body, names) if len(body) <= LONG else offload.run_alone(_whole, body, names)


def _whole(body: str, names: Names | None) -> Rendered:
    if names is None:
        return _unless_plain(full(body), body)
    mentioned = Mentioned()
    html = references.linked(full(body, {"names": names, "mentioned": mentioned}), names)
    return Rendered(html, mentioned) if mentioned.count else _unless_plain(html, body)


def _unless_plain(html: str, body: str) -> Rendered:
    """What might have been markup, and was none (1.5, snake_case, #7), is plain, too."""
    said = escape(body, quote=False).replace("\xa0", "&nbsp;")  # as nh3 writes it
    return PLAIN if html == f"<p>{said}</p>" else Rendered(html)


def is_long(body: str) -> bool:
    """Whether to render it takes longer than a turn."""
    return len(body) > LONG and not is_plain(body)


def is_plain(body: str) -> bool:
    """Whether there is no markup in one line of text, for sure."""
    return not (_SIGN.search(body) or _PAIR.search(body) or _MARK.match(body))


def _easily(body: str) -> str:
    """Return what `full` does where the markup is whole spans of bold and code in one line; "" where it takes more. A tenth of the time."""
    if not _LINE.fullmatch(body) or not is_plain(_SPAN.sub("x", body)):
        return ""
    shown, at = "", 0
    for span in _SPAN.finditer(body):
        strong, code = span.groups()
        if strong and not is_plain(strong):
            return ""
        marked = (
            f"<strong>{escape(strong, quote=False)}</strong>" if strong else f"<code>{escape(code, quote=False)}</code>"
        )
        shown += escape(body[at : span.start()], quote=False) + marked
        at = span.end()
    return f"<p>{shown}{escape(body[at:], quote=False)}</p>"


def full(body: str, env: MutableMapping[str, Any] | None = None) -> str:
    """Return `body` (Markdown) as safe HTML, the long way; nothing where that would show nothing. `env` is for the rules of `references`."""
    is_line = _LINE.fullmatch(body)
    html = _clean(f"<p>{_parser_of(body).renderInline(body, env)}</p>") if is_line else by_blocks(body, env)
    return html if _VISIBLE.search(html) else ""


def by_blocks(body: str, env: MutableMapping[str, Any] | None = None) -> str:
    """Return what `full` does; the way of bodies that may be more than one paragraph."""
    parser, env = _parser_of(body), {} if env is None else env
    tokens = parser.parse(body, env)
    _direct(tokens)
    _align(tokens)
    return _clean(parser.renderer.render(tokens, parser.options, env)).strip()


def _is_large(body: str) -> bool:
    """Whether it is a few emoji and nothing else."""
    if not _PICTURES.fullmatch(body):
        return False
    signs = "".join(body.split())
    return purely_emoji(signs) and emoji_count(signs) <= MOST_LARGE


def _direct(tokens: Sequence[Token]) -> None:
    """Each block runs the way its own words do. The only one has it from what it stands in."""
    outer = [token for token in tokens if token.level == 0 and token.nesting >= 0]
    if len(outer) > 1:
        for token in outer:
            if token.tag in _PROSE:
                token.attrs["dir"] = "auto"


def _align(tokens: Sequence[Token]) -> None:
    """The columns of a table stand as asked for: by an attribute, as a page of ours has no styles of its own."""
    for token in tokens:
        if side := token.attrs.pop("style", None):
            token.attrs["align"] = str(side).removeprefix("text-align:")
