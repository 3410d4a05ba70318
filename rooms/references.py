"""What @ and # in a message stand for: a Markdown rule that finds them outside code and links, and says who was meant. Pure: who there is, is given.

Invariant: only what `Names` knows becomes markup. A handle of nobody in the room, or a room that the author could not know of, stays words.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

ROOM, HERE = "room", "here"  # @room: everyone in it; @here: those of them who are online
CLASSES = {"mention", "room-link"}
MOST_LOOKED_UP = 500  # different handles, or rooms, of one message

# Not within an address, a path or a word of ours; Chinese has no blanks to stand between.
_BEFORE = r"(?<![A-Za-z0-9_@#/.=&%+-])"
_PERSON = rf"{_BEFORE}@(?P<handle>[A-Za-z0-9][A-Za-z0-9_.-]{{0,39}})"
_ROOM = rf"{_BEFORE}#(?P<slug>[A-Za-z][A-Za-z0-9_-]{{0,63}})"
_REFERENCE = re.compile(f"{_PERSON}|{_ROOM}")
_LINKED = re.compile(r'<span class="room-link" data-room="([\w-]+)">(#[\w-]+)</span>', re.ASCII)


@dataclass(frozen=True, slots=True)
class Names:
    """Whom and what one message may refer to: ids of members by handle, addresses of rooms by slug."""

    people: Mapping[str, int] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Mentioned:
    """Who was meant: the ids of people called by name, whether everyone was, and whether those online were; `count` as often as it was written."""

    people: set[int] = field(default_factory=set)
    room: bool = False
    here: bool = False
    count: int = 0


def candidates(body: str) -> tuple[set[str], set[str]]:
    """Return the handles and the slugs that `body` may refer to, in lower case; code is not told apart yet."""
    if "@" not in body and "#" not in body:
        return set(), set()
    handles: dict[str, None] = {}
    slugs: dict[str, None] = {}
    for match in _REFERENCE.finditer(body):
        if match["handle"] and len(handles) < MOST_LOOKED_UP:
            handles |= dict.fromkeys(_endings(match["handle"].lower()))
        elif match["slug"] and len(slugs) < MOST_LOOKED_UP:
            slugs |= dict.fromkeys(_endings(match["slug"].lower()))
    return set(handles) - {ROOM, HERE}, set(slugs)


def _endings(word: str) -> Iterator[str]:
    """The word, then without each mark at its end, which may belong to the sentence: "ana.-" may be called so, or "ana." or "ana"."""
    yield word
    while word[-1] in "._-":
        word = word[:-1]
        yield word


def plugin(markdown: MarkdownIt) -> None:
    """Let `markdown` find references where its env has `names` (Names); it notes them in env's `mentioned` (Mentioned)."""
    markdown.core.ruler.before("linkify", "reference", _find)  # a handle may look like a domain
    markdown.add_render_rule("mention", lambda _, tokens, at, *__: _mention(tokens[at]))
    markdown.add_render_rule("room_link", lambda _, tokens, at, *__: _room_link(tokens[at]))


def _mention(token: Token) -> str:
    who = f' data-user="{token.meta["user"]}"' if "user" in token.meta else ""
    return f'<span class="mention"{who}>{token.content}</span>'


def _room_link(token: Token) -> str:
    return f'<span class="room-link" data-room="{token.meta["room"]}">{token.content}</span>'


def linked(html: str, names: Names) -> str:
    """Make links of the rooms in sanitized `html`: our own addresses, so without what a sanitizer adds to those of others."""
    return _LINKED.sub(lambda match: f'<a class="room-link" href="{names.rooms[match[1]]}">{match[2]}</a>', html)


def _find(state: StateCore) -> None:
    if "names" not in state.env:
        return
    for block in state.tokens:
        if block.type == "inline" and block.children and ("@" in block.content or "#" in block.content):
            block.children = list(_outside_links(block.children, state.env))


def _outside_links(tokens: list[Token], env: Mapping[str, object]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            yield from _split(token, env)
        else:
            yield token


def _split(token: Token, env: Mapping[str, object]) -> Iterator[Token]:
    names, mentioned = env["names"], env["mentioned"]
    assert isinstance(names, Names) and isinstance(mentioned, Mentioned)
    text, at = token.content, 0
    for match in _REFERENCE.finditer(text):
        found = _meant(match, names, mentioned)
        if found is None:
            continue
        if match.start() > at:
            yield _text(text[at : match.start()], token)
        found.level = token.level
        yield found
        at = match.start() + len(found.content)
    if at == 0:
        yield token
    elif at < len(text):
        yield _text(text[at:], token)


def _text(content: str, like: Token) -> Token:
    return Token("text", "", 0, content=content, level=like.level)


def _meant(match: re.Match[str], names: Names, mentioned: Mentioned) -> Token | None:
    """The token of what is meant by a match, noted in `mentioned`; None where it means nothing."""
    for word in _endings(match["handle"] or match["slug"]):
        key, content = word.lower(), match[0][0] + word
        if match["slug"]:
            if key in names.rooms:
                return Token("room_link", "", 0, content=content, meta={"room": key})
            continue
        if key in (ROOM, HERE):
            mentioned.room |= key == ROOM
            mentioned.here |= key == HERE
        elif key in names.people:
            mentioned.people.add(names.people[key])
        else:
            continue
        mentioned.count += 1
        return Token("mention", "", 0, content=content, meta={"user": names.people[key]} if key in names.people else {})
    return None
