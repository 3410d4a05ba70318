"""From what was typed to what is shown: Markdown with HTML off, then a sanitizer. Rendered once, when a message is written.

Invariant: what `render` returns is safe to insert in a page, whatever the body. Two independent guards see to it: markdown-it never passes HTML on,
and nh3 keeps only the tags and attributes named here. Most messages are plain words: they are told by one regular expression, take none of the 50 µs
and more that Markdown takes, and have no HTML of their own: neither stored nor sent, `escaped(body)` is what they look like.
"""

import re
from html import escape

import nh3
from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}).enable(
    ["linkify", "table", "strikethrough"]
)
# Whatever could be markup, an entity, a link (a dot or slashes before a letter, an @) or a blank that HTML shows otherwise. Marks of blocks
# (a list, a heading, a quotation) are such only where a line begins. Text without any of it looks as `escaped` has it: held by a test.
_MARKUP = re.compile(r"[*_`~\[\]|\\@\x00-\x1f\x7f-\xa0]|^[\s#>+=-]|^\d+[.)]|<[a-zA-Z]|&[#\w]|\.\w|//|:\w")

TAGS = {
    "p", "br", "em", "strong", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}


def escaped(body: str) -> str:
    """Return `body` as one paragraph of plain text."""
    return f"<p>{escape(body)}</p>"


def render(body: str) -> str:
    """Return `body` (Markdown) as safe HTML; nothing where that says no more than `escaped(body)`."""
    return full(body) if _MARKUP.search(body) else ""


def full(body: str) -> str:
    """Return `body` (Markdown) as safe HTML, the long way."""
    return nh3.clean(
        _markdown.render(body).strip(),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={
            "a": {"target": "_blank"},
            "table": {"tabindex": "0"},  # a wide one scrolls, also by keyboard
        },
    )
