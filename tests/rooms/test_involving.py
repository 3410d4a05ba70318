"""Involvement: what a member wants to be told of; their own affair, heard by their own tabs only. And whom completion finds."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms import actions, schemas
from rooms.errors import Invalid, NotFound
from rooms.models import Membership, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def involvement(user: User) -> str:
    return Membership.objects.get(user=user).involvement


@pytest.mark.django_db(transaction=True)
def test_ones_own_tabs_hear_of_it_and_nobody_else(heard: Recorder, den: Room, ana: User, bo: User) -> None:
    heard.clear()
    actions.involve(ana, "den", "nothing")
    actions.involve(ana, "den", "nothing")
    said = {"type": "room", "room": "den", "role": "member", "involvement": "nothing", "can_post": True, "muted": None}
    assert heard.said == [(f"user:{ana.pk}", said)]
    assert (involvement(ana), involvement(bo)) == ("nothing", "everything")


def test_it_is_no_change_of_the_room(den: Room, ana: User) -> None:
    actions.involve(ana, "den", "mentions")
    assert Room.objects.get(pk=den.pk).version == den.version


def test_an_archived_room_may_be_muted(den: Room, ana: User) -> None:
    actions.archive(den)
    assert actions.involve(ana, "den", "nothing")["involvement"] == "nothing"


def test_a_stranger_has_no_involvement(den: Room, person: Callable[..., User]) -> None:
    for slug in ("den", "no-such-room"):
        with pytest.raises(NotFound):
            actions.involve(person(), slug, "nothing")


@pytest.mark.parametrize("value", ["", "all", "Nothing", None, 7])
def test_what_is_no_involvement_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        schemas.parse(schemas.Involve, {"room": "den", "involvement": value})
    assert refusal.value.extra["field"] == "involvement"


def test_the_form_works_without_a_script(
    den: Room, ana: User, signed_in: SignedIn, person: Callable[..., User]
) -> None:
    client = signed_in(ana)
    assert client.post("/rooms/den/involvement/", {"involvement": "mentions"}).status_code == 302
    assert involvement(ana) == "mentions"
    page = client.get("/rooms/den/").content.decode()
    assert 'value="mentions" data-action="involve" aria-pressed="true"' in page
    assert 'data-involvement="mentions"' in page
    client.post("/rooms/den/involvement/", {"involvement": "loud"})
    assert involvement(ana) == "mentions"
    assert signed_in(person()).post("/rooms/den/involvement/", {"involvement": "nothing"}).status_code == 404


def handles(client: Client, q: str = "") -> tuple[list[str], bool, list[str]]:
    answer = client.get("/api/rooms/den/people/", {"q": q}).json()
    return [user["handle"] for user in answer["people"]], answer["more"], [user["handle"] for user in answer["others"]]


def test_completion_finds_members_first_by_name_and_handle(
    den: Room, ana: User, person: Callable[..., User], signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    person("bob", name="Kim Bo")
    person("gone-bo", is_active=False)
    client = signed_in(ana)
    assert handles(client) == (["bo"], False, [])
    assert handles(client, "bo") == (["bo"], False, ["bob"])
    assert handles(client, "kim") == ([], False, ["bob"])
    assert handles(client, "ana") == ([], False, [])  # oneself needs no calling
    assert handles(client, "\0") == (["bo"], False, [])
    monkeypatch.setattr("rooms.api.people.MOST", 0)
    assert handles(client) == ([], True, [])


def test_completion_is_for_members(den: Room, person: Callable[..., User], signed_in: SignedIn) -> None:
    assert signed_in(person()).get("/api/rooms/den/people/").status_code == 404
