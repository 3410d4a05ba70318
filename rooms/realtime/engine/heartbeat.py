"""One timer for the pings of all connections: a wheel of slots, turned by a single hub timer.

Each connection lies in one slot, by its next deadline; when the slot comes up it is asked what to do next and is put into another.
A pong moves nothing. Invariant: a turn of the hub sees `MOST_A_TURN` connections at most, however many are due.
"""

import logging
from collections import deque
from time import monotonic
from typing import Any, Protocol

from eventlet import hubs

log = logging.getLogger(__name__)

MOST_A_TURN = 200


class Beating(Protocol):
    """What lies in the wheel."""

    def on_beat(self, now: float) -> float | None:
        """Return the time (of `monotonic`) to be asked again, None never. Called in the hub."""


class Wheel:
    """Calls `on_beat` of each member at its time, at most one `grain` late while the hub is not overloaded."""

    def __init__(self, grain: float) -> None:
        """`grain`: seconds a slot."""
        self.grain = grain
        self.slots: dict[int, list[Beating]] = {}
        self.due: deque[Beating] = deque()
        self.last = 0  # the slot up to which all are due
        self.timer: Any = None

    def add(self, member: Beating, when: float) -> None:
        """Ask `member` at `when`; it must not be in the wheel already."""
        if self.timer is None and not self.slots:
            self.last = int(monotonic() / self.grain)
        self.slots.setdefault(max(int(when / self.grain), self.last) + 1, []).append(member)
        if self.timer is None:
            self._turn_in(self.grain)

    def _turn_in(self, seconds: float) -> None:
        self.timer = hubs.get_hub().schedule_call_global(seconds, self._turn)

    def _turn(self) -> None:
        now = monotonic()
        current = int(now / self.grain)
        for slot in range(self.last + 1, current + 1):
            self.due.extend(self.slots.pop(slot, ()))
        self.last = current
        for _ in range(min(len(self.due), MOST_A_TURN)):
            self._ask(self.due.popleft(), now)
        self.timer = None
        if self.due:
            self._turn_in(0)
        elif self.slots:
            self._turn_in(self.grain)

    def _ask(self, member: Beating, now: float) -> None:
        try:
            when = member.on_beat(now)
        except Exception:
            log.exception("a heartbeat failed")
            when = now + 1
        if when is not None:
            self.add(member, when)
