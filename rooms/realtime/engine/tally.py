"""How many there are of each kind just now, with a bound: connections by the address they come from."""

import logging
from time import monotonic

log = logging.getLogger(__name__)

QUIET = 60.0  # seconds between two lines about the same bound


class Tally:
    """Counts by key; `""` is not counted."""

    def __init__(self, most: int, what: str) -> None:
        """`most`: of one key, 0 for any number; `what`: is said in the log when there are more."""
        self.most, self.what = most, what
        self.counts: dict[str, int] = {}
        self._said = -QUIET

    def has_room(self, key: str) -> bool:
        """Whether one more may enter."""
        return not key or not self.most or self.counts.get(key, 0) < self.most

    def enter(self, key: str) -> bool:
        """Count one more, unless that is too many: then False."""
        if not key or not self.most:
            return True
        count = self.counts.get(key, 0)
        if count >= self.most:
            self._say(key)
            return False
        self.counts[key] = count + 1
        return True

    def leave(self, key: str) -> None:
        """One that entered is gone."""
        count = self.counts.get(key, 0)
        if count > 1:
            self.counts[key] = count - 1
        else:
            self.counts.pop(key, None)

    def _say(self, key: str) -> None:
        if monotonic() - self._said >= QUIET:
            self._said = monotonic()
            log.warning("%d %s from %s, no more are let in", self.most, self.what, key)
