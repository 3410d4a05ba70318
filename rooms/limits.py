"""How much one person may send: a token bucket each, in this process's memory.

A bucket holds `burst` tokens, fills at `rate` a second, and is forgotten once full again, so that memory follows those who are busy now.
"""

import time
from collections.abc import Callable, Hashable

from django.conf import settings

from rooms.errors import RateLimited


class Limiter:
    """Token buckets by key."""

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`burst` in tokens, `rate` in tokens a second."""
        self._burst, self._rate, self._clock = float(burst), float(rate), clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._sweep_at = clock() + 60

    def take(self, key: Hashable, tokens: float = 1) -> None:
        """Take `tokens` from the bucket of `key`. Raises RateLimited with the seconds to wait if it holds too few."""
        now = self._clock()
        if now >= self._sweep_at:
            self._sweep(now)
        level, since = self._buckets.get(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level < tokens:
            self._buckets[key] = (level, now)
            raise RateLimited("too many at once: wait a little", retry_after=(tokens - level) / self._rate)
        self._buckets[key] = (level - tokens, now)

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + 60
        full = [
            key for key, (level, since) in self._buckets.items() if level + (now - since) * self._rate >= self._burst
        ]
        for key in full:
            del self._buckets[key]


messages = Limiter(settings.MESSAGE_BURST, settings.MESSAGE_RATE)
events = Limiter(settings.EVENT_BURST, settings.EVENT_RATE)
