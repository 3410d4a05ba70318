"""What was said of one thing within a short time, perhaps by two processes: these may tell of it in another order than they did it.

Somebody was let into a room and out of it; has read a thread in which somebody answers. Invariant: after the last word on a thing that differs
from the one before, what is stored of it is looked at, within CALM seconds. What is said once is not looked at: to admit thousands costs nothing.
"""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

WITHIN = 30.0  # seconds between two words that may have overtaken each other: for longer none waits for the broker, nor stands a process still
CALM = 1.0  # seconds after the last word, in which the rest of what was done together comes, too


class Doubts(Generic[T]):
    """What was last said of what."""

    def __init__(
        self, later: Callable[[float, Callable[[], None]], Any], look: Callable[[T], None], clock: Callable[[], float] = monotonic
    ) -> None:  # fmt: skip
        """`later(seconds, call)` runs `call` after a while; `look` is called with what is in doubt."""
        self._later, self._look, self._clock = later, look, clock
        self._said: dict[Hashable, tuple[float, Hashable]] = {}  # by the thing, the oldest first: when, and what
        self._doubted: set[T] = set()

    def said(self, thing: Hashable, word: Hashable, about: T) -> None:
        """`word` was said of a thing, here or elsewhere; if not the same was said before, `about` is in doubt."""
        now = self._clock()
        self._forget(now - WITHIN)
        _, before = self._said.pop(thing, (now, word))
        self._said[thing] = now, word
        if before != word and about not in self._doubted:
            self._doubted.add(about)
            self._later(CALM, lambda: self._see(about))

    def _see(self, about: T) -> None:
        self._doubted.discard(about)
        self._look(about)

    def _forget(self, before: float) -> None:
        while self._said:
            thing, (when, _) = next(iter(self._said.items()))
            if when >= before:
                return
            del self._said[thing]
