"""How somebody stands in their rooms has no version: read marks, threads, what is saved, a room's name. No look at it is older than what was said.

Whoever is told what a look has found takes it for the last word. But from the look to the telling is a moment in which they may have been told
what is newer: then it is looked at again. Invariant: what `settled` returns was looked at after everything that its person has been told so far.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

UNNUMBERED = {"read", "thread", "saved", "room"}  # types of `data` that say how somebody stands
MOST_LOOKS = 5  # of somebody who is told something new all the time


class Standing:
    """Counts the words on how people stand, and lets nothing older follow."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}  # by address
        self._of_rooms = 0

    def told(self, to: str, data: Any) -> None:
        """`data` goes out to those of `to` who are connected here."""
        if isinstance(data, dict) and data.get("type") in UNNUMBERED:
            if to.startswith("user:"):
                self._words[to] = self._words.get(to, 0) + 1
            else:  # a room's own affairs change rarely: one count for all
                self._of_rooms += 1

    def settled(self, user: str, look: Callable[[], T]) -> T:
        """What `look` finds of the person with this address; to be told before anything else has a turn."""
        found = None
        for _ in range(MOST_LOOKS):
            before = self.words_on(user)
            found = look()
            if self.words_on(user) == before:
                break
        assert found is not None
        return found

    def words_on(self, user: str) -> tuple[int, int]:
        """How many there were on the person with this address; to be compared."""
        return self._words.get(user, 0), self._of_rooms
