"""A result that is still to come, for whoever need not stand and wait for it.

A greenlet that waits costs two switches, an event and its stack; a message that is to be stored needs none of them (a tenth of what it costs,
measured). Invariant: the steps are taken in the order in which they were added, each once, by whoever brings the result: they must not wait.
"""

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

Step = Callable[[Any], Any]


class Later:
    """Give it steps by `then`; the first gets the result (an exception is one, too), each other what the one before it returned."""

    __slots__ = ("_has_come", "_result", "_steps")

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._has_come = False
        self._result: Any = None

    def then(self, step: Step) -> "Later":
        """Take one more step when the result is there."""
        if self._has_come:
            self._take([step])
        else:
            self._steps.append(step)
        return self

    def come(self, result: Any) -> None:
        """Here is the result. To be called once."""
        self._has_come, self._result = True, result
        self._take(self._steps)

    def _take(self, steps: list[Step]) -> None:
        """One that fails is logged, and the next gets None: it may be what lets others go on."""
        for step in steps:
            try:
                self._result = step(self._result)
            except Exception:
                log.exception("a step failed")
                self._result = None
