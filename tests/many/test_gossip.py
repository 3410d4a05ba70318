"""Presence across processes: who is told of whom, and what becomes of those whose process says nothing more."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.realtime.gossip import BEAT, FADE, Gossip
from rooms.realtime.presence import Presence

ROOM = 7


class World:
    """Processes with a broker between them that may lose things; time passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.processes: dict[str, Process] = {}
        self.on_the_way: list[tuple[str, str, dict[str, Any]]] = []
        self.losing = self.slow = False
        self.members: set[int] = {1, 2, 3}

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append((self.now + seconds, call))

    def start(self, name: str) -> "Process":
        self.processes[name] = process = Process(self, name)
        process.gossip.begin()
        self.settle()
        return process

    def settle(self) -> None:
        if not self.slow:
            self.deliver(len(self.on_the_way))
            while self.on_the_way:
                self.deliver(1)

    def deliver(self, messages: int) -> None:
        for _ in range(min(messages, len(self.on_the_way))):
            host, what, said = self.on_the_way.pop(0)
            for name, process in list(self.processes.items()):
                if name != host and not process.gossip.heard(host, name, what, said):
                    process.move(**said)

    def pass_(self, seconds: float) -> None:
        until = self.now + seconds
        while due := sorted((each for each in self.timers if each[0] <= until), key=lambda each: each[0]):
            self.timers.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
            self.settle()
        self.now = until


class Process:
    def __init__(self, world: World, name: str) -> None:
        self.world, self.name, self.said = world, name, []  # type: ignore[var-annotated]
        later = self.guarded
        self.presence = Presence(lambda room, data: self.said.append(data), later, grace=5, crowd=100)
        self.gossip = Gossip(self.tell, self.presence, later, lambda: world.now)

    def guarded(self, seconds: float, call: Callable[[], None]) -> None:
        self.world.later(seconds, lambda: self.name in self.world.processes and call())

    def tell(self, what: str, **said: Any) -> None:
        if not self.world.losing and self.name in self.world.processes:
            self.world.on_the_way.append((self.name, what, said))

    def connect(self, user: int, sid: str = "s") -> None:
        rooms = {"den": ROOM} if user in self.world.members else {}
        self.presence.arrive(f"{sid}{user}", {"id": user}, rooms)
        self.gossip.here(user, rooms)

    def disconnect(self, user: int, sid: str = "s") -> None:
        self.presence.depart(f"{sid}{user}", user)
        self.gossip.gone(user)

    def let(self, user: int, *, into: bool) -> None:
        """As an action here, and then everywhere: `sharing` does so."""
        (self.world.members.add if into else self.world.members.discard)(user)
        self.move(user, into)
        self.tell("moved", user=user, into=into)

    def move(self, user: int, into: bool) -> None:
        if into:
            self.presence.admit(user, "den", ROOM)
        else:
            self.presence.dismiss(user, "den")
        self.gossip.moved(user)

    def notices(self) -> list[tuple[str, int]]:
        return [(data["type"], data["user"]["id"]) for data in self.said]


@pytest.fixture
def world() -> World:
    return World()


def test_who_comes_and_goes_elsewhere_is_announced_here(world: World) -> None:
    a, b = world.start("a"), world.start("b")
    a.connect(1)
    b.connect(2)
    world.pass_(1)
    assert a.presence.people(ROOM) == b.presence.people(ROOM) == {1, 2}
    assert a.notices() == [("join", 1), ("join", 2)]
    b.disconnect(2)
    world.pass_(1)
    assert a.presence.people(ROOM) == {1, 2}, "within the grace period"
    world.pass_(5)
    assert a.presence.people(ROOM) == b.presence.people(ROOM) == {1}
    assert a.notices()[-1] == ("leave", 2)


def test_who_goes_over_to_another_process_is_not_announced(world: World) -> None:
    a, b = world.start("a"), world.start("b")
    a.connect(1)
    b.connect(2)
    world.pass_(1)
    b.disconnect(2)
    a.connect(2)
    world.pass_(60)
    assert a.notices() == [("join", 1), ("join", 2)]
    assert sorted(b.notices()) == [("join", 1), ("join", 2)]


def test_who_starts_later_knows_all(world: World) -> None:
    a = world.start("a")
    world.members = set(range(450))
    for user in range(450):
        a.connect(user)
    world.pass_(1)
    assert world.start("b").presence.people(ROOM) == set(range(450))


def test_what_was_lost_is_asked_for_at_the_next_beat(world: World) -> None:
    a, b = world.start("a"), world.start("b")
    a.connect(1)
    world.pass_(1)
    world.losing = True
    a.connect(2)
    a.disconnect(1)
    world.pass_(1)
    world.losing = False
    world.pass_(BEAT + 6)
    assert b.presence.people(ROOM) == {2}


def test_who_is_let_out_while_they_come_in_elsewhere_is_out_everywhere(world: World) -> None:
    """What b tells of its newcomer, and what it hears of them, cross on the way."""
    a, b = world.start("a"), world.start("b")
    b.presence.arrive("s1", {"id": 1}, {"den": ROOM, "other": 8})
    b.gossip.here(1, ["den", "other"])
    said = ("b", "people", {"changes": 1, "here": [({"id": 1}, {"den": ROOM, "other": 8})], "gone": []})
    a.presence.dismiss(1, "den")
    a.gossip.heard(said[0], "a", said[1], said[2])
    b.presence.dismiss(1, "den")
    b.gossip.moved(1)
    world.pass_(BEAT + 1)
    assert a.presence.people(ROOM) == b.presence.people(ROOM) == set()
    assert a.presence.people(8) == {1}


def test_a_process_that_says_nothing_more_fades_with_its_people(world: World) -> None:
    a, b = world.start("a"), world.start("b")
    a.connect(1)
    b.connect(1)
    b.connect(2)
    world.pass_(1)
    del world.processes["b"]
    world.pass_(FADE - BEAT)
    assert a.presence.people(ROOM) == {1, 2}
    world.pass_(2 * BEAT + 6)
    assert a.presence.people(ROOM) == {1} and a.gossip.others == 0
    assert a.notices() == [("join", 1), ("join", 2), ("leave", 2)]


def test_a_process_that_says_goodbye_is_gone_after_the_grace_period(world: World) -> None:
    a, b = world.start("a"), world.start("b")
    a.connect(1)
    b.connect(2)
    world.pass_(1)
    b.gossip.end()
    b.disconnect(2)
    world.pass_(6)
    assert a.presence.people(ROOM) == {1}


ACTS = st.tuples(
    st.sampled_from(["connect", "disconnect", "let in", "let out", "deliver", "wait"]), st.booleans(), st.integers(1, 3)
)


@given(st.lists(ACTS, max_size=25))
def test_who_was_said_to_be_here_is_said_to_have_left_whatever_crosses_on_the_way(
    acts: list[tuple[str, bool, int]],
) -> None:
    world = World()
    here, there = world.start("a"), world.start("b")
    connected: set[tuple[Process, int]] = set()
    world.slow = True
    for what, which, n in acts:
        process = there if which else here
        if what == "connect" and (process, n) not in connected:
            connected.add((process, n))
            process.connect(n)
        elif what == "disconnect" and (process, n) in connected:
            connected.discard((process, n))
            process.disconnect(n)
        elif what in ("let in", "let out") and (n in world.members) != (what == "let in"):
            while any(
                said[1] == "moved" for said in world.on_the_way
            ):  # two at the same moment the examiner sets right
                world.deliver(1)
            process.let(n, into=what == "let in")
        elif what == "deliver":
            world.deliver(n)
        elif what == "wait":
            world.pass_(n / 30)
    world.slow = False
    world.settle()
    world.pass_(BEAT + 6)
    online = {user for _, user in connected} & world.members
    for process in (here, there):
        assert process.presence.people(ROOM) == online
        for user in (1, 2, 3):
            told = [what for what, whom in process.notices() if whom == user]
            assert told == (["join", "leave"] * len(told))[: len(told)]
            assert (told[-1:] == ["join"]) == (user in online)
