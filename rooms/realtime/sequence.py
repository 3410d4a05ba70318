"""The changes of each room in the order of their versions, each once, however they come: from this process at once, from others through a broker that
may be late, lose some, or bring some twice.

Knows no sockets and no database: `take` is given what came, and returns what may go out now. What is missing below what came is held for by whoever
asks `behind`, reads it and hands it to `mend`. Invariant: for each room here, all up to `at` has gone out to those who are in it, or they had it from
the database when they came in.
"""

from collections.abc import Iterable
from typing import Any

JSON = dict[str, Any]


class Sequence:
    """How far each room's changes have gone out."""

    def __init__(self) -> None:
        self._at: dict[int, int] = {}
        self._held: dict[int, dict[int, JSON]] = {}  # by version: came, but something below is missing

    def begin(self, room_id: int, version: int) -> None:
        """Somebody came into a room and knows all up to `version`. Only the first counts: the others hear what goes out anyway."""
        self._at.setdefault(room_id, version)

    def at(self, room_id: int) -> int | None:
        """The version up to which all has gone out; None of a room of which nothing is known."""
        return self._at.get(room_id)

    def take(self, room_id: int, news: JSON) -> list[JSON]:
        """Return what may go out now that `news` came: it and what waited for it; nothing, if it has been out or something is missing below."""
        version = news["version"]
        at = self._at.setdefault(room_id, version - 1)
        if version <= at:
            return []
        if version > at + 1:
            self._held.setdefault(room_id, {})[version] = news
            return []
        self._at[room_id] = version
        return [news, *self._following(room_id)] if room_id in self._held else [news]

    def behind(self) -> list[int]:
        """The rooms in which something is missing below what came."""
        return list(self._held)

    def mend(self, room_id: int, version: int, found: Iterable[JSON]) -> list[JSON]:
        """Return what may go out now that all changes up to `version` were read from the database: `found`, as far as it has not been out.

        A message that changed twice is found once, in its present state: below it a version is missing for good, and clients `sync`.
        """
        at = self._at.get(room_id, version)
        ready = [news for news in found if news["version"] > at]
        reached = max([at, version, *(news["version"] for news in ready)])
        self._at[room_id] = reached
        held = self._held.get(room_id, {})
        for late in [each for each in held if each <= reached]:
            del held[late]
        return [*ready, *self._following(room_id)]

    def restart(self, room_id: int, version: int) -> None:
        """The database went back (restored from a backup): so do we."""
        self._at[room_id] = version
        self._held.pop(room_id, None)

    def keep(self, room_ids: Iterable[int]) -> None:
        """Forget all rooms but these."""
        for room_id in self._at.keys() - set(room_ids):
            self.forget(room_id)

    def forget(self, room_id: int) -> None:
        """Nobody of the room is here any more."""
        self._at.pop(room_id, None)
        self._held.pop(room_id, None)

    def _following(self, room_id: int) -> list[JSON]:
        held, ready = self._held.get(room_id, {}), []
        while news := held.pop(self._at[room_id] + 1, None):
            ready.append(news)
            self._at[room_id] += 1
        if not held:
            self._held.pop(room_id, None)
        return ready
