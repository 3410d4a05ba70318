"""Unread that is never wrong: after any history, on any device of several people, what each is shown is what the definition says.

The definition: the messages of the log above one's position that still stand and that others wrote; those of them that call one who was there, apart;
the same of each thread that one follows. One's position is what was read, or marked unread, last; posting reads what stands above. The history goes
through the actions, with a real database; what is shown is asked of the list, of `sync`, of a page, and of the browser's own counts, which hear the
events only.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.test import Client
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from rooms import actions, broadcast, sidebar, sync
from rooms.errors import ChatError
from rooms.models import Follower, Membership, Message, Room
from tests.rooms.conftest import Recorder

JSON = dict[str, Any]
ROOT = Path(__file__).parents[2]
PEOPLE = 3
SLUGS = ["room-0", "room-1"]

who = st.integers(0, PEOPLE - 1)
where = st.sampled_from(SLUGS)
seq = st.integers(1, 6)
words = st.sampled_from(["hi", "@u0", "@u1 and @u2", "@room"])
steps = st.one_of(
    st.tuples(st.just("post"), who, where, words),
    st.tuples(st.just("answer"), who, where, words, seq),
    st.tuples(st.just("edit"), who, where, seq, words),
    st.tuples(st.just("delete"), who, where, seq),
    st.tuples(st.just("read"), who, where, seq),
    st.tuples(st.just("unread"), who, where, seq),
    st.tuples(st.just("follow"), who, where, seq, st.booleans()),
    st.tuples(st.just("thread_read"), who, where, seq, st.integers(1, 9)),
    st.tuples(st.just("join"), who, where),
    st.tuples(st.just("leave"), who, where),
)


class Ears(Recorder):
    """What each person's devices hear."""

    def __init__(self, people: list[User]) -> None:
        super().__init__()
        rooms = {each.pk: set(Membership.objects.filter(user=each).values_list("room", flat=True)) for each in people}
        self.hears = {pk: {broadcast.to_user(pk), *map(broadcast.to_room, ids)} for pk, ids in rooms.items()}
        self.heard: dict[int, list[JSON]] = {each.pk: [] for each in people}

    def publish(self, to: str, data: JSON) -> None:
        for user, targets in self.hears.items():
            if to in targets:
                self.heard[user].append(json.loads(json.dumps(data)))

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        self.hears[user_id].add(broadcast.to_room(room_id))

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        self.hears[user_id].discard(broadcast.to_room(room_id))


class Definition:
    """Where everybody has read to, kept by hand; and what is unread by that."""

    def __init__(self, people: list[User]) -> None:
        self.people = people
        self.position: dict[tuple[int, str], int] = {}
        self.said: dict[
            tuple[str, int], tuple[str, set[int]]
        ] = {}  # of each message: the words, and who was there to be called by them
        for member in Membership.objects.select_related("room"):
            self.position[member.user_id, member.room.slug] = member.room.last_seq

    def after(self, user: User, slug: str, step: tuple[Any, ...]) -> None:
        """A step was done."""
        key, last = (user.pk, slug), Room.objects.get(slug=slug).last_seq
        match step:
            case ("post" | "answer", _, _, words, *_):
                self.hear(slug, last, words)
            case ("edit", _, _, seq, words):
                self.hear(slug, seq, words)
        match step:
            case ("post", *_):
                self.position[key] = last
            case ("read", _, _, seq):
                self.position[key] = max(self.position[key], min(seq, last))
            case ("unread", _, _, seq) if not Message.objects.get(room__slug=slug, seq=seq).thread:
                self.position[key] = seq - 1
            case ("join", *_):
                self.position.setdefault(key, last)
            case ("leave", *_):
                del self.position[key]

    def hear(self, slug: str, seq: int, words: str) -> None:
        """Something is said, or said otherwise, in a room."""
        if self.said.get((slug, seq), ("", set()))[0] != words:
            self.said[slug, seq] = words, {user for user, room in self.position if room == slug}

    def calls(self, user: User, message: Message) -> bool:
        """Whether it calls the person: all, or by name who was in the room then."""
        words, there = self.said.get((message.room.slug, message.seq), ("", set()))
        return "@room" in words or (f"@{user.handle}" in words and user.pk in there)

    def now(self) -> dict[int, dict[str, JSON]]:
        """What is unread, by person and room: by the log and by who follows which thread, as they stand."""
        log = list(Message.objects.filter(deleted_at=None).select_related("room", "author"))
        follows = list(Follower.objects.filter(is_following=True).select_related("room").order_by("seq"))
        found: dict[int, dict[str, JSON]] = {user.pk: {} for user in self.people}
        by_id = {user.pk: user for user in self.people}
        for (user_id, slug), at in self.position.items():
            user = by_id[user_id]
            others = [message for message in log if message.room.slug == slug and message.author != user]
            threads = []
            for each in (each for each in follows if each.room.slug == slug and each.user_id == user_id):
                above = [answer for answer in others if answer.thread == each.seq and answer.seq > each.last_read_seq]
                if above:
                    threads.append((each.seq, len(above), sum(self.calls(user, answer) for answer in above)))
            above = [message for message in others if message.thread is None and message.seq > at]
            found[user_id][slug] = {
                "unread": len(above), "mentions": sum(self.calls(user, each) for each in above),
                "last_read_seq": at, "threads": threads,
            }  # fmt: skip
        return found


def brief(room: JSON) -> JSON:
    threads = [(each["seq"], each["unread"], each["mentions"]) for each in room["threads"]]
    return {name: room[name] for name in ("unread", "mentions", "last_read_seq")} | {"threads": threads}


def do(user: User, slug: str, step: tuple[Any, ...]) -> None:
    kind, _, _, *rest = step
    acts: dict[str, Callable[[], Any]] = {
        "post": lambda: actions.post_one(actions.Draft(user, slug, rest[0])),
        "answer": lambda: actions.post_one(actions.Draft(user, slug, rest[0], thread=rest[1])),
        **{name: lambda name=name: getattr(actions, name)(user, slug, *rest) for name in (  # type: ignore[misc]
            "edit", "delete", "read", "unread", "follow", "thread_read", "join", "leave"
        )},
    }  # fmt: skip
    acts[kind]()


def test_what_is_shown_is_what_the_definition_says(transactional_db: None) -> None:
    histories: list[JSON] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=st.lists(steps, min_size=10, max_size=40))
    @example(history=[("post", 0, "room-0", "@u1 and @u2"), ("join", 2, "room-0"), ("unread", 2, "room-0", 3)])
    def check(history: list[tuple[Any, ...]]) -> None:
        people = begin()
        definition, ears = Definition(people), Ears(people)
        told = [{"me": each.pk, "hello": sidebar.rooms_of(each), "steps": []} for each in people]
        before = broadcast.attach(ears)
        try:
            for step in history:
                user, slug = people[step[1]], step[2]
                try:
                    do(user, slug, step)
                except ChatError as refusal:
                    event(f"{step[0]}: {refusal.code}")
                else:
                    event(f"{step[0]}: done")
                    definition.after(user, slug, step)
                unread, shown = definition.now(), sidebar.rooms_of_all([each.pk for each in people])
                for each, tale in zip(people, told, strict=True):
                    assert {room["slug"]: brief(room) for room in shown[each.pk]} == unread[each.pk], (step, each)
                    tale["steps"].append({"step": step, "events": ears.heard[each.pk], "rooms": shown[each.pk]})
                    ears.heard[each.pk] = []
            for each in people:
                as_everywhere(each)
        finally:
            broadcast.attach(before)
        histories.extend(told)

    check()
    in_the_browser(histories)


def begin() -> list[User]:
    """Three people and two rooms, in each of which something was said."""
    Message.objects.all().delete()
    Room.objects.all().delete()
    people = [
        User.objects.get_or_create(handle=f"u{n}", email=f"u{n}@example.com", name=f"U {n}")[0] for n in range(PEOPLE)
    ]
    for n, slug in enumerate(SLUGS):
        room = actions.create_room(None, slug.title(), slug=slug)
        actions.admit(room, people[: 2 + n])
        actions.post([actions.Draft(people[m], slug, "something to answer") for m in (1, 0)])
    Membership.objects.update(last_read_seq=2)
    return people


def as_everywhere(user: User) -> None:
    """`sync` and the page say what the list says."""
    shown = json.loads(json.dumps(sidebar.rooms_of(user)))
    caught_up = sync.changes(user, {room["slug"]: 0 for room in shown})
    assert [json.loads(json.dumps(caught_up[room["slug"]]["room"])) for room in shown] == shown
    browser = Client()
    browser.force_login(user)
    page = browser.get("/threads/").content.decode()
    found = re.search(r'<script id="rooms-data" type="application/json">(.*?)</script>', page)
    assert found and json.loads(found[1]) == shown


def in_the_browser(histories: list[JSON]) -> None:
    """Who counts by the events, as the page does, comes to the same."""
    node = shutil.which("node")
    assert node
    given = json.dumps(histories)
    told = subprocess.run(
        [node, "tests/js/model/replay.mjs"],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-4000:]
    counted = json.loads(told.stdout)
    assert counted["doubts"] < counted["steps"] / 4, counted
