"""Posting many at once: each draft has its own fate, a retry is stored once, and both databases agree."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from rooms import actions, broadcast, payloads
from rooms.models import Membership, Message, Room

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder(broadcast.Nobody):
    """Remembers what was published."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def publish(self, to: str, data: Any) -> None:
        self.heard.append((to, data))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    before = broadcast.attach(recorder)
    yield recorder
    broadcast.attach(before)


def person(handle: str, *rooms: Room) -> User:
    user = User.objects.create_user(email=f"{handle}@example.com", handle=handle, name=handle, password=None)
    for room in rooms:
        Membership.objects.get_or_create(room=room, user=user)
    return user


def room(slug: str) -> Room:
    return actions.create_room(None, slug.title(), slug=slug)


def codes(results: list[Any]) -> list[Any]:
    return [getattr(result, "code", None) or result.message.seq for result in results]


def test_one_bad_draft_is_refused_alone(recorder: Recorder) -> None:
    a, b, closed = room("a"), room("b"), room("closed")
    ana, ben, eve = person("ana", a, b, closed), person("ben", a), person("eve")
    actions.archive(closed)
    gone = person("gone", a)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    drafts = [
        actions.Draft(ana, "a", "1"), actions.Draft(ana, "nowhere", "x"), actions.Draft(eve, "a", "x"), actions.Draft(ana, "b", "1"),
        actions.Draft(ana, "closed", "x"), actions.Draft(gone, "a", "x"), actions.Draft(ben, "a", "2", reply_to=9), actions.Draft(ben, "a", "3"),
    ]  # fmt: skip
    assert codes(actions.post(drafts)) == [1, "not_found", "not_found", 1, "archived", "not_found", "not_found", 2]
    assert [(data["room"], data["version"]) for to, data in recorder.heard if data["type"] == "message"] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
    ]
    assert list(Room.objects.filter(slug__in="ab").order_by("slug").values_list("last_seq", "version")) == [
        (2, 2),
        (1, 1),
    ]


def test_what_is_told_is_what_is_stored(recorder: Recorder) -> None:
    here = room("here")
    ana = person("ana", here)
    first, second = actions.post([actions.Draft(ana, "here", "one *two*"), actions.Draft(ana, "here", "three")])
    [answer] = actions.post([actions.Draft(ana, "here", "four", reply_to=1)])
    told = [data["message"] for _, data in recorder.heard if data["type"] == "message"]
    stored = [payloads.message(message) for message in Message.objects.whole().order_by("seq")]
    assert told == stored
    assert [posted.message.pk for posted in (first, second, answer)] == list(
        Message.objects.order_by("seq").values_list("pk", flat=True)
    )
    assert told[2]["reply_to"] == {"seq": 1, "author": payloads.user(ana), "excerpt": "one *two*"}
    assert ("html" in told[0], "html" in told[1]) == (True, False)
    assert Membership.objects.get(user=ana).last_read_seq == 3


def test_a_retry_is_answered_with_the_first(recorder: Recorder) -> None:
    here, there = room("here"), room("there")
    ana = person("ana", here, there)
    draft = actions.Draft(ana, "here", "once", uuid.uuid4())
    once, again = actions.post([draft, draft])
    [later] = actions.post([draft])
    [elsewhere] = actions.post([actions.Draft(ana, "there", "once", draft.client_id)])
    assert [once.is_new, again.is_new, later.is_new] == [True, False, False]
    assert {each.message.seq for each in (once, again, later)} == {1}
    assert elsewhere.code == "invalid"
    assert Message.objects.count() == 1
    assert len([data for _, data in recorder.heard if data["type"] == "message"]) == 1


def test_racing_retries_are_stored_once() -> None:
    """The same client_id at once in two rooms: no lock stands between the two where rows are locked, only the constraint does."""
    ana = person("ana", room("here"), room("there"))
    ids = [uuid.uuid4() for _ in range(30)]
    outcomes: dict[str, list[Any]] = {}
    together = threading.Barrier(2)

    def post_all(slug: str) -> None:
        outcomes[slug] = []
        for client_id in ids:
            together.wait(10)
            outcomes[slug] += codes(
                actions.post([actions.Draft(ana, slug, "x"), actions.Draft(ana, slug, "y", client_id)])
            )
        connection.close()

    threads = [threading.Thread(target=post_all, args=(slug,)) for slug in ("here", "there")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Message.objects.filter(client_id__in=ids).count() == 30
    for slug, results in outcomes.items():
        seqs = [result for result in results if result != "invalid"]
        assert (
            seqs
            == list(range(1, len(seqs) + 1))
            == list(Message.objects.filter(room__slug=slug).order_by("seq").values_list("seq", flat=True))
        )
    assert sorted(map(len, outcomes.values())) == [60, 60]
    assert sum(results.count("invalid") for results in outcomes.values()) == 30


# What makes SQLite fail so, and the SQLSTATE by which PostgreSQL says it.
INTEGRITY, DATA, OPERATIONAL = (
    ("RAISE(ABORT, 'no')", "23000"), ("zeroblob(2000000000)", "22000"), ("abs(-9223372036854775807 - 1)", "53100"),
)  # fmt: skip


@contextmanager
def trigger(body: str, failure: tuple[str, str]) -> Iterator[None]:
    """While it lasts, the database fails so where a message with this body is stored."""
    on_sqlite, state = failure
    begin = [
        f"CREATE TRIGGER {body} BEFORE INSERT ON rooms_message WHEN new.body = '{body}' BEGIN SELECT {on_sqlite}; END"
    ]
    end = [f"DROP TRIGGER {body}"]
    if connection.vendor == "postgresql":
        begin = [
            f"CREATE FUNCTION {body}() RETURNS trigger AS $$ BEGIN RAISE SQLSTATE '{state}'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER {body} BEFORE INSERT ON rooms_message FOR EACH ROW WHEN (new.body = '{body}') EXECUTE FUNCTION {body}()",
        ]
        end = [f"DROP TRIGGER {body} ON rooms_message", f"DROP FUNCTION {body}"]
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in end:
                cursor.execute(statement)


@pytest.mark.parametrize("why", [INTEGRITY, DATA])
def test_what_the_database_refuses_is_refused_alone(recorder: Recorder, why: tuple[str, str]) -> None:
    ana = person("ana", room("here"))
    with trigger("bad", why):
        results = actions.post([actions.Draft(ana, "here", body) for body in ("1", "bad", "2", "bad", "3")])
    assert codes(results) == [1, "invalid", 2, "invalid", 3]
    assert [data["version"] for _, data in recorder.heard if data["type"] == "message"] == [1, 2, 3]


def test_the_databases_own_trouble_is_no_refusal_of_a_draft(recorder: Recorder) -> None:
    """Also where it comes while each is stored alone: nobody is told that theirs will never do, and who sends again has it stored once."""
    ana = person("ana", room("here"))
    drafts = [actions.Draft(ana, "here", body) for body in ("1", "bad", "2", "trouble", "3")]
    with trigger("bad", INTEGRITY):
        with trigger("trouble", OPERATIONAL), pytest.raises(OperationalError):
            actions.post(drafts)
        assert codes(actions.post(drafts)) == [1, "invalid", 2, 3, 4]
    assert [data["version"] for _, data in recorder.heard if data["type"] == "message"] == [1, 2, 3, 4]


def test_thousands_at_once(recorder: Recorder) -> None:
    rooms = [room(f"r{n}") for n in range(3)]
    people = [person(f"p{n}", *rooms) for n in range(3)]
    drafts = [actions.Draft(people[n % 3], f"r{n % 2}", str(n)) for n in range(3000)]
    assert [posted.message.seq for posted in actions.post(drafts)] == [n // 2 + 1 for n in range(3000)]
    assert [data["version"] for to, data in recorder.heard if to == broadcast.to_room(rooms[1].pk)] == list(
        range(1, 1501)
    )


def test_nothing_is_published_unless_it_is_committed(recorder: Recorder) -> None:
    ana = person("ana", room("here"))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.post([actions.Draft(ana, "here", "x")])
        raise ZeroDivisionError
    assert recorder.heard == []
    assert not Message.objects.exists()


def test_what_is_stored_together_knows_its_keys(recorder: Recorder) -> None:
    a, b = room("a"), room("b")
    ana, ben = person("ana", a, b), person("ben", a)
    drafts = [
        actions.Draft(ana, "a", "1"),
        actions.Draft(ben, "a", "2"),
        actions.Draft(ana, "b", "3"),
        actions.Draft(ana, "a", "4"),
    ]
    Message.objects.all().delete()
    for _ in range(2):  # again: after rows that were deleted
        results = actions.post([actions.Draft(draft.author, draft.room, draft.body) for draft in drafts])
        for result in results:
            assert isinstance(result, actions.Posted)
            stored = Message.objects.get(pk=result.message.pk)
            assert (stored.room_id, stored.seq, stored.body) == (
                result.room.pk,
                result.message.seq,
                result.message.body,
            )
        Message.objects.filter(body="4").delete()


def test_who_joins_under_the_lock_is_answered_behind_the_others(recorder: Recorder) -> None:
    """Each with a fate of its own; also where a retry among them makes it all begin again."""
    a = room("a")
    ana, ben, eve = person("ana", a), person("ben", a), person("eve")
    again = actions.Draft(ben, "a", "first")
    actions.post([again])
    asked: list[set[str]] = []

    def joining(rooms: Any) -> list[actions.Draft]:
        asked.append(set(rooms))
        return [actions.Draft(ben, "a", "3"), again, actions.Draft(eve, "a", "x"), actions.Draft(ben, "a", "4")]

    assert codes(actions.post([actions.Draft(ana, "a", "2")], joining)) == [2, 3, 1, "not_found", 4]
    assert asked == [{"a"}]
    assert [each.body for each in Message.objects.order_by("seq")] == ["first", "2", "3", "4"]


def test_a_retry_within_a_transaction_of_the_callers_is_answered_with_the_first(recorder: Recorder) -> None:
    """What the constraint refuses at first does not spoil what the caller does."""
    ana = person("ana", room("a"))
    draft = actions.Draft(ana, "a", "once")
    actions.post([draft])
    with transaction.atomic():
        assert codes(actions.post([draft, actions.Draft(ana, "a", "more")])) == [1, 2]
    assert [each.body for each in Message.objects.order_by("seq")] == ["once", "more"]
