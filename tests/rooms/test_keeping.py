"""What is kept at hand: a room's pins, which are changes of its messages; what one has saved, of which nobody else hears."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms import actions, history, kept, payloads, schemas, sync
from rooms.actions import pinning, saving
from rooms.errors import Archived, Invalid, NotFound
from rooms.models import Membership, Message, Room, Saved
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


@pytest.fixture
def said(den: Room, ana: User, say: Say) -> list[Message]:
    return say(den, ana, "one", "two", "three")


def pins(room: Room) -> list[int]:
    """As the panel shows them."""
    return [message.seq for message in Message.objects.pinned(room)]


def put_aside(user: User, room: Room) -> list[int]:
    return kept.kept(Membership.objects.get(user=user, room=room)).saved


@pytest.mark.django_db(transaction=True)
def test_a_pin_is_a_change_of_its_message(den: Room, said: list[Message], bo: User, heard: Recorder) -> None:
    actions.pin(bo, "den", 2, True)
    [told] = heard.of("message")
    assert told["version"] == told["message"]["version"] == 4
    assert told["message"]["pinned_by"] == payloads.user(bo)
    den.refresh_from_db()
    page = [payloads.message(message) for message in history.page(den).messages]
    assert page[1] == told["message"] and "pinned_at" not in page[0]
    assert sync.changes(bo, {"den": 3})["den"]["messages"] == [told["message"]]


@pytest.mark.django_db(transaction=True)
def test_twice_is_once_and_anybody_takes_it_off(
    den: Room, said: list[Message], ana: User, bo: User, heard: Recorder
) -> None:
    actions.pin(ana, "den", 1, True)
    assert actions.pin(bo, "den", 1, True).pinned_by == ana
    actions.pin(bo, "den", 3, True)
    assert pins(den) == [3, 1]
    actions.pin(bo, "den", 1, False)
    assert actions.pin(bo, "den", 1, False).version == 6
    assert pins(den) == [3]
    assert "pinned_at" not in heard.of("message")[-1]["message"]


def test_what_is_deleted_is_no_longer_pinned(den: Room, said: list[Message], ana: User) -> None:
    actions.pin(ana, "den", 1, True)
    actions.delete(ana, "den", 1)
    assert pins(den) == []
    with pytest.raises(NotFound):
        actions.pin(ana, "den", 1, True)


def test_so_many_pins_fit(den: Room, said: list[Message], ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinning, "MOST_PINS", 2)
    actions.pin(ana, "den", 1, True)
    actions.pin(ana, "den", 2, True)
    with pytest.raises(Invalid, match="no more fit"):
        actions.pin(ana, "den", 3, True)
    actions.pin(ana, "den", 1, False)
    actions.pin(ana, "den", 3, True)
    assert pins(den) == [3, 2]


def test_who_may_not_post_may_not_pin(den: Room, said: list[Message], ana: User, person: Callable[..., User]) -> None:
    with pytest.raises(NotFound):
        actions.pin(person(), "den", 1, True)
    with pytest.raises(NotFound):
        actions.pin(ana, "den", 9, True)
    with pytest.raises(NotFound):
        actions.pin(ana, "nowhere", 1, True)
    actions.archive(den)
    with pytest.raises(Archived):
        actions.pin(ana, "den", 1, True)


def test_an_answer_in_a_thread_can_be_pinned(den: Room, said: list[Message], ana: User, say: Say) -> None:
    [answer] = say(den, ana, "yes", thread=1)
    actions.pin(ana, "den", answer.seq, True)
    assert pins(den) == [answer.seq]


def test_a_page_of_pins_takes_no_more_look_ups(
    den: Room, said: list[Message], ana: User, bo: User, django_assert_num_queries: Any
) -> None:
    for seq, who in ((1, ana), (2, bo)):
        actions.pin(who, "den", seq, True)
    den.refresh_from_db()
    with django_assert_num_queries(3):
        history.page(den).payload()


@pytest.mark.django_db(transaction=True)
def test_what_one_saves_is_told_to_oneself_only(
    den: Room, said: list[Message], ana: User, bo: User, heard: Recorder
) -> None:
    actions.save(bo, "den", 2, True)
    actions.save(bo, "den", 2, True)
    assert heard.said == [(f"user:{bo.pk}", {"type": "saved", "room": "den", "seq": 2, "on": True})]
    assert (put_aside(bo, den), put_aside(ana, den)) == ([2], [])
    assert Room.objects.get(slug="den").version == 3
    actions.save(bo, "den", 2, False)
    actions.save(bo, "den", 2, False)
    assert [data["on"] for data in heard.of("saved")] == [True, False]
    assert put_aside(bo, den) == []


def test_one_saves_what_one_may_read(
    den: Room, said: list[Message], ana: User, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound):
        actions.save(person(), "den", 1, True)
    with pytest.raises(NotFound):
        actions.save(ana, "den", 4, True)
    actions.save(ana, "den", 1, True)
    actions.delete(ana, "den", 1)
    actions.delete(ana, "den", 2)
    with pytest.raises(NotFound):
        actions.save(ana, "den", 2, True)
    actions.save(ana, "den", 1, False)
    actions.archive(den)
    actions.save(ana, "den", 3, True)
    assert put_aside(ana, den) == [3]
    monkeypatch.setattr(saving, "MOST_SAVED", 1)
    with pytest.raises(NotFound):
        actions.save(ana, "den", 2, True)
    Message.objects.filter(seq=2).update(deleted_at=None)
    with pytest.raises(Invalid, match="no more fit"):
        actions.save(ana, "den", 2, True)


@pytest.mark.parametrize("schema", [schemas.Pin, schemas.Save])
@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 0},
        {"seq": -1},
        {"seq": "1"},
        {"seq": 2**53},
        {"seq": None},
        {"on": 1},
        {"on": None},
        {"room": ""},
        {"x": 1},
    ],
    ids=str,
)
def test_bad_input_is_refused(schema: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        schemas.parse(schema, {"room": "den", "seq": 1, "on": True} | wrong)


def test_the_page_of_what_is_saved(
    den: Room, said: list[Message], ana: User, say: Say, room: Callable[..., Room], signed_in: Any, settings: Any
) -> None:
    """The last one first, a page at a time, from the rooms one is in; what is deleted says so."""
    settings.PAGE_SIZE = 2
    left = room(ana, slug="left")
    say(left, ana, "gone from here")
    actions.save(ana, "left", 1, True)
    for seq in (1, 3, 2):
        actions.save(ana, "den", seq, True)
    actions.leave(ana, "left")
    actions.delete(ana, "den", 1)
    client: Client = signed_in(ana)
    first = client.get("/saved/")
    assert [message["seq"] for message in first.context["kept"]] == [2, 3]
    second = client.get(f"/saved/?before={first.context['older']}")
    assert [message["seq"] for message in second.context["kept"]] == [1]
    assert "message deleted" in second.content.decode() and "gone from here" not in second.content.decode()
    assert client.post("/saved/", {"room": "den", "seq": 3}).status_code == 302
    assert put_aside(ana, den) == [1, 2]
    for wrong in ({}, {"room": "den", "seq": "x"}, {"room": "nowhere", "seq": 1}, {"room": "\0", "seq": 1}):
        assert client.post("/saved/", wrong).status_code == 302
    assert client.get("/saved/?before=x").status_code == 302
    assert Saved.objects.filter(user=ana, room=left).exists(), "for the day one comes back"


def test_the_page_of_pins_works_without_a_script(den: Room, said: list[Message], ana: User, signed_in: Any) -> None:
    client: Client = signed_in(ana)
    assert "Nothing is pinned here" in client.get("/rooms/den/pinned/").content.decode()
    actions.pin(ana, "den", 2, True)
    page = client.get("/rooms/den/pinned/").content.decode()
    assert "Pinned by Ana" in page and "?at=2#2" in page
    for wrong in ({}, {"seq": "-1"}, {"seq": 7}):
        assert client.post("/rooms/den/pinned/", wrong).status_code == 302
    assert pins(den) == [2]
    client.post("/rooms/den/pinned/", {"seq": 2})
    assert pins(den) == []


def test_strangers_see_neither(den: Room, said: list[Message], person: Callable[..., User], signed_in: Any) -> None:
    assert signed_in(person()).get("/rooms/den/pinned/").status_code == 404
    assert Client().get("/saved/").status_code == 302
