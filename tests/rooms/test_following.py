"""Following a thread: who does, what of it is unread, and who hears of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from rooms import actions, sidebar, sync
from rooms.actions import following
from rooms.errors import ChatError, Invalid, NotFound
from rooms.models import Follower, Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


@pytest.fixture
def said(den: Room, ana: User, say: Say) -> Message:
    """A message of Ana's to answer."""
    return say(den, ana, "Lunch?")[0]


@pytest.fixture
def cy(den: Room, person: Callable[..., User]) -> User:
    """A third one in the room."""
    cy = person("cy")
    actions.admit(den, [cy])
    return cy


def threads(user: User) -> list[tuple[int, int, int]]:
    """What is unread in threads: (root, unread, mentions), the same for whoever asks in whatever way."""
    [room] = sidebar.rooms_of(user)
    caught_up = sync.changes(user, {room["slug"]: 0})[room["slug"]]
    assert caught_up["room"] == room
    return [(each["seq"], each["unread"], each["mentions"]) for each in room["threads"]]


def test_who_wrote_the_root_or_an_answer_follows(
    den: Room, said: Message, ana: User, bo: User, cy: User, say: Say
) -> None:
    say(den, bo, "Yes", thread=1)
    assert (threads(ana), threads(bo), threads(cy)) == ([(1, 1, 0)], [], [])
    say(den, cy, "Where?", thread=1)
    assert (threads(ana), threads(bo), threads(cy)) == ([(1, 2, 0)], [(1, 1, 0)], [])


def test_answering_reads_what_stands_above(den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "Yes", "Where?", thread=1)
    say(den, ana, "Here", thread=1)
    assert (threads(ana), threads(bo)) == ([], [(1, 1, 0)])


def test_who_is_called_follows_from_there(den: Room, said: Message, ana: User, bo: User, cy: User, say: Say) -> None:
    say(den, bo, "Yes", "@cy too?", "@room!", thread=1)
    assert threads(cy) == [(1, 2, 2)]
    assert threads(ana) == [(1, 3, 1)]
    assert sidebar.rooms_of(cy)[0]["mentions"] == 0, "it is not in the room's log"


def test_whom_the_root_calls_follows_with_the_first_answer(den: Room, ana: User, bo: User, cy: User, say: Say) -> None:
    say(den, ana, "@cy, lunch?")
    assert threads(cy) == []
    say(den, bo, "Me too", thread=1)
    assert (threads(ana), threads(cy)) == ([(1, 1, 0)], [(1, 1, 0)])
    assert sidebar.rooms_of(cy)[0]["mentions"] == 1


def test_here_calls_those_who_follow_and_makes_nobody_do_so(
    heard: Recorder, den: Room, ana: User, bo: User, cy: User, say: Say
) -> None:
    heard.online = {ana.pk, bo.pk, cy.pk}
    say(den, ana, "@here, lunch?")
    say(den, bo, "@here, who?", thread=1)
    assert (threads(ana), threads(cy)) == ([(1, 1, 1)], [])
    actions.edit(bo, "den", 2, "@here, who then?")
    say(den, bo, "@here and @cy", thread=1)
    assert (threads(ana), threads(cy)) == ([(1, 2, 2)], [(1, 1, 1)])


def test_an_edit_may_call(den: Room, said: Message, bo: User, cy: User, say: Say) -> None:
    say(den, bo, "Yes", "and he?", thread=1)
    actions.edit(bo, "den", 2, "@cy, you")
    assert threads(cy) == [(1, 2, 1)]
    actions.edit(bo, "den", 2, "nobody")
    assert threads(cy) == [(1, 2, 0)]


def test_an_edit_calls_nobody_again_who_stopped(den: Room, said: Message, bo: User, cy: User, say: Say) -> None:
    say(den, bo, "@cy, you to?", "Well?", thread=1)
    actions.follow(cy, "den", 1, False)
    actions.edit(bo, "den", 2, "@cy, you too?")
    assert threads(cy) == []


def test_what_the_root_calls_counts_with_the_first_answer_only(
    den: Room, ana: User, bo: User, cy: User, say: Say
) -> None:
    say(den, ana, "@cy, lunch?")
    say(den, bo, "Me too", thread=1)
    actions.thread_read(cy, "den", 1, 2)
    actions.leave(ana, "den")
    say(den, bo, "Where is she?", thread=1)
    assert threads(cy) == [(1, 1, 0)], "what was read stays read, whoever has left"
    actions.follow(cy, "den", 1, False)
    say(den, bo, "Gone.", thread=1)
    assert threads(cy) == []


def test_what_is_deleted_no_longer_counts(den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "@ana", "Yes", thread=1)
    actions.delete(bo, "den", 2)
    assert threads(ana) == [(1, 1, 0)]
    actions.delete(bo, "den", 3)
    assert threads(ana) == []


def test_one_follows_by_choice_and_stops(den: Room, said: Message, bo: User, cy: User, say: Say) -> None:
    say(den, bo, "Yes", thread=1)
    assert actions.follow(cy, "den", 1, True) == {
        "seq": 1, "following": True, "last_read_seq": 2, "unread": 0, "mentions": 0,
    }  # fmt: skip
    say(den, bo, "Where?", thread=1)
    assert threads(cy) == [(1, 1, 0)]
    assert actions.follow(cy, "den", 3, False)["unread"] == 0, "by any of its messages"
    assert threads(cy) == []
    say(den, bo, "There?", thread=1)
    assert threads(cy) == []
    say(den, bo, "@cy!", thread=1)
    assert threads(cy) == [(1, 1, 1)], "who is called follows again, and from there"


def test_who_stopped_is_not_made_to_follow_by_what_goes_on(
    den: Room, said: Message, ana: User, bo: User, say: Say
) -> None:
    actions.follow(ana, "den", 1, True)
    actions.follow(ana, "den", 1, False)
    say(den, bo, "Yes", thread=1)
    assert threads(ana) == []
    say(den, ana, "Well", thread=1)
    say(den, bo, "So", thread=1)
    assert threads(ana) == [(1, 1, 0)]


def test_a_mark_moves_up_only(heard: Recorder, den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "Yes", "Where?", "When?", thread=1)
    heard.clear()
    assert actions.thread_read(ana, "den", 1, 3)["unread"] == 1
    assert actions.thread_read(ana, "den", 1, 2)["unread"] == 1
    assert actions.thread_read(ana, "den", 1, 2**53 - 1) == {
        "seq": 1, "following": True, "last_read_seq": 4, "unread": 0, "mentions": 0,
    }  # fmt: skip
    assert [(to, data["last_read_seq"]) for to, data in heard.said] == [(f"user:{ana.pk}", 3), (f"user:{ana.pk}", 4)]
    assert threads(ana) == []


def test_each_follower_hears_how_they_stand(
    heard: Recorder, den: Room, said: Message, ana: User, bo: User, cy: User, say: Say
) -> None:
    say(den, bo, "Yes", thread=1)
    heard.clear()
    say(den, bo, "Where?", thread=1)
    told = {to: (data["unread"], data["following"]) for to, data in heard.said if data["type"] == "thread"}
    assert told == {f"user:{ana.pk}": (2, True), f"user:{bo.pk}": (0, True)}
    heard.clear()
    actions.delete(bo, "den", 2)
    assert [(to, data["unread"]) for to, data in heard.said if data["type"] == "thread"] == [(f"user:{ana.pk}", 1)]


def test_who_leaves_follows_nothing_there(den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "Yes", thread=1)
    actions.leave(ana, "den")
    say(den, bo, "Gone?", thread=1)
    actions.join(ana, "den")
    assert threads(ana) == []


def test_who_may_not_follow(den: Room, said: Message, ana: User, person: Callable[..., User]) -> None:
    stranger = person("stranger")
    for call in (
        lambda: actions.follow(stranger, "den", 1, True),
        lambda: actions.follow(ana, "no-such-room", 1, True),
        lambda: actions.follow(ana, "den", 9, True),
        lambda: actions.thread_read(stranger, "den", 1, 1),
        lambda: actions.thread_read(ana, "den", 9, 1),
    ):
        with pytest.raises(NotFound):
            call()
    actions.delete(ana, "den", 1)
    with pytest.raises(NotFound):
        actions.follow(ana, "den", 1, True)
    assert not Follower.objects.exists()


def test_an_archived_room_s_threads_are_read_and_left(den: Room, said: Message, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "Yes", thread=1)
    actions.archive(den)
    assert actions.thread_read(ana, "den", 1, 2)["unread"] == 0
    assert actions.follow(ana, "den", 1, False)["following"] is False


def test_however_many_are_far_behind_a_thread_is_read_once_for_all_of_them(
    den: Room, said: Message, ana: User, bo: User, cy: User, say: Say
) -> None:
    """Each would have it counted for themselves, under the lock of the room; what they are told is the same."""
    for user, mark in ((ana, 0), (bo, 3), (cy, 5)):
        actions.follow(user, "den", 1, True)
        Follower.objects.filter(user=user).update(last_read_seq=mark)
    say(den, bo, "2", "3 @cy", "4 @room", thread=1)
    say(den, cy, "5 @ana @bo", "6 @here", thread=1)
    actions.delete(bo, "den", 2)
    for user, mark in ((ana, 0), (bo, 3), (cy, 5)):
        Follower.objects.filter(user=user).update(last_read_seq=mark)
    with CaptureQueriesContext(connection) as asked:
        told = Follower.objects.standing_below(den, 1, 7)
    assert not any("COUNT(" in query["sql"] for query in asked)
    by_themselves = Follower.objects.standing(den, 1, [ana.pk, bo.pk, cy.pk])
    assert sorted(told) == sorted(by_themselves)
    assert {each.user_id: each.unread for each in told} == {ana.pk: 4, bo.pk: 2, cy.pk: 0}


def test_a_crowd_that_follows_has_its_bound(
    monkeypatch: pytest.MonkeyPatch, den: Room, said: Message, ana: User, bo: User, cy: User, say: Say
) -> None:
    monkeypatch.setattr(following, "MOST", 2)
    say(den, bo, "@cy", thread=1)
    assert Follower.objects.count() == 2
    with pytest.raises(Invalid):
        actions.follow(cy, "den", 1, True)
    say(den, cy, "Yes", thread=1)
    assert threads(cy) == []


def test_many_answers_at_a_time(den: Room, said: Message, ana: User, bo: User, cy: User) -> None:
    drafts = [actions.Draft(who, "den", "@ana", thread=1) for who in (bo, cy, bo)]
    assert not any(isinstance(each, ChatError) for each in actions.post([*drafts, actions.Draft(ana, "den", "x")]))
    assert (threads(ana), threads(bo), threads(cy)) == ([(1, 3, 3)], [], [(1, 1, 0)])


@pytest.mark.parametrize("bodies", [["plain"], ["plain", "@ana", "more"]])
def test_a_message_of_the_log_asks_nothing_for_it(
    den: Room, said: Message, bo: User, say: Say, django_assert_num_queries: Any, bodies: list[str]
) -> None:
    with connection.execute_wrapper(no_followers):
        say(den, bo, *bodies)


def no_followers(execute: Any, sql: str, *rest: Any) -> Any:
    assert "rooms_follower" not in sql
    return execute(sql, *rest)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
def test_what_is_unread_is_found_by_its_index() -> None:
    behind = "is_following AND rooms_follower.last_seq > rooms_follower.last_read_seq"
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN QUERY PLAN SELECT seq FROM rooms_follower WHERE user_id = 1 AND room_id = 2 AND {behind}"
        )
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert "follower_behind" in plan, plan
