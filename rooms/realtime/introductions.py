"""How people look to those who share a room with them, when it changes: told at most once a second a person, as they are by then.

A form saves name, status and picture one after the other; whoever hears of it draws everything that shows the person, so once is enough.
"""

from collections.abc import Callable, Collection
from typing import Any

JSON = dict[str, Any]
WAIT = 1.0  # seconds in which further changes are told along


class Introductions:
    """What waits to be told."""

    def __init__(
        self, emit: Callable[[list[str], JSON], None], later: Callable[[float, Callable[[], None]], Any]
    ) -> None:
        """`emit(addresses, data)` sends, to each listener once; `later(seconds, call)` is a timer."""
        self._emit, self._later = emit, later
        self._waiting: dict[int, tuple[JSON, list[str]]] = {}

    def tell(self, profile: JSON, to: Collection[str]) -> None:
        """Tell the listeners of `to` in a moment. `profile` has the person's `id`."""
        is_new = profile["id"] not in self._waiting
        self._waiting[profile["id"]] = profile, sorted(to)
        if is_new:
            self._later(WAIT, lambda: self._send(profile["id"]))

    def _send(self, user_id: int) -> None:
        profile, to = self._waiting.pop(user_id)
        self._emit(to, {"type": "user", "user": profile})
