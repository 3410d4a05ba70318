"""Coming in and going out: open rooms by oneself, closed ones by invitation, default ones at sign-up; those who are connected follow at once."""

from collections.abc import Callable

import pytest

from accounts.models import User
from accounts.signals import site_founded, user_joined
from rooms import actions
from rooms.errors import Archived, Forbidden, NotFound
from rooms.models import Membership, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Rooms = Callable[..., Room]


def members(room: Room) -> set[str]:
    return set(room.memberships.values_list("user__handle", flat=True))


def test_anyone_joins_an_open_room(heard: Recorder, room: Rooms, ana: User) -> None:
    den = room(slug="den", topic="Tea")
    actions.join(ana, "den")
    assert members(den) == {"ana"}
    (to, data), count = heard.said
    assert count == (f"room:{den.pk}", {"type": "members", "room": "den", "members": 1})
    assert to == f"user:{ana.pk}"
    assert {"type": "room", "room": "den", "topic": "Tea", "unread": 0, "can_post": True}.items() <= data.items()
    assert heard.moved == [("grant", ana.pk, "den")]
    heard.clear()
    actions.join(ana, "den")
    assert heard.said == [] and den.memberships.count() == 1


@pytest.mark.parametrize("kind", ["closed", "direct"])
def test_nobody_joins_by_themselves_what_is_not_open(room: Rooms, ana: User, kind: str) -> None:
    room(slug="vault", kind=kind)
    with pytest.raises(NotFound):
        actions.join(ana, "vault")
    assert not Membership.objects.exists()


def test_nobody_joins_an_archived_room(room: Rooms, ana: User) -> None:
    actions.archive(room(slug="old"))
    with pytest.raises(Archived):
        actions.join(ana, "old")


def test_who_leaves_is_out_at_once(heard: Recorder, den: Room, ana: User) -> None:
    heard.clear()
    actions.leave(ana, "den")
    assert members(den) == {"bo"}
    assert heard.moved == [("revoke", ana.pk, "den")]
    assert heard.said == [
        (f"user:{ana.pk}", {"type": "room", "room": "den", "gone": True, "reason": "removed"}),
        (f"room:{den.pk}", {"type": "members", "room": "den", "members": 1}),
    ]
    with pytest.raises(NotFound):
        actions.leave(ana, "den")


def test_a_direct_conversation_cannot_be_left(room: Rooms, ana: User, bo: User) -> None:
    us = actions.open_direct(ana, [bo]).room
    with pytest.raises(Forbidden):
        actions.leave(ana, us.slug)


def test_who_joins_the_site_is_in_every_default_room(room: Rooms, ana: User) -> None:
    room(slug="lobby", is_default=True)
    room(slug="news", is_default=True)
    room(slug="other")
    actions.archive(room(slug="old", is_default=True))
    user_joined.send(User, user=ana)
    user_joined.send(User, user=ana)
    assert set(Room.objects.of(ana).values_list("slug", flat=True)) == {"lobby", "news"}


def test_a_founded_site_has_a_lobby_that_its_founder_moderates(ana: User) -> None:
    site_founded.send(User, user=ana)
    site_founded.send(User, user=ana)
    lobby = Room.objects.get()
    assert (lobby.slug, lobby.is_default, lobby.created_by) == ("lobby", True, ana)
    assert lobby.memberships.get().role == "moderator"


def test_two_rooms_of_one_name_have_two_addresses(ana: User) -> None:
    made = [
        actions.create_room(ana, name) for name in ("Café Noir", "cafe noir", "Café Noir", "部屋", "部屋", "x" * 60)
    ]
    assert [room.slug for room in made] == ["cafe-noir", "cafe-noir-2", "cafe-noir-3", "room", "room-2", "x" * 56]


def test_a_change_of_a_room_is_told_to_those_in_it(heard: Recorder, den: Room) -> None:
    heard.clear()
    actions.update_room(den, name="Lair", topic="Tea", kind="closed")
    actions.archive(den)
    actions.unarchive(den)
    assert [to for to, _ in heard.said] == [f"room:{den.pk}"] * 3
    assert [(data["name"], data["kind"], data["archived"], data["can_post"]) for _, data in heard.said] == [
        ("Lair", "closed", False, True), ("Lair", "closed", True, False), ("Lair", "closed", False, True),
    ]  # fmt: skip
    assert {data["room"] for _, data in heard.said} == {"den"}


def test_a_new_role_is_told(heard: Recorder, den: Room, ana: User) -> None:
    heard.clear()
    actions.change_role(den.memberships.get(user=ana), "moderator")
    [(to, data)] = heard.said
    assert (to, data["role"]) == (f"user:{ana.pk}", "moderator")
