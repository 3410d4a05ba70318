"""Pages of history: before, after, around a number, or the latest; each knows whether there is more on either side."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from rooms import actions, history
from rooms.models import Message, Room
from rooms.models.searching import first_since

pytestmark = pytest.mark.django_db
TOTAL = 20
NOON, HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(hours=1)


@pytest.fixture
def filled(den: Room, ana: User, say: Callable[..., list[Message]], settings: Any) -> Room:
    """Twenty messages, five a page."""
    settings.PAGE_SIZE = 5
    say(den, ana, *(f"message {n}" for n in range(1, TOTAL + 1)))
    den.refresh_from_db()
    return den


@pytest.mark.parametrize(
    ("asked", "seqs", "before", "after"),
    [
        ({}, [16, 17, 18, 19, 20], True, False),
        ({"before": 16}, [11, 12, 13, 14, 15], True, True),
        ({"before": 3}, [1, 2], False, True),
        ({"before": 1}, [], False, True),
        ({"before": 0}, [], False, True),
        ({"before": 10**6}, [16, 17, 18, 19, 20], True, False),
        ({"after": 3}, [4, 5, 6, 7, 8], True, True),
        ({"after": 0}, [1, 2, 3, 4, 5], False, True),
        ({"after": 18}, [19, 20], True, False),
        ({"after": 20}, [], True, False),
        ({"around": 10}, [8, 9, 10, 11, 12], True, True),
        ({"around": 1}, [1, 2, 3, 4, 5], False, True),
        ({"around": 0}, [1, 2, 3, 4, 5], False, True),
        ({"around": 20}, [16, 17, 18, 19, 20], True, False),
        ({"around": 10**6}, [16, 17, 18, 19, 20], True, False),
    ],
    ids=str,
)
def test_a_page(filled: Room, asked: dict[str, int], seqs: list[int], before: bool, after: bool) -> None:
    page = history.page(filled, **asked)
    assert [message.seq for message in page.messages] == seqs
    assert (page.has_before, page.has_after) == (before, after)


def test_paging_up_shows_every_message_once(filled: Room) -> None:
    seen: list[int] = []
    page = history.page(filled)
    while True:
        seen = [message.seq for message in page.messages] + seen
        if not page.has_before:
            break
        page = history.page(filled, before=page.messages[0].seq)
    assert seen == list(range(1, TOTAL + 1))


def test_a_page_is_three_look_ups_at_most(filled: Room, django_assert_max_num_queries: Any) -> None:
    for asked in ({}, {"before": 9}, {"after": 9}, {"around": 9}):
        with django_assert_max_num_queries(3):
            history.page(filled, **asked).payload()


def test_an_empty_room_has_an_empty_page(den: Room) -> None:
    for asked in ({}, {"before": 5}, {"after": 0}, {"around": 3}):
        page = history.page(den, **asked)
        assert (page.messages, page.has_before, page.has_after) == ([], False, False)


@pytest.fixture
def dated(filled: Room) -> Room:
    """A message an hour, from noon on; two answers in a thread among them, and one that was deleted."""
    for message in Message.objects.filter(room=filled):
        Message.objects.filter(pk=message.pk).update(created_at=NOON + HOUR * (message.seq - 1))
    Message.objects.filter(room=filled, seq__in=(8, 9)).update(thread=1)
    Message.objects.filter(room=filled, seq=12).update(deleted_at=NOON, body="", html="")
    return filled


@pytest.mark.parametrize(
    ("hours", "seq"),
    [
        (-1000, 1),
        (0, 1),
        (0.5, 2),
        (1, 2),
        (6.5, 10),
        (7, 10),
        (9, 10),
        (11, 12),
        (19, 20),
        (19.1, None),
        (10**5, None),
    ],
)
def test_the_first_message_since_a_moment(
    dated: Room, hours: float, seq: int | None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert first_since(dated, NOON + HOUR * hours) == seq


def test_a_page_since_a_moment_has_its_message_in_the_middle(dated: Room) -> None:
    page = history.page(dated, since=NOON + HOUR * 14)
    assert [message.seq for message in page.messages] == [13, 14, 15, 16, 17]
    late = history.page(dated, since=NOON + HOUR * 100)
    assert [message.seq for message in late.messages] == [16, 17, 18, 19, 20]


def test_an_empty_room_has_nothing_since_ever(den: Room) -> None:
    assert first_since(den, NOON) is None


def test_the_api_takes_a_moment_with_its_zone(dated: Room, ana: User, signed_in: Any) -> None:
    client = signed_in(ana)
    for moment in ("2026-03-01T23:30:00Z", "2026-03-02T00:30:00%2B01:00"):
        page = client.get(f"/api/rooms/den/messages/?since={moment}").json()
        assert [message["seq"] for message in page["messages"]] == [11, 12, 13, 14, 15]
    for wrong in (
        "",
        "x",
        "2026-03-01",
        "2026-03-01T12:00",
        "2026-13-01T00:00Z",
        "9999-12-31T23:59:59-10:00",
        "1" * 9999,
    ):
        answer = client.get(f"/api/rooms/den/messages/?since={wrong}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "since"), wrong
    both = client.get("/api/rooms/den/messages/?since=2026-03-01T12:00:00Z&before=3")
    assert both.status_code == 400


def test_a_day_begins_where_the_reader_s_clock_stands(dated: Room, ana: User, signed_in: Any) -> None:
    """Noon and twelve hours in London is the thirteenth message; in Auckland the day began twelve hours (and one, in summer) before."""
    client = signed_in(ana)
    for zone, seq in (("", 13), ("Europe/London", 13), ("Europe/Berlin", 12), ("Pacific/Auckland", 1)):
        User.objects.filter(pk=ana.pk).update(time_zone=zone)
        assert client.get("/rooms/den/?date=2026-03-02")["Location"] == f"/rooms/den/?at={seq}#{seq}"
    assert client.get("/rooms/den/?date=2030-01-01")["Location"] == "/rooms/den/#end"
    for wrong in ("", "x", "2026-02-30", "0001-01-01", "\0"):
        assert client.get("/rooms/den/", {"date": wrong}).status_code == 302


def test_an_address_leads_to_its_message_wherever_it_stands(dated: Room, ana: User, bo: User, signed_in: Any) -> None:
    """In the log, deleted, in a thread, nowhere, or where one may not look: with no script too."""
    client = signed_in(ana)
    assert 'id="2"' in client.get("/rooms/den/?at=2").content.decode()
    deleted = client.get("/rooms/den/?at=12").content.decode()
    assert 'id="12"' in deleted and "message deleted" in deleted
    assert client.get("/rooms/den/?at=9")["Location"] == "/rooms/den/threads/1/#9"
    assert client.get("/rooms/den/threads/9/", follow=True).redirect_chain[-1][0] == "/rooms/den/threads/1/?at=9#9"
    for nowhere in (21, 0, 2**53 - 1):
        page = client.get(f"/rooms/den/?at={nowhere}", follow=True)
        assert "There is no such message." in page.content.decode()
    actions.leave(bo, "den")
    for address in ("/rooms/den/?at=2", "/rooms/den/threads/1/", "/rooms/den/?date=2026-03-01", "/rooms/nowhere/?at=2"):
        assert signed_in(bo).get(address).status_code == 404
