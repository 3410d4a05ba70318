"""Words that a site does not want to read: whole words, whatever their case and accents, with `*` for any letters. Pure: no database.

Invariant: the time it takes grows with the text and the list, never faster: there are no patterns here that could go back and forth over a text.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MASK = "•"
MOST = 1000  # words in a list
LONGEST = 50  # characters of one
_WORD = re.compile(r"\w+")
_PATTERN = re.compile(r"(?=.*\w.*\w)[\w*]+")


class WordFilter:
    """A list of words."""

    def __init__(self, text: str) -> None:
        """`text`: one word a line."""
        patterns = {_folded(line)[0] for line in lines(text)}
        self._exact = {pattern for pattern in patterns if "*" not in pattern}
        self._wild = [tuple(pattern.split("*")) for pattern in sorted(patterns - self._exact)]

    def found(self, text: str) -> str:
        """The first word of `text` that is on the list, as it is written there; "" without."""
        spans = self._spans(text)
        return text[slice(*spans[0])] if spans else ""

    def masked(self, text: str) -> str:
        """The text with a dot for each letter of the words that are on the list."""
        for start, end in reversed(self._spans(text)):
            text = text[:start] + MASK * (end - start) + text[end:]
        return text

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` the words stand, in order."""
        plain, places = _folded(text)
        return [(places[start], places[end - 1] + 1) for start, end in sorted(set(self._hits(plain)))]

    def _hits(self, plain: str) -> Iterator[tuple[int, int]]:
        words = [match.span() for match in _WORD.finditer(plain)]
        for start, end in words:
            if plain[start:end] in self._exact:
                yield start, end
        starts = [start for start, _end in words]
        for parts in self._wild:
            literal = max(parts, key=len)
            at = plain.find(literal)
            while at >= 0:  # only words that hold its longest part are looked into
                start, end = words[bisect_right(starts, at) - 1]
                if _fits(plain[start:end], parts):
                    yield start, end
                at = plain.find(literal, end)


def lines(text: str) -> list[str]:
    """The words of a list."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def validate_words(text: str) -> None:
    """Raises ValidationError for what is no list of words."""
    found = lines(text)
    if len(found) > MOST:
        raise ValidationError(_("At most %(most)d words."), params={"most": MOST})
    for line in found:
        if len(line) > LONGEST or not _PATTERN.fullmatch(_folded(line)[0]):
            words = _("“%(line)s” is not one word of at least two letters; * stands for any letters.")
            raise ValidationError(words, params={"line": line[:LONGEST]})


def _fits(word: str, parts: tuple[str, ...]) -> bool:
    """Whether the word begins with the first part, ends with the last, and has the others in between, in order."""
    first, *between, last = parts
    at, end = len(first), len(word) - len(last)
    if at > end or not word.startswith(first) or not word.endswith(last):
        return False
    for part in between:
        found = word.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without case, accents and invisible characters, and for each of its characters the place it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    folded = [(plain, place) for place, character in enumerate(text) for plain in _plain(character)]
    return "".join(plain for plain, _place in folded), [place for _plain, place in folded]


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    shown = unicodedata.normalize("NFKD", character)
    return "".join(each for each in shown if unicodedata.category(each) not in ("Mn", "Cf")).casefold()
