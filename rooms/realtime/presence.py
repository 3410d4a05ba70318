"""Who is online. A person is while one of their sockets is, here or in another process (`gossip`); the first that comes is announced, and the last
that goes, after a grace period, so that a reload or a short cut is not. In a crowd the notices of single people give way to a count, at most one a
second a room: with ten thousand people, each telling each other would be a hundred million notices.

Knows no sockets and no database: `publish(room_id, data)` sends, `later(seconds, call)` is a timer.
"""

from collections.abc import Callable
from typing import Any

from rooms import payloads

JSON = dict[str, Any]
COUNT_EVERY = 1.0  # seconds between two counts of a crowded room


class Presence:
    """The people who are connected."""

    def __init__(
        self,
        publish: Callable[[int, JSON], None],
        later: Callable[[float, Callable[[], None]], Any],
        grace: float,
        crowd: int,
    ) -> None:
        """`grace` in seconds; `crowd`: the number of people online beyond which a room gets counts."""
        self._publish, self._later, self._grace, self._crowd = publish, later, grace, crowd
        self._sockets: dict[int, set[str]] = {}
        self._brief: dict[int, JSON] = {}
        self._rooms_of: dict[int, dict[str, int]] = {}
        self._people: dict[int, set[int]] = {}
        self._counting: set[int] = set()

    def online(self, room_id: int) -> JSON:
        """Who is online in a room: `{count, users}`, the latter bounded."""
        return payloads.online(self._people.get(room_id, set()))

    def people(self, room_id: int) -> set[int]:
        """The ids of all who are online in a room."""
        return set(self._people.get(room_id, ()))

    def standing(self, user_id: int) -> tuple[JSON, dict[str, int]] | None:
        """Somebody who is online, and their rooms, as `arrive` takes them."""
        return (self._brief[user_id], self._rooms_of[user_id]) if user_id in self._sockets else None

    def rooms(self, user_id: int) -> set[str]:
        """The rooms (slugs) of somebody who is online."""
        return set(self._rooms_of.get(user_id, ()))

    def arrive(self, sid: str, brief: JSON, rooms: dict[str, int]) -> None:
        """A socket of the person `brief` came in, who is in `rooms` (slug to id)."""
        user_id = brief["id"]
        self._sockets.setdefault(user_id, set()).add(sid)
        self._brief[user_id] = brief
        here = self._rooms_of.setdefault(user_id, {})
        for slug, room_id in rooms.items():
            if slug not in here:
                self._enter(user_id, slug, room_id)

    def depart(self, sid: str, user_id: int) -> None:
        """A socket went; if it was the person's last, look again after the grace period."""
        sockets = self._sockets.get(user_id)
        if sockets is None:
            return
        sockets.discard(sid)
        if not sockets:
            self._later(self._grace, lambda: self._gone(user_id))

    def admit(self, user_id: int, slug: str, room_id: int) -> None:
        """A person became a member of one more room."""
        if user_id in self._sockets and slug not in self._rooms_of[user_id]:
            self._enter(user_id, slug, room_id)

    def dismiss(self, user_id: int, slug: str) -> None:
        """A person is no longer a member of a room."""
        if slug in self._rooms_of.get(user_id, {}):
            self._leave(user_id, slug)

    def rename(self, brief: JSON) -> None:
        """A person is called otherwise now."""
        if brief["id"] in self._brief:
            self._brief[brief["id"]] = brief

    def _gone(self, user_id: int) -> None:
        if self._sockets.get(user_id, True):  # came back, or was forgotten already
            return
        for slug in list(self._rooms_of[user_id]):
            self._leave(user_id, slug)
        del self._sockets[user_id], self._brief[user_id], self._rooms_of[user_id]

    def _enter(self, user_id: int, slug: str, room_id: int) -> None:
        self._rooms_of[user_id][slug] = room_id
        self._people.setdefault(room_id, set()).add(user_id)
        self._announce("join", user_id, slug, room_id)

    def _leave(self, user_id: int, slug: str) -> None:
        room_id = self._rooms_of[user_id].pop(slug)
        people = self._people[room_id]
        people.discard(user_id)
        self._announce("leave", user_id, slug, room_id)
        if not people:
            del self._people[room_id]

    def _announce(self, what: str, user_id: int, slug: str, room_id: int) -> None:
        online = len(self._people[room_id])
        if online <= self._crowd:
            self._publish(room_id, {"type": what, "room": slug, "user": self._brief[user_id], "online": online})
        elif room_id not in self._counting:
            self._counting.add(room_id)
            self._later(COUNT_EVERY, lambda: self._count(slug, room_id))

    def _count(self, slug: str, room_id: int) -> None:
        self._counting.discard(room_id)
        online = len(self._people.get(room_id, ()))
        self._publish(room_id, {"type": "presence", "room": slug, "online": online})
