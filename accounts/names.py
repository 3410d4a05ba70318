"""What a person or a site may be called, and the handle that is made from it. Pure: no database.

Invariant: a name that passed `tidy` is one visible line. It cannot carry a control character, and it cannot turn the text around it
the other way (bidirectional overrides), so that a page may print it beside other names.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import count

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.deconstruct import deconstructible
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 60  # characters
HANDLE_LENGTH = 30  # characters
# Words that mentions give, or may come to give, a meaning of their own.
RESERVED_HANDLES = frozenset({"all", "channel", "everyone", "here", "room"})

# Invisible, but names need them: the joiners of emoji, and of Persian and Indic scripts.
_JOINERS = "\u200c\u200d"
# Letters and symbols by their category that show nothing: Hangul fillers, the empty Braille pattern.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
# More marks than this on one letter would be drawn over the lines above and below; no script needs them.
_MARKS = 4
_DIGITS = re.compile(r"[0-9]+")


def tidy(text: str) -> str:
    """Return `text` composed (NFC), trimmed, its runs of blanks made one space.

    Raises ValidationError where nothing visible is left, or a control, formatting or unassigned character is in it.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    marks = 0
    visible = False
    for character in name:
        # Major categories: C control, format (bidi overrides among them), surrogate, private, unassigned; M mark; Z blank.
        major = unicodedata.category(character)[0]
        marks = marks + 1 if major == "M" else 0
        if (major == "C" and character not in _JOINERS) or character in BLANKS or marks > _MARKS:
            raise ValidationError(_("A character in it cannot be shown."), code="invalid")
        visible = visible or major in "LNPS"
    if not visible:
        raise ValidationError(_("Please use at least one visible character."), code="required")
    return name


@lru_cache(maxsize=4096)  # the same again and again
def collated(name: str) -> tuple[bytes, bytes]:
    """What to sort names by, of people and rooms: without case and accents, and "Room 2" before "Room 10" (core/unread.js has the same,
    and compares as JavaScript does, by halves of code points)."""
    plain = "".join(each for each in unicodedata.normalize("NFD", name) if unicodedata.category(each) != "Mn").lower()
    counted = _DIGITS.sub(lambda digits: digits[0].zfill(NAME_LENGTH), plain)
    return counted.encode("utf-16-be", "surrogatepass"), name.encode("utf-16-be", "surrogatepass")


@deconstructible
class HandleValidator(RegexValidator):
    """Raises ValidationError for what is no handle, or is one that mentions keep for themselves."""

    regex = r"^[a-z0-9][a-z0-9_.-]{0,29}\Z"
    flags = re.ASCII
    message = _("Use small letters a-z, digits, and . _ - after the first; at most 30.")

    def __call__(self, value: object) -> None:
        super().__call__(value)
        if value in RESERVED_HANDLES:
            raise ValidationError(_("This word is kept for the site."), code="reserved")


def handles(name: str) -> Iterator[str]:
    """Yield handles for a person of this name, best first, without end: ana-lima, ana-lima-2, ana-lima-3, ..."""
    stem = slugify(name)[:HANDLE_LENGTH].strip("-_") or "user"
    if stem not in RESERVED_HANDLES:
        yield stem
    for number in count(2):
        suffix = f"-{number}"
        yield stem[: HANDLE_LENGTH - len(suffix)].rstrip("-_") + suffix
