"""The order of a room's changes, whatever a broker does to them on the way."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rooms.realtime.sequence import Sequence

ROOM = 7


def news(version: int) -> dict[str, Any]:
    return {"type": "message", "version": version}


def versions(ready: Any) -> list[int]:
    return [each["version"] for each in ready]


def test_what_comes_too_early_waits_for_what_is_missing_below() -> None:
    sequence = Sequence()
    sequence.begin(ROOM, 4)
    assert versions(sequence.take(ROOM, news(7))) == []
    assert versions(sequence.take(ROOM, news(6))) == []
    assert sequence.behind() == [ROOM]
    assert versions(sequence.take(ROOM, news(5))) == [5, 6, 7]
    assert sequence.behind() == [] and sequence.at(ROOM) == 7


def test_what_has_been_out_is_not_repeated() -> None:
    sequence = Sequence()
    assert versions(sequence.take(ROOM, news(3))) == [3]
    assert versions(sequence.take(ROOM, news(3))) == versions(sequence.take(ROOM, news(2))) == []


def test_of_what_changed_twice_the_database_has_the_last() -> None:
    """Versions 5 and 6 were of one message: only 6 is found."""
    sequence = Sequence()
    sequence.begin(ROOM, 4)
    sequence.take(ROOM, news(8))
    assert versions(sequence.mend(ROOM, 7, [news(6), news(7)])) == [6, 7, 8]
    assert versions(sequence.take(ROOM, news(5))) == []


def test_a_database_that_went_back_is_followed() -> None:
    sequence = Sequence()
    sequence.begin(ROOM, 9)
    sequence.restart(ROOM, 4)
    assert versions(sequence.take(ROOM, news(5))) == [5]


@given(st.data())
def test_each_once_and_in_order_whatever_is_lost_doubled_or_late(data: st.DataObject) -> None:
    last = data.draw(st.integers(1, 12))
    sequence, out = Sequence(), []
    sequence.begin(ROOM, 0)
    coming = data.draw(st.lists(st.integers(1, last), max_size=30))
    for version in coming:
        out += versions(sequence.take(ROOM, news(version)))
        if data.draw(st.booleans()):
            reached = data.draw(st.integers(0, last))
            at = sequence.at(ROOM) or 0
            out += versions(sequence.mend(ROOM, reached, [news(each) for each in range(at + 1, reached + 1)]))
    out += versions(sequence.mend(ROOM, last, [news(each) for each in range((sequence.at(ROOM) or 0) + 1, last + 1)]))
    assert out == list(range(1, last + 1))
