"""Threads: an answer is a message of the room that stands in the log of its root only; the root says how many there are, by whom, and since when."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from rooms import actions, history, payloads, sidebar, sync
from rooms.errors import ChatError, Invalid, NotFound
from rooms.models import Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


@pytest.fixture
def said(den: Room, ana: User, say: Say) -> Message:
    """A message to answer, the first of two."""
    return say(den, ana, "Lunch?", "The build is green.")[0]


def answers(room: Room, seq: int = 1) -> tuple[int, list[str]] | None:
    """What a stored message says of its thread: how many, by whom."""
    message = Message.objects.at(room, seq)
    assert message is not None
    [drawn] = [each for each in Message.objects.newest(room, 50) if each.seq == seq]
    shown = payloads.message(message).get("answers")
    assert payloads.message(drawn).get("answers") == shown, "a page says otherwise"
    return shown and (shown["count"], [user["name"] for user in shown["users"]])


def unread(user: User) -> int:
    return int(sidebar.rooms_of(user)[0]["unread"])


@pytest.mark.django_db(transaction=True)
def test_an_answer_changes_two_messages_at_once(den: Room, said: Message, bo: User, say: Say, heard: Recorder) -> None:
    [answer] = say(den, bo, "Yes", thread=1)
    assert (answer.seq, answer.version) == (3, 3)
    told = heard.of("message")
    assert [(each["version"], each["message"]["seq"]) for each in told] == [(3, 3), (4, 1)]
    assert told[0]["message"]["thread"] == 1
    at = told[0]["message"]["created_at"]
    assert told[1]["message"]["answers"] == {"count": 1, "users": [payloads.user(bo)], "last_at": at}
    caught_up = sync.changes(bo, {"den": 2})["den"]
    assert (caught_up["version"], [m["seq"] for m in caught_up["messages"]]) == (4, [3, 1])
    assert caught_up["messages"] == [each["message"] for each in told]


def test_the_log_shows_the_root_and_the_thread_both(den: Room, said: Message, bo: User, say: Say) -> None:
    say(den, bo, "Yes", "Where?", thread=1)
    den.refresh_from_db()
    assert [message.seq for message in history.page(den).messages] == [1, 2]
    said.room = den
    assert [message.seq for message in history.thread(said).messages] == [1, 3, 4]


def test_three_faces_those_who_answered_first(den: Room, said: Message, person: Callable[..., User], say: Say) -> None:
    people = [person(name) for name in ("cy", "di", "ed", "flo")]
    actions.admit(den, people)
    for author in [people[0], *people]:
        say(den, author, "I do", thread=1)
    assert answers(den) == (5, ["Cy", "Di", "Ed"])


def test_what_is_deleted_no_longer_counts(den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "Yes", thread=1)
    say(den, ana, "At one", thread=1)
    actions.delete(bo, "den", 3)
    assert answers(den) == (1, ["Ana"])
    actions.delete_as_admin(bo, list(Message.objects.filter(room=den, seq=4)))
    assert answers(den) is None


def test_a_thread_outlives_its_root(den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "Yes", thread=1)
    actions.delete(ana, "den", 1)
    say(den, bo, "Where?", thread=1)
    assert answers(den) == (2, ["Bo"])
    actions.delete(ana, "den", 2)
    with pytest.raises(NotFound):
        actions.post_one(actions.Draft(bo, "den", "Green?", thread=2))


def test_a_retry_counts_once(den: Room, said: Message, bo: User) -> None:
    draft = actions.Draft(bo, "den", "Yes", thread=1)
    [first, again] = actions.post([draft, draft])
    later = actions.post_one(draft)
    assert not isinstance(first, ChatError) and not isinstance(again, ChatError)
    assert first.message.seq == again.message.seq == later.message.seq == 3
    assert answers(den) == (1, ["Bo"])


def test_an_answer_is_not_unread_in_its_room_and_reads_nothing_there(
    den: Room, said: Message, ana: User, bo: User, say: Say
) -> None:
    say(den, ana, "At one", thread=1)
    assert unread(bo) == 2
    say(den, bo, "Yes", thread=1)
    assert unread(bo) == 2
    actions.read(bo, "den", 2)
    assert (unread(ana), unread(bo)) == (0, 0)
    say(den, bo, "here again")
    assert unread(ana) == 1


@pytest.mark.parametrize(
    ("thread", "reply_to", "refusal", "field"),
    [
        (9, None, NotFound, "thread"),
        (3, None, Invalid, "thread"),  # an answer has no thread of its own
        (None, 3, Invalid, "reply_to"),  # the log does not quote what is said in a thread
        (1, 2, Invalid, "reply_to"),  # nor the other way round
        (2, 3, Invalid, "reply_to"),
    ],
)
def test_what_hangs_together_stands_together(
    den: Room, said: Message, bo: User, say: Say, thread: int, reply_to: int, refusal: type[ChatError], field: str
) -> None:
    say(den, bo, "Yes", thread=1)
    with pytest.raises(refusal) as told:
        actions.post_one(actions.Draft(bo, "den", "so", reply_to=reply_to, thread=thread))
    assert told.value.extra["field"] == field


def test_an_answer_may_quote_the_root_and_other_answers(den: Room, said: Message, bo: User, say: Say) -> None:
    say(den, bo, "Yes", thread=1)
    quoted = [say(den, bo, "that", thread=1, reply_to=seq)[0] for seq in (1, 3)]
    assert [message.reply_to.seq for message in quoted if message.reply_to] == [1, 3]


@pytest.fixture
def long(den: Room, ana: User, bo: User, say: Say, settings: Any) -> Room:
    """Messages 1 to 6 and, under 2, the answers 7 to 26; then 27 and 28. Five a page."""
    settings.PAGE_SIZE = 5
    say(den, ana, *"abcdef")
    say(den, bo, *(f"answer {n}" for n in range(20)), thread=2)
    say(den, ana, "g", "h")
    den.refresh_from_db()
    return den


@pytest.mark.parametrize(
    ("asked", "seqs", "before", "after"),
    [
        ({}, [4, 5, 6, 27, 28], True, False),
        ({"before": 27}, [2, 3, 4, 5, 6], True, True),
        ({"after": 4}, [5, 6, 27, 28], True, False),
        ({"after": 1}, [2, 3, 4, 5, 6], True, True),
        ({"after": 28}, [], True, False),
        ({"around": 15}, [4, 5, 6, 27, 28], True, False),
        ({"around": 6}, [4, 5, 6, 27, 28], True, False),
        ({"around": 1}, [1, 2, 3, 4, 5], False, True),
    ],
    ids=str,
)
def test_pages_of_the_log_fill_up_with_what_it_shows(
    long: Room, asked: dict[str, int], seqs: list[int], before: bool, after: bool
) -> None:
    page = history.page(long, **asked)
    assert [message.seq for message in page.messages] == seqs
    assert (page.has_before, page.has_after) == (before, after)


@pytest.mark.parametrize(
    ("asked", "seqs", "before", "after"),
    [
        ({}, [22, 23, 24, 25, 26], True, False),
        ({"before": 10}, [2, 7, 8, 9], False, True),
        ({"before": 7}, [2], False, True),
        ({"before": 2}, [], False, True),
        ({"after": 0}, [2, 7, 8, 9, 10], False, True),
        ({"after": 2}, [7, 8, 9, 10, 11], True, True),
        ({"after": 24}, [25, 26], True, False),
        ({"around": 2}, [2, 7, 8, 9, 10], False, True),
        ({"around": 8}, [2, 7, 8, 9, 10], False, True),
        ({"around": 9}, [7, 8, 9, 10, 11], True, True),
        ({"around": 10**6}, [22, 23, 24, 25, 26], True, False),
    ],
    ids=str,
)
def test_pages_of_a_thread(
    long: Room, signed_in: Any, bo: User, asked: dict[str, int], seqs: list[int], before: bool, after: bool
) -> None:
    page = signed_in(bo).get("/api/rooms/den/threads/2/", asked).json()
    assert [message["seq"] for message in page["messages"]] == seqs
    assert (page["thread"], page["has_before"], page["has_after"]) == (2, before, after)


def test_a_thread_is_found_by_any_of_its_messages(
    long: Room, signed_in: Callable[[User], Client], bo: User, person: Callable[..., User]
) -> None:
    client = signed_in(bo)
    assert client.get("/api/rooms/den/threads/9/").json()["thread"] == 2
    assert client.get("/api/rooms/den/threads/99/").json()["error"]["code"] == "not_found"
    assert client.get("/api/rooms/no-such-room/threads/2/").status_code == 404
    assert signed_in(person()).get("/api/rooms/den/threads/2/").status_code == 404
    assert Message.objects.get(room=long, seq=9).get_absolute_url() == "/rooms/den/threads/2/#9"
    assert client.get("/rooms/den/threads/9/").headers["Location"] == "/rooms/den/threads/2/?at=9#9"
    assert client.get("/rooms/den/threads/99/").status_code == 404
    assert signed_in(person()).get("/rooms/den/threads/2/").status_code == 404


def test_an_answer_is_posted_by_http_too(
    den: Room, said: Message, signed_in: Callable[[User], Client], bo: User
) -> None:
    body = json.dumps({"body": "Yes", "thread": 1})
    answer = signed_in(bo).post("/api/rooms/den/messages/", body, content_type="application/json").json()
    assert answer["ok"] and answer["message"]["thread"] == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("room_id = 1 AND thread IS NULL AND seq < 9 ORDER BY seq DESC LIMIT 5", "message_shown"),
        ("room_id = 1 AND thread = 2 AND seq > 9 ORDER BY seq LIMIT 5", "message_answers"),
        ("room_id = 1 AND seq > 5 AND (deleted_at IS NOT NULL OR thread IS NOT NULL)", "message_uncounted"),
        ("reply_to_id = 5 AND id > 9 ORDER BY id LIMIT 5", "message_replies"),
        (
            "room_id = 1 AND version > 9 AND (first_version IS NULL OR version > first_version) ORDER BY version LIMIT 5",
            "message_changes",
        ),
    ],
)
def test_each_question_has_its_index(condition: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN SELECT id FROM rooms_message WHERE {condition}")
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert index in plan and "SCAN" not in plan and "TEMP B-TREE" not in plan, plan
