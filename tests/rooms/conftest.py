"""People, rooms and what was said, made through `actions`; what they publish is heard by a list.

Tests that hear commit for real (`transactional_db`): what is published is published after a commit or not at all.
"""

import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from django.test import Client

from accounts import filtering
from accounts.models import User
from rooms import actions, broadcast, limits
from rooms.models import Membership, Message, Room


class Recorder:
    """A carrier that carries nowhere: `said` has what was published, in order; `moved` who was let in and out; `online`: who is, in every room."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.moved: list[tuple[Any, ...]] = []
        self.online: set[int] = set()

    def publish(self, to: str, data: dict[str, Any]) -> None:
        self.said.append((to, data))

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        self.moved.append(("grant", user_id, slug))

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        self.moved.append(("revoke", user_id, slug))

    def present(self, room_id: int) -> set[int]:
        return set(self.online)

    def refresh(self, user: Any) -> None:
        self.moved.append(("refresh", user.pk))

    def expel(self, target: str, but: str = "") -> None:
        self.moved.append(("expel", target, but) if but else ("expel", target))

    def renew(self, target: str) -> None:
        self.moved.append(("renew", target))

    def of(self, type: str) -> list[dict[str, Any]]:
        """What was said of this type, to whomever."""
        return [data for _, data in self.said if data["type"] == type]

    def clear(self) -> None:
        """Forget."""
        self.said.clear()
        self.moved.clear()


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Nobody has sent anything yet."""
    for kind in ("message", "edit", "reaction", "typing", "join", "upload", "event"):
        fresh = limits.Limit(getattr(settings, f"{kind.upper()}_BURST"), getattr(settings, f"{kind.upper()}_RATE"))
        monkeypatch.setattr(limits, f"{kind}s" if kind != "typing" else kind, fresh)


@pytest.fixture(autouse=True)
def _no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site filters no words; nothing is asked of the database for it, until it is told to `forget` that."""
    monkeypatch.setattr(filtering, "_known", (math.inf, "off", None))


@pytest.fixture
def heard(transactional_db: None) -> Iterator[Recorder]:
    """What leaves through the broadcast port."""
    recorder = Recorder()
    before = broadcast.attach(recorder)
    yield recorder
    broadcast.attach(before)


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a person: `person("ana")`."""
    numbers = count(1)

    def make(handle: str = "", **fields: Any) -> User:
        handle = handle or f"person-{next(numbers)}"
        fields = {"email": f"{handle}@example.com", "name": handle.title()} | fields
        return User.objects.create_user(handle=handle, **fields)

    return make


@pytest.fixture
def room(db: None) -> Callable[..., Room]:
    """Make a room with its people: `room(ana, bo, slug="den", moderators=[eve])`."""
    numbers = count(1)

    def make(*members: User, slug: str = "", moderators: Any = (), **fields: Any) -> Room:
        slug = slug or f"room-{next(numbers)}"
        made = actions.create_room(None, fields.pop("name", slug.title()), slug=slug, **fields)
        actions.admit(made, members)
        actions.admit(made, moderators, Membership.Role.MODERATOR)
        return made

    return make


@pytest.fixture
def say() -> Callable[..., list[Message]]:
    """Post: `say(room, ana, "one", "two")`."""

    def post(room: Room, author: User, *bodies: str, **fields: Any) -> list[Message]:
        posted = actions.post([actions.Draft(author, room.slug, body, **fields) for body in bodies])
        return [each.message for each in posted]  # type: ignore[union-attr]

    return post


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person("ana")


@pytest.fixture
def bo(person: Callable[..., User]) -> User:
    return person("bo")


@pytest.fixture
def den(room: Callable[..., Room], ana: User, bo: User) -> Room:
    """A room that Ana and Bo are in."""
    return room(ana, bo, slug="den")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which somebody is signed in."""

    def open_(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return open_
