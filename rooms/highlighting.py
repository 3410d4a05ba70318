"""Colours for code: what Pygments makes of it, as a few classes that `static/css/code.css` gives colours, light and dark.

Invariant: bounded. Lexers are regular expressions of other people's, some quadratic where one tries; whoever posts code holds everybody up for
BUDGET at most, then the rest stays plain. Only well-known languages: each that is loaded costs some 20 ms once, and memory for ever.
"""

import re
import time
from functools import cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, Token, _TokenType

MOST = 6_000  # characters of a message that are coloured
BUDGET = 0.01  # seconds of the processor that one message may take
# What some expressions of Pygments go back and forth over within one token, where nobody looks at the clock: 6,000 blanks took C++ 2.5 s,
# a line as long a console, which looks for its prompt, 0.2 s.
MOST_IN_LINE = 1_000  # characters
_ENDLESS = re.compile(r"\s{100}|(\W)\1{99}")
CHECK_EVERY = 32  # tokens between two looks at the clock

LANGUAGES = {
    "bash", "c", "clojure", "console", "cpp", "csharp", "css", "dart", "diff", "docker", "elixir", "go", "graphql", "haskell", "html", "http", "ini",
    "java", "javascript", "json", "kotlin", "lua", "make", "nginx", "perl", "php", "powershell", "python", "pycon", "pytb", "ruby", "rust", "scss",
    "sql", "swift", "toml", "typescript", "xml", "yaml", "zig",
}  # fmt: skip
# Pygments' own short names; what has none of these looks as plain code does. The first that holds a token counts.
CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment.Preproc, "nd"), (Comment, "c"), (Keyword, "k"), (Operator.Word, "k"), (String, "s"), (Number, "m"),
    (Name.Function, "nf"), (Name.Class, "nc"), (Name.Exception, "nc"), (Name.Builtin, "nb"), (Name.Tag, "nt"), (Name.Attribute, "na"),
    (Name.Decorator, "nd"), (Name.Variable, "nv"), (Generic.Deleted, "gd"), (Generic.Inserted, "gi"), (Generic.Heading, "gh"),
    (Generic.Subheading, "gh"), (Generic.Prompt, "gp"), (Generic.Traceback, "gd"),
)  # fmt: skip


def highlighted(code: str, language: str) -> str:
    """Return `code` as HTML in which the tokens of `language` (a name of Pygments') bear classes; escaped only, where that is not known."""
    lexer = _lexer(language.lower())
    if lexer is None or len(code) > MOST or _ENDLESS.search(code) or max(map(len, code.split("\n"))) > MOST_IN_LINE:
        return escape(code)
    parts: list[str] = []
    shown, run, end = (
        "",
        "",
        0,
    )  # the class of the run of tokens that goes on, its text, and how far the code is through
    until = time.thread_time() + BUDGET
    for number, (at, kind, text) in enumerate(lexer.get_tokens_unprocessed(code)):
        if number % CHECK_EVERY == 0 and time.thread_time() > until:
            break
        name = _class_of(kind)
        if name != shown and text.strip():
            parts.append(_span(run, shown))
            shown, run = name, ""
        run += text
        end = at + len(text)
    return "".join([*parts, _span(run, shown), escape(code[end:])])


def _span(text: str, name: str) -> str:
    return f'<span class="{name}">{escape(text)}</span>' if name and text else escape(text)


@cache
def _class_of(kind: _TokenType) -> str:
    return next((name for family, name in CLASSES if kind in family), "") if kind is not Token else ""


@cache
def _names() -> dict[str, str]:
    """Each name of our languages, and the one we load it by."""
    found: dict[str, str] = {}
    for _, aliases, _, _ in get_all_lexers(plugins=False):
        if ours := next((alias for alias in aliases if alias in LANGUAGES), None):
            found |= dict.fromkeys(aliases, ours)
    return found


def _lexer(language: str) -> Lexer | None:
    name = _names().get(language)
    return _loaded(name) if name else None


@cache
def _loaded(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)
