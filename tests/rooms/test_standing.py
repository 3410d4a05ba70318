"""A look at how somebody stands is never told after what is newer (rooms/realtime/standing.py)."""

from rooms.realtime.standing import MOST_LOOKS, Standing


def test_it_is_looked_at_again_if_the_person_was_told_something_meanwhile() -> None:
    standing, mark = Standing(), 5

    def look() -> int:
        nonlocal mark
        seen = mark
        if mark == 5:  # they read on while this is on its way
            mark = 9
            standing.told("user:1", {"type": "read", "last_read_seq": 9})
        return seen

    assert standing.settled("user:1", look) == 9


def test_what_others_are_told_and_what_has_a_version_is_no_reason() -> None:
    standing, looks = Standing(), []

    def look() -> str:
        looks.append(1)
        standing.told("user:2", {"type": "read"})
        standing.told("user:1", {"type": "message"})
        standing.told("room:1", {"type": "message"})
        return "seen"

    assert standing.settled("user:1", look) == "seen" and len(looks) == 1


def test_who_is_told_something_all_the_time_is_answered_all_the_same() -> None:
    standing, looks = Standing(), []

    def look() -> str:
        looks.append(1)
        standing.told("room:1", {"type": "room", "name": "another"})
        return "seen"

    assert standing.settled("user:1", look) == "seen" and len(looks) == MOST_LOOKS
