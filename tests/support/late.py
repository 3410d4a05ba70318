"""Processes that are late: what they did is stored, and they tell of it after others who did something later."""

from typing import Any

from rooms import broadcast

JSON = dict[str, Any]


class Held:
    """A `broadcast.Carrier` that keeps what it is to carry."""

    def __init__(self) -> None:
        self.said: list[tuple[str, tuple[Any, ...], JSON]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: self.said.append((name, args, options))

    def present(self, room_id: int) -> set[int]:
        return set()


def backwards(acts: list[tuple[str, JSON]]) -> None:
    """Do things one after another, each told of as if by a process of its own: who did the first is the last to tell."""
    from tests.support import hand

    told: list[Held] = []
    for what, how in acts:
        told.append(Held())
        carrier = broadcast.attach(told[-1])
        try:
            getattr(hand, what)(**how)
        finally:
            broadcast.attach(carrier)
    for held in reversed(told):
        for name, args, options in held.said:
            getattr(broadcast._carrier, name)(*args, **options)


def claim(to: str, data: JSON) -> None:
    """Say something as it once was true."""
    broadcast.publish(to, data)
