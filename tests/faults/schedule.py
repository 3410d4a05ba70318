"""What happens when, by a seed: two lanes of faults at a time, one of the site's and one of the network's, each with pauses in which people talk.

Every kind of a lane comes once before any comes again, so that a run that is long enough has all.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Seconds that each kind lasts, at least and at most.
LASTS = {
    "killed": (0.0, 2.0), "stopped": (0.0, 1.0), "frozen": (10.0, 10.0), "full": (2.0, 8.0), "locked": (20.0, 21.0), "clock": (3.0, 10.0),
    "database restarted": (0.0, 3.0),
    "cut": (0.0, 0.0), "slow": (3.0, 8.0), "shuffled": (3.0, 8.0), "silent": (3.0, 8.0), "doubled": (3.0, 8.0),
}  # fmt: skip
USUAL = (1.0, 5.0)
PAUSE = (0.5, 6.0)


@dataclass(frozen=True)
class Event:
    """A fault to come."""

    pause: float  # seconds after the one before in its lane
    name: str
    hard: float  # 0 to 1
    seconds: float


def lane(chance: random.Random, names: Sequence[str], speed: float = 1.0) -> Iterator[Event]:
    """Yield the faults of a lane, without an end. `speed`: so many times shorter is everything."""
    while True:
        for name in chance.sample(list(names), len(names)):
            seconds = chance.uniform(*LASTS.get(name, USUAL)) / speed
            yield Event(chance.uniform(*PAUSE) / speed, name, chance.random(), seconds)
