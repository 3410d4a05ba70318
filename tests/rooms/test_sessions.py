"""What the session of a socket is let do when it is over, or might be."""

from typing import Any, cast

import pytest
from django.conf import settings

from accounts.models import User
from rooms.errors import Forbidden
from rooms.realtime.session import Session, for_standing, undisturbed


def session(*, is_over: bool) -> Session:
    return Session("sid", cast(User, None), "key", is_over=is_over)


def test_what_waits_of_a_session_that_is_over_is_refused_and_the_rest_keeps_its_order() -> None:
    handled: list[list[str]] = []

    def handle(items: list[str]) -> list[str | Exception]:
        handled.append(items)
        return [item.upper() for item in items]

    said = [(session(is_over=text in "bd"), text) for text in "abcd"]
    results: list[Any] = for_standing(handle)(said)
    assert handled == [["a", "c"]]
    assert [result if isinstance(result, str) else type(result) for result in results] == [
        "A",
        Forbidden,
        "C",
        Forbidden,
    ]
    assert len(for_standing(handle)([(session(is_over=True), "x")])) == 1
    assert len(handled) == 1  # nothing is begun for nobody


def test_who_is_expelled_while_they_are_looked_up_is_looked_up_again() -> None:
    expelled, found = [0], iter(["somebody", "somebody", "nobody"])

    def look() -> str:
        who = next(found)
        if expelled[0] < 2:
            expelled[0] += 1  # meanwhile
        return who

    assert undisturbed(look, lambda: expelled[0]) == "nobody"
    with pytest.raises(StopIteration):
        next(found)


def test_whoever_comes_is_looked_at_twice_within_half_a_minute() -> None:
    """The worst of it: they come just as a round of the examiner has begun, so that it looks at them in the next two."""
    assert 3 * settings.EXAMINE_EVERY < 30
