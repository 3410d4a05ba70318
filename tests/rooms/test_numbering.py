"""Numbering holds on both databases, whatever is written at once by however many threads and processes: `seq` without a gap, `version` without a
repeat, both in the order of commits; a retry stored once, also where it races its original from another connection.
"""

import json
import subprocess
import sys
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import KINDS, migrated
from tests.support.hand import Hand
from tests.support.server import PATIENCE, ROOT

PROCESSES, THREADS, POSTS = 2, 4, 12
ROOMS = ["red", "green", "blue"]


class Weather:
    """A database with three rooms that six people are in, and storms over it."""

    def __init__(self, environment: dict[str, str], hand: Hand) -> None:
        self.environment, self.hand = environment, hand
        self.people = [hand("person", handle=f"u{n}")["id"] for n in range(6)]
        for slug in ROOMS:
            hand("room", slug=slug, members=self.people)

    def storm(self, processes: int, **orders: Any) -> list[dict[str, Any]]:
        """Run the processes; return what each told."""
        common = {"rooms": ROOMS, "people": self.people, "threads": THREADS, "posts": POSTS, "shared": []} | orders
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.support.storm"], cwd=ROOT, env=self.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
            for _ in range(processes)
        ]  # fmt: skip
        for n, process in enumerate(running):
            assert process.stdin is not None
            process.stdin.write(json.dumps(common | {"process": n, "alone": processes == 1}))
            process.stdin.close()
            process.stdin = None
        results = [json.loads(process.communicate(timeout=4 * PATIENCE)[0]) for process in running]
        assert [result["faults"] for result in results] == [[]] * processes
        return results

    def rooms(self) -> dict[str, dict[str, Any]]:
        """What is stored."""
        return {slug: self.hand("stored", room=slug) for slug in ROOMS}


@pytest.fixture(params=KINDS)
def weather(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Weather]:
    """An empty database."""
    with migrated(request.param, tmp_path) as environment:
        hand = Hand(environment, ROOT)
        yield Weather(environment, hand)
        hand.close()


def check_counters(rooms: dict[str, dict[str, Any]]) -> None:
    for room in rooms.values():
        seqs = [message["seq"] for message in room["messages"]]
        versions = [message["version"] for message in room["messages"]]
        assert seqs == list(range(1, room["last_seq"] + 1))
        assert len(set(versions)) == len(versions)
        assert max(versions) == room["version"]
        untouched = [m["version"] for m in room["messages"] if not m["edited_at"] and not m["deleted"]]
        assert untouched == sorted(untouched), "what was only posted has its versions in the order of its numbers"


def test_many_threads_of_many_processes(weather: Weather) -> None:
    shared = [
        {"room": ROOMS[n % 3], "author": weather.people[n % 6], "client_id": str(uuid.uuid4())} for n in range(10)
    ]
    results = weather.storm(PROCESSES, shared=shared)
    rooms = weather.rooms()
    check_counters(rooms)

    told = [answer for result in results for answer in result["told"]]
    assert not [answer for answer in told if answer["code"]]
    answers = defaultdict(set)
    for answer in told:
        answers[answer["room"], answer["client_id"]].add(answer["seq"])
    assert all(len(seqs) == 1 for seqs in answers.values()), "a retry was answered with another message"
    stored = Counter((slug, m["client_id"]) for slug, room in rooms.items() for m in room["messages"])
    assert set(stored.values()) == {1}
    assert set(stored) == set(answers)
    own = PROCESSES * THREADS * (POSTS + 3 * 6)
    assert sum(stored.values()) == own + len(shared)


def test_a_client_that_only_asks_what_is_new_ends_with_the_true_state(weather: Weather) -> None:
    weather.storm(1, threads=6)
    check_counters(weather.rooms())


def test_one_client_id_for_two_rooms_is_stored_in_one(weather: Weather) -> None:
    """The same id, raced into different rooms: the first wins, the others are told that it is used."""
    ids = [str(uuid.uuid4()) for _ in range(8)]
    shared = [{"room": room, "author": weather.people[0], "client_id": each} for each in ids for room in ROOMS]
    results = weather.storm(PROCESSES, shared=shared, posts=0)
    rooms = weather.rooms()
    check_counters(rooms)
    stored = {m["client_id"]: slug for slug, room in rooms.items() for m in room["messages"]}
    assert set(ids) <= set(stored)
    assert len([1 for room in rooms.values() for m in room["messages"] if m["client_id"] in ids]) == len(ids)
    for answer in (answer for result in results for answer in result["told"] if answer["client_id"] in ids):
        assert answer["code"] == ("" if stored[answer["client_id"]] == answer["room"] else "invalid")
