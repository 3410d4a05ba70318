"""Read marks and unread counts: one's own never count, nor the deleted; a mark only moves up, and the person's other tabs follow."""

from collections.abc import Callable

import pytest

from accounts.models import User
from rooms import actions, permissions, sidebar
from rooms.errors import Invalid, NotFound
from rooms.models import Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


def unread(user: User) -> dict[str, int]:
    return {room["slug"]: room["unread"] for room in sidebar.rooms_of(user)}


def test_what_others_say_is_unread(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one", "two", "three")
    assert unread(bo) == {"den": 3}
    assert unread(ana) == {"den": 0}


def test_to_post_is_to_have_read_what_stands_above(heard: Recorder, den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one", "two")
    heard.clear()
    say(den, bo, "three")
    assert unread(bo) == {"den": 0}
    assert unread(ana) == {"den": 1}
    assert [data["type"] for _, data in heard.said] == ["message"]  # which says it all


def test_deleted_messages_do_not_count(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one", "two", "three", "four")
    actions.delete(ana, "den", 2)
    actions.delete(ana, "den", 4)
    assert unread(bo) == {"den": 2}
    assert actions.read(bo, "den", 1)["unread"] == 1
    assert actions.read(bo, "den", 3)["unread"] == 0
    actions.delete(ana, "den", 1)
    assert unread(bo) == {"den": 0}


def test_a_mark_moves_up_only_and_not_above_the_last_message(
    heard: Recorder, den: Room, ana: User, bo: User, say: Say
) -> None:
    say(den, ana, *"abcde")
    heard.clear()
    assert actions.read(bo, "den", 3)["last_read_seq"] == 3
    assert actions.read(bo, "den", 2)["last_read_seq"] == 3
    assert actions.read(bo, "den", 3)["last_read_seq"] == 3
    assert actions.read(bo, "den", 2**53 - 1) == {"last_read_seq": 5, "unread": 0, "mentions": 0}
    assert [(to, data["last_read_seq"]) for to, data in heard.said] == [(f"user:{bo.pk}", 3), (f"user:{bo.pk}", 5)]


def test_reading_is_no_change_of_the_room(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one")
    actions.read(bo, "den", 1)
    den.refresh_from_db()
    assert den.version == 1


def test_a_stranger_has_nothing_to_read(den: Room, person: Callable[..., User]) -> None:
    for slug in ("den", "no-such-room"):
        with pytest.raises(NotFound):
            actions.read(person(), slug, 0)


def test_an_archived_room_can_be_read(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one")
    actions.archive(den)
    assert actions.read(bo, "den", 1)["unread"] == 0


def test_a_newcomer_starts_with_everything_read(den: Room, ana: User, say: Say, person: Callable[..., User]) -> None:
    say(den, ana, "one", "two")
    newcomer = person("newcomer")
    actions.join(newcomer, "den")
    assert unread(newcomer) == {"den": 0}
    say(den, ana, "three")
    assert unread(newcomer) == {"den": 1}


def test_the_sidebar_has_default_rooms_first_and_archived_ones_last(room: Callable[..., Room], ana: User) -> None:
    room(ana, slug="zoo", name="zoo")
    room(ana, slug="old", name="Alpha")
    room(ana, slug="bar", name="Bar")
    room(ana, slug="lobby", name="Lobby", is_default=True)
    room(slug="not-mine")
    actions.archive(Room.objects.get(slug="old"))
    assert list(unread(ana)) == ["lobby", "bar", "zoo", "old"]


def test_marked_unread_the_mark_goes_back(heard: Recorder, den: Room, ana: User, bo: User, say: Say) -> None:
    """One's own stay left out, also when they are deleted; reading on, by steps or by writing, comes to nothing unread."""
    say(den, ana, "one", "@bo two")
    say(den, bo, "mine", "mine too")
    say(den, ana, "five")
    actions.read(bo, "den", 5)
    heard.clear()
    assert actions.unread(bo, "den", 2) == {"last_read_seq": 1, "unread": 2, "mentions": 1}
    assert [(to, data["type"], data["last_read_seq"]) for to, data in heard.said] == [(f"user:{bo.pk}", "read", 1)]
    assert unread(bo) == {"den": 2}
    actions.delete(bo, "den", 3)
    assert unread(bo) == {"den": 2}
    assert actions.read(bo, "den", 3) == {"last_read_seq": 3, "unread": 1, "mentions": 0}
    assert actions.unread(bo, "den", 1)["unread"] == 3
    assert actions.read(bo, "den", 5)["unread"] == 0
    actions.unread(bo, "den", 1)
    say(den, bo, "six")
    assert unread(bo) == {"den": 0}


def test_an_answer_marked_unread_is_so_in_its_thread(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "root")
    say(den, ana, "one", "two", "three", thread=1)
    assert actions.unread(bo, "den", 3) == {"seq": 1, "following": True, "last_read_seq": 2, "unread": 2, "mentions": 0}
    assert unread(bo) == {"den": 1}, "the room is left as it is"


def test_what_cannot_be_marked_unread(
    monkeypatch: pytest.MonkeyPatch, den: Room, ana: User, say: Say, person: Callable[..., User]
) -> None:
    say(den, ana, "one", "two", "three")
    for user, slug, seq in ((person(), "den", 1), (ana, "no-such-room", 1), (ana, "den", 4)):
        with pytest.raises(NotFound):
            actions.unread(user, slug, seq)
    monkeypatch.setattr(permissions, "MOST_UNREAD", 2)
    with pytest.raises(Invalid, match=r"^seq: too far back: at most the latest 2 messages can be marked unread$"):
        actions.unread(ana, "den", 1)
    actions.archive(den)
    assert actions.unread(ana, "den", 2)["last_read_seq"] == 1, "an archived room can be read again"
