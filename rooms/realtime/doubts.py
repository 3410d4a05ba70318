"""Who was let into a room and out of it within a short time, perhaps by two processes: these may tell of it in another order than they did it.

Invariant: after the last word on somebody and a room that says another thing than the one before, they are looked at by what is stored, within CALM
seconds. One who is let in or out once is not looked at, so that to admit thousands costs nothing here.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

WITHIN = 30.0  # seconds between two words that may have overtaken each other: for longer none waits for the broker, nor stands a process still
CALM = 1.0  # seconds after the last word, in which the rest of what was done together comes, too


class Doubts:
    """What was last said of whom."""

    def __init__(
        self, later: Callable[[float, Callable[[], None]], Any], look: Callable[[int], None], clock: Callable[[], float] = monotonic
    ) -> None:  # fmt: skip
        """`later(seconds, call)` runs `call` after a while; `look` is called with the id of a person who may not hear the rooms that they should."""
        self._later, self._look, self._clock = later, look, clock
        self._said: dict[
            tuple[int, int], tuple[float, bool]
        ] = {}  # by person and room, the oldest first: when, and whether they were let in
        self._doubted: set[int] = set()

    def moved(self, user_id: int, room_id: int, is_in: bool) -> None:
        """Somebody was let in, or out, here or elsewhere."""
        now, key = self._clock(), (user_id, room_id)
        self._forget(now - WITHIN)
        _, was_in = self._said.pop(key, (now, is_in))
        self._said[key] = now, is_in
        if was_in != is_in and user_id not in self._doubted:
            self._doubted.add(user_id)
            self._later(CALM, lambda: self._see(user_id))

    def _see(self, user_id: int) -> None:
        self._doubted.discard(user_id)
        self._look(user_id)

    def _forget(self, before: float) -> None:
        while self._said:
            key, (when, _) = next(iter(self._said.items()))
            if when >= before:
                return
            del self._said[key]
