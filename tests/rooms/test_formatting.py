"""Formatting: what is plain takes the short way, and looks the same as by the long one."""

import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms import formatting, highlighting
from rooms.references import Names

MARKS = [
    *"abcé中 19 .,:;!?'\"()-+=#>*_`~[]{}<>&|\\/@%^$…\u200b\u2028\x0b\xa0\t\r\n",
    "www.", "http:", "//", "&amp;", "&#60;", "mailto:", "x.com",
]  # fmt: skip
bodies = st.lists(st.sampled_from(MARKS) | st.characters(exclude_categories=["Cs"]), min_size=1).map("".join)


@settings(max_examples=1000, deadline=None)
@given(bodies.map(lambda body: body.rstrip().lstrip("\n\r")).filter(str.strip).filter(lambda body: "\0" not in body))
def test_plain_text_looks_the_same_by_the_short_way_and_by_the_long(body: str) -> None:
    shown, plain = formatting.render(body), nh3.clean(formatting.escaped(body))
    if shown == "":
        assert formatting.full(body) in (plain, "")
    else:
        assert shown != plain


@pytest.mark.parametrize(
    "body",
    ["Good morning.", "Is it done? Yes! (mostly)", "a - b, 3 < 4 & 5 > 2", 'Thanks: it\'s "green"...', "50% = half #1"],
)
def test_words_take_the_short_way(body: str) -> None:
    assert formatting.render(body) == ""
    assert formatting.full(body) == nh3.clean(formatting.escaped(body))


@pytest.mark.parametrize(
    "body", ["version 1.5", "snake_case", "#7", "2 * 3", "[x]", "a@b", "either|or", "C:\\temp", "`", "it's _so"]
)
def test_what_might_have_been_markup_and_is_none_says_no_more_than_the_words(body: str) -> None:
    assert formatting.render(body) == ""
    assert formatting.refer(body, Names()) == formatting.PLAIN


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


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("![a *cat*](https://a.b/c.png)", '<a href="https://a.b/c.png" {}>a cat</a>'),
        ("see ![](https://a.b/?c&d)!", 'see <a href="https://a.b/?c&amp;d" {}>https://a.b/?c&amp;d</a>!'),
        ("[![cat](https://a.b/c.png) here](https://d.e/)", '<a href="https://d.e/" {}>cat here</a>'),
        ("![x](javascript:alert(1))", "![x](javascript:alert(1))"),
        ("![x](data:image/png;base64,aa)", "x"),
    ],
)
def test_a_picture_from_elsewhere_is_a_link(body: str, shown: str) -> None:
    """Nobody's browser fetches it unasked, and no word is lost."""
    link = 'target="_blank" rel="noopener noreferrer nofollow"'
    drawn = formatting.render(body) or formatting.escaped(body)
    assert drawn.replace(" <", "<") == f"<p>{shown.format(link)}</p>".replace(" <", "<")


@pytest.mark.parametrize("body", ["[](https://a.b)", "[a]: https://a.b", "#", "> ", "-", "&nbsp;", "```\n```"])
def test_what_would_show_nothing_is_shown_as_it_was_typed(body: str) -> None:
    assert formatting.render(body) == ""


def test_a_table_can_be_scrolled_by_keyboard() -> None:
    assert '<table tabindex="0">' in formatting.full("| a | b |\n|---|---|\n| 1 | 2 |")


@settings(max_examples=500, deadline=None)
@given(bodies.map(lambda body: "x" + body.rstrip()).filter(lambda body: "\0" not in body))
def test_one_line_looks_the_same_without_a_look_for_blocks(body: str) -> None:
    assert formatting.full(body) == formatting.by_blocks(body)


PIECES = [
    "a", "b c", "**", "`", "``", " ", "  ", "(", ")", ".", ",", "é", "中", "1", "-", "#", "<b>", "&amp;", "\"'", "\\", "_x_", "*y*", "https://a.b",
    "@ana", "\u2028", "$",
]  # fmt: skip


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=3).map(lambda pieces: "x" + "".join(pieces).rstrip()))
def test_a_little_markup_looks_the_same_by_the_easy_way(body: str) -> None:
    if easy := formatting._easily(body):
        assert easy == formatting.by_blocks(body)


@pytest.mark.parametrize("body", ["Deploy is **green**, see the `release` notes.", "so `a < b && **c**` (**or** not)"])
def test_a_little_markup_takes_the_easy_way(body: str) -> None:
    assert formatting._easily(body) == formatting.by_blocks(body)


def test_tasks_are_boxes_with_their_words_as_labels() -> None:
    shown = formatting.render("- [ ] to do\n- [x] *done*")
    assert '<label><input disabled="disabled" type="checkbox"> to do</label>' in shown
    assert '<label><input checked="checked" disabled="disabled" type="checkbox"> <em>done</em></label>' in shown


@pytest.mark.parametrize("body", ["🎉", "👍🏽 ❤️", "👩‍👩‍👧\n🇩🇪", "1️⃣", "🎉" * formatting.MOST_LARGE])
def test_a_few_emoji_alone_are_large(body: str) -> None:
    assert 'class="large"' in formatting.render(body)


@pytest.mark.parametrize("body", ["🎉!", "ok 👍", "1", "#", "שלום", "→", "🎉" * (formatting.MOST_LARGE + 1)])
def test_anything_else_is_not(body: str) -> None:
    assert "large" not in formatting.render(body)


def test_each_block_runs_the_way_of_its_words() -> None:
    """The only block has it from the body around it."""
    assert formatting.render("hello *there*\n\nשלום\n\n- אחת").count('dir="auto"') == 3
    assert "dir" not in formatting.render("שלום *עולם*")


@pytest.mark.parametrize(
    "name", ["README.md", "manage.py", "run.sh", "v1.2", "lib.rs", "a.so", "e.g. this", "Main.java", "x.zip"]
)
def test_a_file_is_no_link(name: str) -> None:
    assert "<a " not in formatting.full(f"see {name} for more")


def test_code_is_coloured_by_the_language_it_names() -> None:
    shown = formatting.render('```python\ndef f():\n    return "<b>"  # why\n```')
    assert '<span class="k">def </span><span class="nf">f</span>' in shown
    assert '<span class="s">"&lt;b&gt;"' in shown
    assert "style=" not in shown
    assert "<span" not in formatting.render("```\ndef f(): pass\n```") + formatting.render(
        "```klingon\ndef f(): pass\n```"
    )


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(highlighting.LANGUAGES)), bodies)
def test_colours_change_no_letter_of_code(language: str, code: str) -> None:
    """Whatever the lexer makes of it."""
    shown = highlighting.highlighted(code, language)
    assert unescape(re.sub(r'<span class="\w+">|</span>', "", shown)) == code


def test_every_language_is_known() -> None:
    for language in highlighting.LANGUAGES:
        assert highlighting.highlighted("x = 1", language) is not None
        assert highlighting._lexer(language), language


@pytest.mark.parametrize(
    "body",
    ["[" * 9_999, "![" * 4_999, "http://a" * 1_200, "https://a.b/(" * 750, "```csharp\n" + "a\n" * 2_900 + "```",
     "```ts\n" + "a." * 2_900, "```python\n" + " \n" * 2_900 + "x", "```\n" + "x" * 9_000, "*a" * 4_999, "> " * 4_999, "a.com " * 1_600],
)  # fmt: skip
def test_hostile_bodies_hold_nobody_up(body: str) -> None:
    """Seconds of the processor, twice and more what was measured; the best of a few, as others use the machine, too."""
    formatting.full("```ts\n1```\n```python\n1```\n```csharp\n1```")  # loaded once

    def cost() -> float:
        start = time.thread_time()
        formatting.full(body)
        return time.thread_time() - start

    assert any(cost() < 0.25 for _ in range(4))


WIDE, LONG = "a|" * 1_000 + "\n" + "-|" * 1_000 + "\n", "b\n" * 3_000
MANY = ("|".join("a" * 13) + "\n" + "|".join("-" * 13) + "\n" + "b\n" * 13 + "\n") * 130


@pytest.mark.parametrize(
    "body",
    [WIDE + LONG, "a|b\n-|-\n" + LONG, MANY, WIDE.replace("\n", "\r\n") + "b\x0b\x0b\r\n" * 1_500, "> a|b|c\n> -|-|-\n" + "> b\n" * 2_000],
    ids=["wide", "long", "many", "other lines", "in a quotation"],
)  # fmt: skip
def test_a_table_is_not_filled_up_with_cells_that_nobody_wrote(body: str) -> None:
    """10,000 characters made 65,000 of them, in a second of everybody's time, and 700 kB."""
    html = formatting.render(body[:10_000])
    assert html.count("<td") + html.count("<th") <= 2_000 and len(html) < 100_000


def test_a_table_as_people_write_them_is_one() -> None:
    rows = "\n".join(f"| {n} | Monday | 9:30 | the vault |" for n in range(200))
    html = formatting.render(f"Who opens it:\n\n| # | day | time | where |\n|--|:-:|--:|--|\n{rows}\n")
    assert html.count("<td") == 800 and html.count("<th") == 5  # with the head


def test_boxes_without_end_are_no_boxes() -> None:
    """To find the list of each takes the square of how many there are."""
    assert formatting.render("- [ ] a\n" * 200).count("<input") == 200
    assert "<input" not in formatting.render("- [ ] a\n" * 1_250)


@pytest.mark.parametrize("run", [" ", "\n", " \n", "\r", "&"])
def test_blanks_and_signs_without_end_are_not_looked_through_for_colours(run: str) -> None:
    """6,000 blanks took the lexer of C++ 2.5 s, within one token."""
    code = "int a = 1;" + run * 100
    assert "<span" not in highlighting.highlighted(code, "cpp")
    assert "<span" in highlighting.highlighted("int a = 1;" + run * 20, "cpp")


def test_a_line_without_end_is_not_looked_through_for_a_prompt() -> None:
    assert "<span" in highlighting.highlighted("$ ls\n" + "a" * 100, "console")
    assert "<span" not in highlighting.highlighted("$ ls\n" + "a" * 1_001, "console")


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_long_texts_that_are_rendered_in_threads_have_their_own_links(restless: None) -> None:
    """linkify-it kept the text that it looked through, and where it was, in itself (until 2.1.1)."""
    texts = [" ".join(f"see {name * n}.example.com or {name}@example.com," for n in range(1, 20)) for name in "abcd"]
    alone = [formatting.full(text) for text in texts]
    with ThreadPoolExecutor(len(texts)) as threads:
        assert list(threads.map(formatting.full, texts * 5)) == alone * 5
