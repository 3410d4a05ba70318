"""Convergence: for any history of actions, a client that applied every event it was sent equals one that has just come.

The client here keeps what docs/protocol.md tells it to keep: its rooms, their messages by `seq`, its read marks; and applies `data` as told there.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from accounts.models import User
from rooms import actions, broadcast, payloads, sidebar
from rooms.errors import ChatError
from rooms.models import Membership, Message, Room, Sanction, Saved
from tests.rooms.conftest import Recorder

JSON = dict[str, Any]
PEOPLE, ROOMS, SEQS = 3, 2, 4
HOUR = timedelta(hours=1)
DIRECT = "direct"  # the address of the conversation of the first two

who = st.integers(0, PEOPLE - 1)
shared = st.sampled_from([f"room-{n}" for n in range(ROOMS)])
where = st.one_of(shared, st.just(DIRECT))
seq = st.integers(1, SEQS)
words = st.sampled_from(["hi", "*so*", "see http://example.com", "<b>", "@u0", "@u1 and @u2", "@room"])
steps = st.one_of(
    st.tuples(st.just("post"), who, where, words),
    st.tuples(st.just("reply"), who, where, words, seq),
    st.tuples(st.just("answer"), who, where, words, seq),
    st.tuples(st.just("edit"), who, where, seq, words),
    st.tuples(st.just("delete"), who, where, seq),
    st.tuples(st.just("react"), who, where, seq, st.sampled_from(["👍", "🎉"]), st.booleans()),
    st.tuples(st.just("pin"), who, where, seq, st.booleans()),
    st.tuples(st.just("save"), who, where, seq, st.booleans()),
    st.tuples(st.just("read"), who, where, seq),
    st.tuples(st.just("follow"), who, where, seq, st.booleans()),
    st.tuples(st.just("thread_read"), who, where, seq, st.integers(1, 9)),
    st.tuples(st.just("join"), who, where),
    st.tuples(st.just("leave"), who, where),
    st.tuples(st.just("role"), who, shared, st.sampled_from(["member", "moderator"])),
    st.tuples(st.just("rename"), shared, words),
    st.tuples(st.just("kind"), shared, st.sampled_from(["open", "closed"])),
    st.tuples(st.just("archive"), where),
    st.tuples(st.just("unarchive"), where),
    st.tuples(st.just("purge"), where, seq),
    st.tuples(st.just("mute"), who, shared),
    st.tuples(st.just("ban"), who, shared),
    st.tuples(st.just("lift"), who, shared, st.sampled_from(["mute", "ban"])),
    st.tuples(st.just("clear"), who, shared),
    st.tuples(st.just("hush"), who, shared, st.booleans()),
    st.tuples(st.just("slow"), shared, st.sampled_from([0, 60])),
)


class Client(Recorder):
    """One person's client, and the server's knowledge of which rooms it hears."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        self.hears: dict[str, int] = {}
        self.rooms: dict[str, JSON] = {}
        self.messages: dict[str, dict[int, JSON]] = {}
        self.saved: dict[str, set[int]] = {}
        self.come()

    def come(self) -> None:
        """What `hello` and the first page tell."""
        for membership in Membership.objects.of(self.user):
            self.hears[membership.room.slug] = membership.room_id
        self.rooms = {room["slug"]: room for room in sidebar.rooms_of(self.user)}
        self.messages = {slug: _messages(slug) for slug in self.rooms}
        found = Saved.objects.numbers([self.user.pk])[self.user.pk]
        self.saved = {slug: set(seqs) for slug, seqs in found.items()}

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        if user_id == self.user.pk:
            self.hears[slug] = room_id

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        if user_id == self.user.pk:
            self.hears.pop(slug, None)

    def publish(self, to: str, data: JSON) -> None:
        heard = {broadcast.to_room(room_id) for room_id in self.hears.values()} | {broadcast.to_user(self.user.pk)}
        if to in heard:
            getattr(self, f"on_{data['type']}")(data["room"], data)

    def on_thread(self, slug: str, data: JSON) -> None:
        others = [each for each in self.rooms[slug]["threads"] if each["seq"] != data["seq"]]
        now = {name: data[name] for name in ("seq", "last_read_seq", "unread", "mentions")}
        self.rooms[slug]["threads"] = sorted(others + [now] * bool(now["unread"]), key=lambda each: each["seq"])

    def on_saved(self, slug: str, data: JSON) -> None:
        here = self.saved.setdefault(slug, set())
        (here.add if data["on"] else here.discard)(data["seq"])

    def on_members(self, slug: str, data: JSON) -> None:
        """No state of a client's own."""

    def on_message(self, slug: str, data: JSON) -> None:
        message, room = data["message"], self.rooms[slug]
        before = self.messages[slug].get(message["seq"])
        assert data["version"] == message["version"]
        if data["version"] <= room["version"]:
            return
        assert data["version"] == room["version"] + 1, "an event is missing"
        self.messages[slug][message["seq"]] = message
        room["version"] = data["version"]
        if before is None:
            room["last_seq"] = message["seq"]
            if "thread" in message:  # unread for who follows it, not in its room
                return
            room["unread"] += 1
            if message["author"]["id"] == self.user.pk:  # to post is to have read what stands above
                room |= {"last_read_seq": message["seq"], "unread": 0, "mentions": 0}
        elif message["deleted"] and "thread" not in message and message["seq"] > room["last_read_seq"]:
            room["unread"] -= 1
        if message["seq"] > room["last_read_seq"] and "thread" not in message:
            room["mentions"] += self.is_called(message) - self.is_called(before)
        if room["kind"] == "direct":
            room["mentions"] = room["unread"]

    def is_called(self, message: JSON | None) -> bool:
        """Whether a message mentions the person."""
        mentions = (message or {}).get("mentions", {"room": False, "users": []})
        is_own = message is not None and message["author"]["id"] == self.user.pk
        return not is_own and (mentions["room"] or self.user.pk in mentions["users"])

    def on_read(self, slug: str, data: JSON) -> None:
        self.rooms[slug] |= {name: data[name] for name in ("last_read_seq", "unread", "mentions")}

    def on_room(self, slug: str, data: JSON) -> None:
        if data.get("gone"):
            self.rooms.pop(slug, None)
            self.messages.pop(slug, None)
            return
        changed = {name: value for name, value in data.items() if name not in ("type", "room", "online")}
        if slug not in self.rooms:  # let in: the whole room, and its messages by `sync`
            self.rooms[slug], self.messages[slug] = changed, _messages(slug)
        counters = ("version", "last_seq")  # moved by messages only
        self.rooms[slug] |= {name: value for name, value in changed.items() if name not in counters}


def root() -> User:
    """An administrator, in no room."""
    return User.objects.get_or_create(
        handle="root", email="root@example.com", name="Root", is_staff=True, is_superuser=True
    )[0]


def _messages(slug: str) -> dict[int, JSON]:
    found = Message.objects.whole().filter(room__slug=slug)
    return {message.seq: payloads.message(message) for message in found}


def do(people: list[User], step: tuple[Any, ...]) -> None:
    """Do one step of a history; a refusal is a step that changed nothing."""
    kind, *rest = step
    users = [people[rest.pop(0)]] if isinstance(rest[0], int) else []
    slug, *rest = rest
    room = Room.objects.get(slug=slug)
    members = Membership.objects.select_related("room").filter(room=room, user__in=users)
    steps: dict[str, Callable[[], Any]] = {
        "post": lambda: actions.post_one(actions.Draft(*users, slug, rest[0])),
        "reply": lambda: actions.post_one(actions.Draft(*users, slug, rest[0], reply_to=rest[1])),
        "answer": lambda: actions.post_one(actions.Draft(*users, slug, rest[0], thread=rest[1])),
        "edit": lambda: actions.edit(*users, slug, rest[0], rest[1]),
        "delete": lambda: actions.delete(*users, slug, rest[0]),
        "react": lambda: actions.react(*users, slug, *rest),
        "pin": lambda: actions.pin(*users, slug, *rest),
        "save": lambda: actions.save(*users, slug, *rest),
        "read": lambda: actions.read(*users, slug, rest[0]),
        "follow": lambda: actions.follow(*users, slug, *rest),
        "thread_read": lambda: actions.thread_read(*users, slug, *rest),
        "join": lambda: actions.join(*users, slug),
        "leave": lambda: actions.leave(*users, slug),
        "role": lambda: [actions.change_role(member, rest[0]) for member in members],
        "rename": lambda: actions.update_room(room, name=rest[0], topic=rest[0]),
        "kind": lambda: actions.update_room(room, kind=rest[0]),
        "archive": lambda: actions.archive(room),
        "unarchive": lambda: actions.unarchive(room),
        "mute": lambda: actions.mute(people[1], slug, users[0].pk, HOUR, "x"),
        "ban": lambda: actions.ban(people[1], slug, users[0].pk, HOUR, "x"),
        "lift": lambda: actions.lift(rest[0], people[1], slug, users[0].pk),
        "clear": lambda: actions.purge(people[1], slug, users[0].pk),
        "hush": lambda: (
            actions.mute_as_staff(root(), users[0], None, HOUR, "y")
            if rest[0]
            else actions.lift_as_staff("mute", root(), users[0], None)
        ),
        "slow": lambda: actions.update_room(room, slow_mode=rest[0]),
        "purge": lambda: actions.delete_as_admin(people[0], list(Message.objects.filter(room=room, seq=rest[0]))),
    }
    try:
        steps[kind]()
    except ChatError as refusal:
        note(f"{step}: {refusal.code}")


@pytest.mark.parametrize("watcher", range(PEOPLE))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, min_size=1, max_size=25))
def test_who_applied_every_event_equals_who_has_just_come(
    transactional_db: None, watcher: int, history: list[tuple[Any, ...]]
) -> None:
    Message.objects.all().delete()
    Sanction.objects.all().delete()
    Room.objects.all().delete()
    people = [
        User.objects.get_or_create(handle=f"u{n}", email=f"u{n}@example.com", name=f"U {n}")[0] for n in range(PEOPLE)
    ]
    for n in range(ROOMS):
        made = actions.create_room(None, f"Room {n}", slug=f"room-{n}")
        actions.admit(made, people[: 2 + n])
        actions.post_one(actions.Draft(people[1], made.slug, "something to answer"))
    us = actions.open_direct(people[0], people[1:2]).room
    Room.objects.filter(pk=us.pk).update(slug=DIRECT)
    client = Client(people[watcher])
    before = broadcast.attach(client)
    try:
        for step in history:
            do(people, step)
    finally:
        broadcast.attach(before)
    fresh = Client(people[watcher])
    assert client.rooms == fresh.rooms
    assert client.messages == fresh.messages
    assert client.hears == fresh.hears
    assert {slug: seqs for slug, seqs in client.saved.items() if seqs} == fresh.saved
