"""Two processes let somebody out of a room and in again; who did the first tells of it last. By what is stored it comes right at once."""

from pathlib import Path
from typing import Any

import pytest

from rooms.realtime.doubts import CALM, WITHIN, Doubts
from tests.support.hand import Hand
from tests.support.people import Client
from tests.support.server import ROOT
from tests.support.several import serving_several


@pytest.mark.server
def test_what_is_told_too_late_is_set_right_by_what_is_stored(tmp_path: Path) -> None:
    with serving_several(tmp_path, EXAMINE_EVERY=3600) as site:
        ana, bo = site.person("ana"), site.person("bo")
        den, lair = site.room(ana, bo), site.room(bo)
        outside = Hand(site.server.environment, ROOT)

        def moved(room: str, *acts: str) -> None:
            outside("backwards", acts=[(act, {"room": room, "user": ana.id}) for act in acts])

        with ana.client() as here, bo.client() as there:
            here.hello()
            moved(den, "dismiss", "admit")
            in_room(here, den)
            gone(here, den)
            in_room(here, den)
            moved(lair, "admit", "dismiss")
            gone(here, lair)
            in_room(here, lair)
            gone(here, lair)
            for room in (lair, den):
                assert there.ask("message", {"room": room, "body": "hello"})["ok"]
            here.expect("message", room=den)
            assert not here.all("message", room=lair)
        outside.close()
        assert not site.server.trouble()


@pytest.mark.server
def test_how_somebody_stands_is_told_anew_where_two_processes_told_it(tmp_path: Path) -> None:
    with serving_several(tmp_path, EXAMINE_EVERY=3600) as site:
        ana, bo = site.person("ana"), site.person("bo")
        room = site.room(ana, bo)
        outside = Hand(site.server.environment, ROOT)
        with ana.client() as here, bo.client() as there:
            here.hello()
            there.hello()

            def late(**word: Any) -> None:
                """Ana hears last what is no longer true, and then what is."""
                now = next(data for data in reversed(here.heard) if data["type"] == word["type"])
                outside("claim", to=f"user:{ana.id}", data={**now, **word})
                here.expect(**{**now, **word})
                here.expect(**{key: value for key, value in now.items() if key in word or key in ("room", "seq")})

            assert here.ask("message", {"room": room, "body": "a question"})["ok"]
            assert there.ask("message", {"room": room, "body": "an answer", "thread": 1})["ok"]
            here.expect("thread", seq=1, unread=1)
            assert here.ask("thread_read", {"room": room, "seq": 1, "upto": 2})["ok"]
            here.expect("thread", seq=1, unread=0)
            late(type="thread", last_read_seq=1, unread=1)
            assert there.ask("message", {"room": room, "body": "by the way"})["ok"]
            assert here.ask("read", {"room": room, "seq": 3})["ok"]
            here.expect("read", last_read_seq=3)
            late(type="read", last_read_seq=1, unread=1)
            assert here.ask("save", {"room": room, "seq": 1, "on": True})["ok"]
            here.expect("saved", on=True)
            late(type="saved", on=False)
            assert here.ask("involve", {"room": room, "involvement": "nothing"})["ok"]
            here.expect("room", involvement="nothing")
            late(type="room", involvement="all")
        outside.close()
        assert not site.server.trouble()


def in_room(client: Client, room: str) -> None:
    client.expect("room", room=room, version=0)


def gone(client: Client, room: str) -> None:
    client.expect("room", room=room, gone=True)


class Time:
    """Time that passes when told to, and what is to be done then."""

    def __init__(self) -> None:
        self.now, self.due = 0.0, list[tuple[float, object]]()
        self.seen: list[int] = []
        self.doubts = Doubts(self.later, self.seen.append, lambda: self.now)

    def later(self, seconds: float, call: object) -> None:
        self.due.append((self.now + seconds, call))

    def passes(self, seconds: float) -> None:
        self.now += seconds
        due, self.due = self.due, [each for each in self.due if each[0] > self.now]
        for when, call in due:
            if when <= self.now:
                call()  # type: ignore[operator]


def test_only_who_went_both_ways_is_looked_at_and_once() -> None:
    time = Time()
    for user in range(1000):
        time.doubts.said((user, 7), True, user)
        time.doubts.said((user, 7), True, user)  # another role
        time.doubts.said((user, 8), False, user)
    assert not time.due
    for is_in in (False, True, False):
        time.doubts.said((3, 7), is_in, 3)
    time.passes(CALM)
    assert time.seen == [3] and not time.due
    time.doubts.said((3, 7), True, 3)
    time.passes(CALM)
    assert time.seen == [3, 3], "what comes later still is looked at anew"


def test_who_comes_back_much_later_is_not_looked_at_and_nothing_is_kept() -> None:
    time = Time()
    time.doubts.said((3, 7), True, 3)
    time.passes(WITHIN + 1)
    time.doubts.said((3, 7), False, 3)
    assert not time.due
    time.passes(WITHIN + 1)
    time.doubts.said((4, 7), False, 4)
    assert len(time.doubts._said) == 1
