"""Rooms as people arrange them: who may make one, change it, and do what with its members; all who are connected hear of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from accounts import actions as accounts
from accounts.models import Site, User
from rooms import actions, sidebar
from rooms.errors import Archived, Forbidden, Invalid, NotFound
from rooms.models import Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Rooms = Callable[..., Room]


@pytest.fixture
def web(ana: User, signed_in: Callable[[User], Client]) -> Client:
    """Ana's browser."""
    return signed_in(ana)


@pytest.fixture
def lair(room: Rooms, ana: User, bo: User) -> Room:
    """A closed room that Ana moderates and Bo is in."""
    return room(bo, slug="lair", kind="closed", moderators=[ana])


def roles(room: Room) -> dict[str, str]:
    return dict(room.memberships.values_list("user__handle", "role"))


def test_a_room_is_made_with_its_people_and_who_made_it_moderates_it(
    heard: Recorder, web: Client, ana: User, bo: User
) -> None:
    answer = web.post("/new/room/", {"name": " Tea  Room ", "topic": "Tea", "kind": "closed", "person": [bo.pk]})
    assert answer["Location"] == "/rooms/tea-room/"
    room = Room.objects.get()
    assert (room.name, room.topic, room.kind, room.created_by) == ("Tea Room", "Tea", "closed", ana)
    assert roles(room) == {"ana": "moderator", "bo": "member"}
    assert {("grant", ana.pk, "tea-room"), ("grant", bo.pk, "tea-room")} <= set(heard.moved)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "\u202eevil"}, {"name": "a\0b"}, {"name": "x" * 61}, {"topic": "x" * 251},
        {"topic": "bell\a"}, {"kind": "direct"}, {"kind": ""},
    ],
)  # fmt: skip
def test_what_makes_no_room_is_refused_at_its_field(web: Client, wrong: dict[str, str]) -> None:
    page = web.post("/new/room/", {"name": "Tea", "topic": "", "kind": "open"} | wrong)
    assert page.status_code == 200 and list(page.context["form"].errors) == list(wrong)
    assert not Room.objects.exists()


def test_where_only_staff_make_rooms_others_are_told_so(web: Client, person: Any, signed_in: Any) -> None:
    Site.current()
    Site.objects.update(room_makers="staff")
    page = web.get("/new/room/")
    assert page.status_code == 403 and "Only the staff" in page.content.decode()
    assert 'href="/new/room/"' not in web.get("/rooms/").content.decode()
    assert web.post("/new/room/", {"name": "Tea", "kind": "open"}).status_code == 403
    with pytest.raises(Forbidden):
        actions.make_room(person("eve"), "Tea")
    assert not Room.objects.exists()
    clerk = signed_in(person("clerk", is_staff=True))
    assert clerk.post("/new/room/", {"name": "Tea", "kind": "open"}).status_code == 302


def test_a_moderator_changes_the_room_and_only_what_is_new_is_told(
    heard: Recorder, web: Client, lair: Room, settings: Any
) -> None:
    heard.clear()
    form = {"name": "Den", "topic": "Tea", "kind": "open"}
    for _ in range(2):
        assert web.post("/rooms/lair/settings/", form)["Location"] == "/rooms/lair/settings/"
    [data] = heard.of("room")
    assert (data["room"], data["name"], data["topic"], data["kind"]) == ("lair", "Den", "Tea", "open")


def test_a_member_sees_the_settings_and_may_only_leave(lair: Room, bo: User, signed_in: Any) -> None:
    web = signed_in(bo)
    page = web.get("/rooms/lair/settings/").content.decode()
    assert "Make moderator" not in page and "Archive" not in page.replace("Leave and archive", "")
    assert "Add people" not in page and 'action="/rooms/lair/leave/"' in page
    for act in (
        lambda: actions.arrange(bo, "lair", name="Mine"),
        lambda: actions.set_archived(bo, "lair", True),
        lambda: actions.add_members(bo, "lair", [bo]),
        lambda: actions.remove_member(bo, "lair", bo.pk),
        lambda: actions.set_role(bo, "lair", bo.pk, "moderator"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_stranger_sees_no_settings(room: Rooms, person: Any, signed_in: Any, lair: Room) -> None:
    web, eve = signed_in(person("eve")), User.objects.get(handle="eve")
    assert web.get("/rooms/lair/settings/").status_code == 404
    assert web.get("/people/?room=lair").status_code == 404
    with pytest.raises(NotFound):
        actions.arrange(eve, "lair", name="Mine")


def test_people_are_added_to_an_open_room_by_any_member_to_a_closed_one_by_moderators(
    heard: Recorder, den: Room, lair: Room, ana: User, bo: User, person: Any, web: Client
) -> None:
    eve, gone = person("eve"), person("gone", is_active=False)
    actions.add_members(bo, "den", [eve, gone])
    assert roles(den) == {"ana": "member", "bo": "member", "eve": "member"}
    heard.clear()
    told = web.post("/rooms/lair/members/add/", {"person": [eve.pk, bo.pk]}, follow=True).content.decode()
    assert "1 person was added." in told, "Bo was in it already"
    assert roles(lair) == {"ana": "moderator", "bo": "member", "eve": "member"}
    assert heard.moved == [("grant", eve.pk, "lair")]
    assert heard.of("members") == [{"type": "members", "room": "lair", "members": 3}]


def test_who_is_removed_is_out_at_once(heard: Recorder, web: Client, lair: Room, ana: User, bo: User) -> None:
    heard.clear()
    web.post("/rooms/lair/members/", {"remove": bo.pk})
    assert roles(lair) == {"ana": "moderator"}
    assert heard.moved == [("revoke", bo.pk, "lair")]
    assert {to for to, data in heard.said if data.get("gone")} == {f"user:{bo.pk}"}
    assert "nobody like that" in web.post("/rooms/lair/members/", {"remove": bo.pk}, follow=True).content.decode()
    with pytest.raises(Invalid):
        actions.remove_member(ana, "lair", ana.pk)


def test_roles_are_given_and_the_last_moderator_stays_one(web: Client, lair: Room, ana: User, bo: User) -> None:
    assert "last moderator" in web.post("/rooms/lair/members/", {"member": ana.pk}, follow=True).content.decode()
    web.post("/rooms/lair/members/", {"moderator": bo.pk})
    assert roles(lair) == {"ana": "moderator", "bo": "moderator"}
    web.post("/rooms/lair/members/", {"member": ana.pk})
    assert roles(lair) == {"ana": "member", "bo": "moderator"}
    for nonsense in ({}, {"remove": "x"}, {"remove": "9" * 30}, {"admin": bo.pk}):
        assert web.post("/rooms/lair/members/", nonsense).status_code == 302
    with pytest.raises(Invalid):
        actions.set_role(bo, "lair", ana.pk, "owner")


@pytest.mark.parametrize(
    "shut_out", [lambda user: accounts.deactivate([user]), lambda user: accounts.ban(user, None, None, "spam")]
)
def test_who_cannot_come_in_is_no_other_moderator(shut_out: Any, lair: Room, ana: User, bo: User) -> None:
    actions.set_role(ana, "lair", bo.pk, "moderator")
    shut_out(bo)
    with pytest.raises(Invalid):
        actions.set_role(ana, "lair", ana.pk, "member")


def test_a_room_is_archived_and_taken_into_use_again(heard: Recorder, web: Client, lair: Room, ana: User) -> None:
    heard.clear()
    for archived in ("1", "1", "0"):
        web.post("/rooms/lair/archive/", {"archived": archived})
    assert [data["archived"] for data in heard.of("room")] == [True, False]
    actions.set_archived(ana, "lair", True)
    for act in (
        lambda: actions.arrange(ana, "lair", name="Mine"),
        lambda: actions.add_members(ana, "lair", [ana]),
    ):
        with pytest.raises(Archived):
            act()


def test_people_are_found_by_name_and_handle_and_who_is_chosen_stays(
    web: Client, lair: Room, bo: User, person: Any
) -> None:
    eve, _ = person("eve", name="Eve Ümlaut"), person("gone", name="Evelyn", is_active=False)

    def found(query: str) -> tuple[list[str], list[str]]:
        context = web.get(f"/people/?{query}").context
        return [p["handle"] for p in context["chosen"]], [p["handle"] for p in context["found"]]

    assert found("") == ([], ["bo", "eve"])
    assert found("q=ümlau") == ([], ["eve"]) and found("q=@EV") == ([], ["eve"])
    assert found("room=lair") == ([], ["eve"])
    assert found(f"q=nobody&person={eve.pk}&person=x&person={'9' * 40}") == (["eve"], [])
    page = web.get(f"/new/room/?name=Tea&q=bo&person={eve.pk}").content.decode()
    assert 'value="Tea"' in page and f'value="{eve.pk}" checked' in page


def test_people_stand_in_the_order_of_the_alphabet(web: Client, den: Room, bo: User, person: Any) -> None:
    """Small letters among the capitals: in a room, in its settings, and where one chooses some."""
    bea, zoe = person("b", name="bea"), person("z", name="Zoe")
    actions.add_members(bo, "den", [zoe, bea])
    for page in ("people", "settings"):
        shown = web.get(f"/rooms/den/{page}/").context["people"]
        assert [each["name"] for each in shown] == ["Ana", "bea", "Bo", "Zoe"], page
    found = web.get(f"/people/?person={zoe.pk}&person={bea.pk}").context
    assert [each["name"] for each in found["chosen"]] == ["bea", "Zoe"]
    assert [each["name"] for each in web.get("/people/?q=o").context["found"]] == ["Bo", "Zoe"]
    assert [each["name"] for each in web.get("/people/").context["found"]] == ["bea", "Bo", "Zoe"]


def test_many_of_one_name_at_once_each_get_a_room(monkeypatch: pytest.MonkeyPatch, den: Room, ana: User) -> None:
    """Two looked for a free address at the same time."""
    answers = iter(["den", "den-2"])
    monkeypatch.setattr(Room, "free_slug", lambda name: next(answers))
    assert actions.make_room(ana, "Den").slug == "den-2"


def test_rooms_stand_in_the_order_that_people_count(room: Rooms, ana: User, web: Client) -> None:
    for name in ("Room 10", "room 2", "Attic", "2nd floor", "Room 2b", "10th floor"):
        room(ana, name=name)
    expected = ["2nd floor", "10th floor", "Attic", "room 2", "Room 2b", "Room 10"]
    assert [each["name"] for each in sidebar.rooms_of(ana)] == expected
    assert [each["name"] for each in web.get("/rooms/").context["open_rooms"]] == expected


def test_a_form_that_is_sent_twice_makes_one_room(ana: User, bo: User) -> None:
    """By a finger that is too quick; a room is not deleted. Later, and for somebody else, the same name is another room."""
    first = actions.make_room(ana, "Tea")
    assert actions.make_room(ana, "Tea") == first
    assert actions.make_room(bo, "Tea").slug == "tea-2"
    Room.objects.update(created_at=F("created_at") - timedelta(seconds=11))
    assert actions.make_room(ana, "Tea").slug == "tea-3"
