"""Who is connected to the other processes, in the manner of Phoenix: each tells the others on every change and, every BEAT seconds, how many changes
there have been; who has missed one asks for the whole; who is unheard of for FADE seconds is gone, and all their people with them. No table.

To `Presence` another process is one more socket of each person who is connected there, so joining, leaving and the grace period are the same for all.
Which rooms a person is in, a process where they are connected knows best: what another tells of that, it does not believe.
Knows no sockets and no broker: `tell(what, **arguments)` speaks to the others, `heard` is what they say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from rooms.realtime.presence import Presence

JSON = dict[str, Any]
BEAT = 15.0  # seconds
FADE = 45.0  # seconds
GATHER = 0.05  # seconds in which changes are told along with the first
TOGETHER = 200  # people in one message
PATIENCE = 1.0  # seconds before somebody is asked again


@dataclass
class Other:
    """Another process."""

    heard_at: float
    changes: int = -1  # of its people that we know of; -1: the whole is asked for
    asked_at: float = float("-inf")
    people: set[int] = field(default_factory=set)
    coming: set[int] | None = None  # while the whole comes in parts


class Gossip:
    """Tells of the people here, and knows of those elsewhere."""

    def __init__(
        self,
        tell: Callable[..., None],
        presence: Presence,
        later: Callable[[float, Callable[[], None]], Any],
        now: Callable[[], float] = monotonic,
    ) -> None:
        """`later(seconds, call)` is a timer."""
        self._tell, self._presence, self._later, self._now = tell, presence, later, now
        self._here: set[int] = set()
        self._changes = 0
        self._changed: dict[int, None] = {}  # in order
        self._others: dict[str, Other] = {}

    @property
    def others(self) -> int:
        """How many other processes there are."""
        return len(self._others)

    # --- what we tell

    def begin(self) -> None:
        """Ask who is where; beat from now on."""
        self._tell("ask", of="")
        self._later(BEAT, self._beat)

    def end(self) -> None:
        """This process goes; those who are here come back elsewhere. Nothing more is told."""
        self._tell("bye")
        self._tell = lambda _what, **_arguments: None

    def here(self, user_id: int, rooms: Iterable[str]) -> None:
        """A socket of a person is here, who is in these rooms (slugs)."""
        if user_id not in self._here:
            self._here.add(user_id)
            self._only(user_id, rooms)
            self._change(user_id)

    def gone(self, user_id: int) -> None:
        """The last one went."""
        if user_id in self._here:
            self._here.discard(user_id)
            self._change(user_id)

    def moved(self, user_id: int) -> None:
        """Somebody was let into a room, or out of one. What was told of them before may have crossed that on the way, so it is told again."""
        if user_id in self._here:
            self._change(user_id)

    def repeat(self) -> None:
        """Tell all anew, and ask for all: somebody was cut off."""
        self._tell_all()
        self._tell("ask", of="")

    def _change(self, user_id: int) -> None:
        if not self._changed:
            self._later(GATHER, self._tell_changes)
        self._changed[user_id] = None

    def _tell_changes(self) -> None:
        changed, self._changed = list(self._changed), {}
        here = [self._presence.standing(user_id) for user_id in changed if user_id in self._here]
        gone = [user_id for user_id in changed if user_id not in self._here]
        self._changes += 1
        self._tell("people", changes=self._changes, here=[each for each in here if each], gone=gone)

    def _tell_all(self) -> None:
        """In one breath, so that no change comes between the parts."""
        standing = [each for user_id in self._here if (each := self._presence.standing(user_id))]
        parts = [standing[n : n + TOGETHER] for n in range(0, len(standing), TOGETHER)] or [[]]
        for n, part in enumerate(parts):
            self._tell("all", changes=self._changes, here=part, first=n == 0, last=n == len(parts) - 1)

    def _beat(self) -> None:
        self._tell("beat", changes=self._changes)
        faded = [host for host, other in self._others.items() if self._now() - other.heard_at > FADE]
        for host in faded:
            self._depart(host)
        self._later(BEAT, self._beat)

    # --- what we hear

    def heard(self, host: str, me: str, what: str, said: JSON) -> bool:
        """Another process `host` says `what`; `me`: what they call us. Returns whether it was for us."""
        if what == "ask":
            if said["of"] in ("", me):
                self._tell_all()
        elif what == "bye":
            self._depart(host)
        elif what in ("people", "all", "beat"):
            other = self._others.setdefault(host, Other(self._now()))
            other.heard_at = self._now()
            if what == "people":
                self._hear_changes(host, other, said)
            elif what == "all":
                self._hear_all(host, other, said)
            elif said["changes"] != other.changes:
                self._ask(host, other)
        else:
            return False
        return True

    def _ask(self, host: str, other: Other) -> None:
        other.changes = -1
        if self._now() - other.asked_at > PATIENCE:
            other.asked_at, other.coming = self._now(), None
            self._tell("ask", of=host)

    def _hear_changes(self, host: str, other: Other, said: JSON) -> None:
        if said["changes"] <= other.changes:
            return
        if said["changes"] != other.changes + 1 or other.changes < 0:
            self._ask(host, other)
            return
        other.changes += 1
        self._arrive(host, other, said["here"])
        for user_id in said["gone"]:
            self._leave(host, other, user_id)

    def _hear_all(self, host: str, other: Other, said: JSON) -> None:
        if said["changes"] == other.changes and other.coming is None:
            return
        if said["first"]:
            other.coming = set()
        if other.coming is None:
            return
        other.coming.update(brief["id"] for brief, _ in said["here"])
        self._arrive(host, other, said["here"])
        if said["last"]:
            for user_id in other.people - other.coming:
                self._leave(host, other, user_id)
            other.changes, other.coming = said["changes"], None

    def _arrive(self, host: str, other: Other, people: list[tuple[JSON, dict[str, int]]]) -> None:
        for brief, rooms in people:
            user_id = brief["id"]
            other.people.add(user_id)
            if user_id in self._here:
                self._presence.arrive(host, brief, {})
            else:
                self._presence.arrive(host, brief, rooms)
                self._only(user_id, rooms)

    def _only(self, user_id: int, rooms: Iterable[str]) -> None:
        """Show somebody in these rooms only."""
        for slug in self._presence.rooms(user_id).difference(rooms):
            self._presence.dismiss(user_id, slug)

    def _leave(self, host: str, other: Other, user_id: int) -> None:
        if user_id in other.people:
            other.people.discard(user_id)
            self._presence.depart(host, user_id)

    def _depart(self, host: str) -> None:
        other = self._others.pop(host, None)
        for user_id in list(other.people) if other else ():
            self._leave(host, other, user_id)  # type: ignore[arg-type]
