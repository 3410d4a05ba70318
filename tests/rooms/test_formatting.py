"""Formatting: what is plain takes the short way, and looks the same as by the long one."""

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms import formatting

MARKS = [
    *"abcé中 19 .,:;!?'\"()-+=#>*_`~[]{}<>&|\\/@%^$…\u200b\u2028\x0b\xa0\t\r\n",
    "www.", "http:", "//", "&amp;", "&#60;", "mailto:", "x.com",
]  # fmt: skip
bodies = st.lists(st.sampled_from(MARKS) | st.characters(exclude_categories=["Cs"]), min_size=1).map("".join)


@settings(max_examples=1000, deadline=None)
@given(bodies.map(lambda body: body.rstrip().lstrip("\n\r")).filter(str.strip).filter(lambda body: "\0" not in body))
def test_plain_text_looks_the_same_by_the_short_way_and_by_the_long(body: str) -> None:
    if formatting.render(body) == "":
        assert formatting.full(body) in (nh3.clean(formatting.escaped(body)), "")


@pytest.mark.parametrize(
    "body",
    ["Good morning.", "Is it done? Yes! (mostly)", "a - b, 3 < 4 & 5 > 2", 'Thanks: it\'s "green"...', "50% = half #1"],
)
def test_words_take_the_short_way(body: str) -> None:
    assert formatting.render(body) == ""
    assert formatting.full(body) == nh3.clean(formatting.escaped(body))


@pytest.mark.parametrize(
    ("body", "tag"),
    [("*x*", "<em>"), ("- x", "<li>"), ("1. x", "<ol>"), ("# x", "<h1>"), ("> x", "<blockquote>"), ("see example.com", "<a "),
     ("http://localhost/", "<a "), ("a\nb", "<br>"), ("`x`", "<code>"), ("~~x~~", "<s>"), ("a@example.com", "<a "), ("&copy; me", "©")],
)  # fmt: skip
def test_markup_takes_the_long_way(body: str, tag: str) -> None:
    assert tag in formatting.render(body)


@pytest.mark.parametrize(
    "body", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))"]
)
def test_nothing_typed_becomes_a_script(body: str) -> None:
    shown = formatting.render(body) or formatting.escaped(body)
    assert "<script" not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown


def test_a_table_can_be_scrolled_by_keyboard() -> None:
    assert '<table tabindex="0">' in formatting.full("| a | b |\n|---|---|\n| 1 | 2 |")
