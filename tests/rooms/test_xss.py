"""Whatever is typed, what is inserted in a page is harmless: no script, no handler, no address but http, https and mailto, no unclosed tag."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms import formatting

ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)", "![x](https://example.com/x.png)", "![x](javascript:alert(1))",
    "<javascript:alert(1)>", "<a href='javascript:alert(1)'>x</a>", "[x]: javascript:alert(1)\n\n[x]", "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```", "```\" onmouseover=\"alert(1)\n```", '[x](https://a.b "\\" onmouseover=\\"alert(1)")',
    "<style>*{display:none}</style>", "<form action=//evil><input>", "<math><mtext></p><script>alert(1)</script>", "</p></div></article>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "<<script>script>alert(1)<</script>/script>", "<!--<img src='--><img src=x onerror=alert(1)>",
    "[x](//evil.example)", "[x](\\\\evil)", "http://x.example/\"onmouseover=alert(1)", "<base href=//evil>", "<template><script>1</script>",
    "```js\nlet x = '</span></code><script>alert(1)</script>'\n```", "```html\n<img src=x onerror=alert(1)>\n```", "- [x] <b>x</b>",
    "a\u2028<script>alert(1)</script>", "<scr\0ipt>alert(1)</script>", "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
]  # fmt: skip
pieces = st.lists(
    st.sampled_from(
        [*ATTACKS, *"<>\"'`&;:/()[]!*_~#-=|\\ \n\tab", "javascript:", "data:", "on", "href=", "&#x", "\u0000"]
    )
    | st.text(max_size=4),
    max_size=12,
).map("".join)
VOID = {"br", "hr", "input"}
OURS = {"a": {"target", "rel"}, "table": {"tabindex"}, "p": {"class"}}  # what is put there whatever was typed


class Reader(HTMLParser):
    """Reads HTML as strictly as we promise it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in formatting.TAGS, tag
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            values = formatting.VALUES.get(tag, {})
            allowed = formatting.ATTRIBUTES.get(tag, set()) | OURS.get(tag, set()) | values.keys()
            assert name in allowed, (tag, name)
            assert name not in values or value in values[name] or (tag, value) == ("p", "large"), (tag, name, value)
            if name == "href":
                scheme = (value or "").strip().split(":")[0].lower() if ":" in (value or "") else ""
                assert scheme in {*formatting.SCHEMES, ""}, value
        if tag == "a":
            assert dict(attrs)["rel"] == "noopener noreferrer nofollow" and dict(attrs)["target"] == "_blank"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("a processing instruction")


def check(body: str) -> None:
    """Read what a page is given for `body`."""
    reader = Reader()
    reader.feed(formatting.render(body) or formatting.escaped(body))
    reader.close()
    assert reader.open == []


@pytest.mark.parametrize("body", ATTACKS)
def test_an_attack_is_words(body: str) -> None:
    check(body)


@settings(max_examples=500, deadline=None)
@given(pieces)
def test_whatever_is_typed_is_harmless(body: str) -> None:
    check(body)


def test_links_and_code_are_shown() -> None:
    shown = formatting.render("see example.com and `x < y`\n\n```python\nprint()\n```")
    assert '<a href="http://example.com" target="_blank" rel="noopener noreferrer nofollow">example.com</a>' in shown
    assert "<code>x &lt; y</code>" in shown
    assert '<code class="language-python">' in shown


def test_html_is_shown_as_it_was_typed() -> None:
    """The first guard by itself: what is typed as HTML is words, not something for the sanitizer to take away."""
    assert formatting.render("<b>x</b> *y*") == "<p>&lt;b&gt;x&lt;/b&gt; <em>y</em></p>"
    assert formatting.render("<script>x</script>\n\n- y").startswith('<p dir="auto">&lt;script&gt;x&lt;/script&gt;</p>')
