"""Pages of history: before, after, around a number, or the latest; each knows whether there is more on either side."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from rooms import history
from rooms.models import Message, Room

pytestmark = pytest.mark.django_db
TOTAL = 20


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
