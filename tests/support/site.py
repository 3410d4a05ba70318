"""A served site with a hand in its database: what a test asks for people and rooms."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.databases import furnish
from tests.support.hand import Hand
from tests.support.people import Person
from tests.support.server import ROOT, Server

GRACE = 0.3  # seconds after which the test sites say that somebody left
_numbers = count(1)


class Site:
    """A server and those who use it. Names are made unique, so that tests can share one."""

    def __init__(self, server: Server, hand: Hand) -> None:
        self.server, self.hand = server, hand

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return self.server.url

    def person(self, handle: str = "p", *, lobby: bool = False, **fields: Any) -> Person:
        """Somebody new, signed in, in no room but the Lobby where asked. `fields` are columns of the user."""
        made = self.hand("person", handle=f"{handle}-{next(_numbers)}", **fields)
        if lobby:
            self.hand("lobby")
            self.hand("admit", room="lobby", user=made["id"])
        return Person(self.url, **made)

    def admin(self) -> Person:
        """An administrator."""
        return self.person("admin", is_staff=True, is_superuser=True)

    def room(self, *members: Person, slug: str = "room", moderators: Sequence[Person] = (), **fields: Any) -> str:
        """A new room with these people; return its slug."""
        ids = {"members": [p.id for p in members], "moderators": [p.id for p in moderators]}
        slug = f"{slug}-{next(_numbers)}"
        self.hand("room", slug=slug, **ids, **fields)
        return slug

    def direct(self, by: Person, *people: Person) -> str:
        """The direct conversation of these people; return its slug. Nobody who is connected hears of it."""
        return str(self.hand("direct", by=by.id, people=[person.id for person in people]))

    def invitation(self, room: str, by: Person, **terms: Any) -> str:
        """A link into the room. `terms`: days, max_uses."""
        return self.url + self.hand("invitation", room=room, user=by.id, **terms)["address"]  # type: ignore[no-any-return]

    def say(self, room: str, author: Person, *bodies: str) -> list[dict[str, Any]]:
        """Store messages; nobody who is connected hears of them."""
        return self.hand("say", room=room, author=author.id, bodies=bodies)  # type: ignore[no-any-return]

    def stored(self, room: str) -> dict[str, Any]:
        """What the database has of a room: its payload, and `messages`."""
        return self.hand("stored", room=room)  # type: ignore[no-any-return]


@contextmanager
def serving(home: Path, is_forked: bool = True, **settings: Any) -> Iterator[Site]:
    """A site of one's own, served from `home` until the end of the block; not `is_forked` where one measures it, or its start."""
    server = Server(home, is_forked=is_forked, **{"PRESENCE_GRACE": GRACE} | settings)
    hand = None
    if "DATABASE_URL" not in settings:
        furnish(home)
    try:
        server.start()
        hand = Hand(server.environment, ROOT)
        yield Site(server, hand)
    finally:
        if hand:
            hand.close()
        server.stop()
