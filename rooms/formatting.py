"""From what was typed to what is shown: Markdown with HTML off, then a sanitizer. Rendered once, when a message is written.

Invariant: what `render` returns is safe to insert in a page, whatever the body. Two independent guards see to it: markdown-it never passes HTML on,
and nh3 keeps only the tags and attributes named here.
"""

import re
from html import escape

import nh3
from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}).enable(
    ["linkify", "table", "strikethrough"]
)
# Whatever could be markup, a link (a dot or a colon) or an entity; text without any of it takes the short way.
_MARKUP = re.compile(r"[*_`~#>\[\]!<&|\\\-+=:.@\n\t]|^\s|\d[.)]")

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
    """Return `body` (Markdown) as safe HTML."""
    if not _MARKUP.search(body):
        return escaped(body)
    return nh3.clean(
        _markdown.render(body).strip(),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
