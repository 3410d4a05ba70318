"""In which order those who ask for something have their turn, so that a crowd waits for itself and nobody else for it.

A page takes milliseconds in which nobody else has a turn: five thousand requests at once kept messages waiting for four seconds (measured).
So requests begin one after another, a turn of the hub each. Invariant: addresses take turns, and at an address those who ask: whoever sends
many waits for themselves, and who shares an address with them has their page after one of each.
"""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Takes from each lane in turn, and in a lane in order."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, deque[T]] = OrderedDict()  # the one whose turn it is first

    def __bool__(self) -> bool:
        return bool(self._lanes)

    def put(self, lane: str, one: T) -> None:
        """The last of its lane."""
        self._lanes.setdefault(lane, deque()).append(one)

    def take(self) -> T:
        """The next; its lane is behind the others then. Raises KeyError where there is none."""
        lane, waiting = self._lanes.popitem(last=False)
        one = waiting.popleft()
        if waiting:
            self._lanes[lane] = waiting
        return one


class Turnstile(Generic[T]):
    """Lanes of lanes: addresses, and at each those who ask."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, Lanes[T]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._addresses)

    def put(self, address: str, asker: str, one: T) -> None:
        """Somebody waits for their turn."""
        self._addresses.setdefault(address, Lanes()).put(asker, one)

    def take(self) -> T:
        """Whose turn it is. Raises KeyError where nobody waits."""
        address, lanes = self._addresses.popitem(last=False)
        one = lanes.take()
        if lanes:
            self._addresses[address] = lanes
        return one
