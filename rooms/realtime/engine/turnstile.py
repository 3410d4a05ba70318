"""Requests begin a few milliseconds' worth a turn of the hub, however many have come: a crowd of them waits, and not those who talk. So do ends.

A page takes milliseconds in which nobody else has a turn, and the hub lets all that are ready run before it looks again: five thousand requests at
once kept messages waiting for four seconds (measured). Invariant: a turn begins requests for `SLICE` seconds at most, besides the last of them; each
lane (an address) has its turn after each other one, so that who sends many waits for themselves.
"""

import logging
from collections import OrderedDict, deque
from time import monotonic
from typing import Any

from eventlet import hubs
from greenlet import getcurrent

log = logging.getLogger(__name__)

SLICE = 0.002  # seconds of each turn of the hub: a message takes some eight turns, from being read to being heard


class Turnstile:
    """What a request goes through before anything is done for it."""

    def __init__(self) -> None:
        self.waiting: OrderedDict[str, deque[Any]] = (
            OrderedDict()
        )  # greenlets, by lane; the lane whose turn it is first
        self.until = 0.0  # the end of this turn's slice
        self.scheduled = False

    def enter(self, lane: str) -> bool:
        """Go on, or wait until it is one's turn, and that of one's lane; return whether one waited. Not to be called in the hub."""
        if not self.scheduled:
            self._schedule()
            self.until = monotonic() + SLICE
            return False
        if not self.waiting and monotonic() < self.until:
            return False
        self.waiting.setdefault(lane, deque()).append(getcurrent())
        hubs.get_hub().switch()
        return True

    def _schedule(self) -> None:
        self.scheduled = True
        hubs.get_hub().schedule_call_global(0, self._turn)

    def _turn(self) -> None:
        """In the hub: let those who wait go on, one after another. Each comes back here when it waits for something else, or is done."""
        self.scheduled = False
        self.until = monotonic() + SLICE
        while self.waiting and monotonic() < self.until:
            try:
                self._next().switch()
            except Exception:
                log.exception("a request failed")
        if self.waiting:
            self._schedule()

    def _next(self) -> Any:
        lane, greenlets = self.waiting.popitem(last=False)
        first = greenlets.popleft()
        if greenlets:
            self.waiting[lane] = greenlets  # behind the others
        return first
