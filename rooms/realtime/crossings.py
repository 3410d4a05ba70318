"""Words on how somebody stands have no version (standing.py): two that two processes say at about the same time may come in another order than they
became true. Then the person is told once more, what is stored.

Invariant: after words of two processes on the same thing, however they came, the last that its person hears is of after both.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from rooms import broadcast, payloads
from rooms.models import Follower, Membership, Room, Saved
from rooms.realtime.doubts import Doubts
from rooms.realtime.standing import UNNUMBERED, Standing

JSON = dict[str, Any]
TO_USER = "user:"


class Thing(NamedTuple):
    """What a word is on: of the type `kind`, a room, and in it a message or thread where the word has one."""

    kind: str
    slug: str
    seq: int


class Crossings:
    """Hears the words that go out, and says some anew."""

    def __init__(
        self,
        later: Callable[[float, Callable[[], None]], Any],
        errand: Callable[[Callable[[], None]], None],
        tell: Callable[[str, JSON], None],
        standing: Standing,
    ) -> None:
        """`errand` runs a call where there is a database; `tell` says something to those of an address who are here."""
        self._errand, self._tell, self._standing = errand, tell, standing
        self._doubts = Doubts(later, self._doubt)
        self._due: set[tuple[int, Thing]] = set()  # by the person's id

    def heard(self, to: str, data: Any, host: str) -> None:
        """A process has said something to those of `to`, some of whom are here."""
        if not to.startswith(TO_USER) or not isinstance(data, dict) or data.get("type") not in UNNUMBERED:
            return
        if data["type"] == "room" and ("gone" in data or "version" in data):  # let out, or in: `Doubts` of their own
            return
        of = int(to.removeprefix(TO_USER)), Thing(data["type"], data["room"], data.get("seq", 0))
        self._doubts.said(of, host, of)

    def _doubt(self, of: tuple[int, Thing]) -> None:
        self._due.add(of)
        if len(self._due) == 1:
            self._errand(self._say_anew)

    def _say_anew(self) -> None:
        people: defaultdict[Thing, list[int]] = defaultdict(list)
        due, self._due = self._due, set()
        for user, thing in due:
            people[thing].append(user)
        for thing, users in people.items():
            before = {user: self._standing.words_on(broadcast.to_user(user)) for user in users}
            for user, now in stored(thing, users).items():
                to = broadcast.to_user(user)
                if self._standing.words_on(to) == before[user]:
                    self._tell(to, {"type": thing.kind, "room": thing.slug, **now})
                else:  # something newer came meanwhile
                    self._doubt((user, thing))


def stored(thing: Thing, users: Collection[int]) -> dict[int, JSON]:
    """What is to be said of it to each of the users (ids); who is not concerned any more is left out."""
    if thing.kind == "thread":
        room = Room.objects.filter(slug=thing.slug).first()
        found = Follower.objects.standing(room, thing.seq, users) if room else []
        return {each.user_id: payloads.thread(each) for each in found}
    if thing.kind == "saved":
        saved = Saved.objects.filter(user__in=users, room__slug=thing.slug, seq=thing.seq)
        have = set(saved.values_list("user", flat=True))
        return {user: {"seq": thing.seq, "on": user in have} for user in users}
    of = payloads.read_mark if thing.kind == "read" else payloads.standing
    return {each.user_id: of(each) for each in Membership.objects.standing(users, [thing.slug])}
