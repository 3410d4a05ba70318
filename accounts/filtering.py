"""The site's word filter, at hand: off until an administrator turns it on.

Posting asks at every message, so the list is kept in memory; it is read again every few seconds, and at once in the process in which it was changed.
"""

import time

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models.site import FilterAction, Site
from accounts.words import WordFilter

EVERY = 5.0  # seconds within which other processes know of a change

_known: tuple[float, str, WordFilter | None] = (
    0.0,
    FilterAction.OFF,
    None,
)  # read again at this moment; what to do; with which words


def forget() -> None:
    """Read it again, the next time somebody asks."""
    global _known
    _known = (0.0, FilterAction.OFF, None)


def is_on() -> bool:
    """Whether there is a word that is not said."""
    return _current()[1] is not None


def refused(text: str) -> str:
    """The word for which `text` is refused; "" for none."""
    action, words = _current()
    return words.found(text) if words and action == FilterAction.REFUSE else ""


def masked(text: str) -> str:
    """The text as it may be said, where words are masked."""
    action, words = _current()
    return words.masked(text) if words and action == FilterAction.MASK else text


def check_name(text: str) -> str:
    """Return a name, topic or status. Raises ValidationError if it has a word of the list in it: nothing of these is masked."""
    _action, words = _current()
    if words and (word := words.found(text)):
        raise ValidationError(_("“%(word)s” is not said here."), params={"word": word}, code="word")
    return text


def _current() -> tuple[str, WordFilter | None]:
    global _known
    if time.monotonic() >= _known[0]:
        stored = Site.objects.filter(pk=Site.PK).values_list("filter_action", "filter_words").first()
        action, text = stored or (FilterAction.OFF, "")
        words = WordFilter(text) if action != FilterAction.OFF and text.strip() else None
        _known = (time.monotonic() + EVERY, action, words)
    return _known[1], _known[2]
