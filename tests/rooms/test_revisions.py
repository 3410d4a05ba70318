"""What a message said before: each edit keeps it, its author and moderators may read it, a deletion takes it away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms import actions
from rooms.models import Message, Revision, Room

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
HISTORY = "/api/rooms/den/messages/1/revisions/"


@pytest.fixture
def edited(den: Room, ana: User, say: Callable[..., list[Message]]) -> Message:
    """Written, then changed twice."""
    say(den, ana, "frist", "second")
    actions.edit(ana, "den", 1, "*first*")
    return actions.edit(ana, "den", 1, "first, again")


def bodies(client: Client, path: str = HISTORY) -> list[str]:
    answer: dict[str, Any] = client.get(path).json()
    assert answer["ok"], answer
    return [revision["body"] for revision in answer["revisions"]]


def test_each_edit_keeps_what_was_said(edited: Message, ana: User, signed_in: SignedIn) -> None:
    answer = signed_in(ana).get(HISTORY).json()
    assert [revision["body"] for revision in answer["revisions"]] == ["frist", "*first*"]
    assert "html" not in answer["revisions"][0] and "<em>" in answer["revisions"][1]["html"]
    assert answer["revisions"][0]["editor"]["handle"] == "ana"
    assert answer["revisions"][0]["edited_at"] <= answer["revisions"][1]["edited_at"]
    assert bodies(signed_in(ana), HISTORY.replace("1", "2")) == []


def test_an_edit_that_changes_nothing_keeps_nothing(edited: Message, ana: User) -> None:
    actions.edit(ana, "den", 1, "first, again")
    assert Revision.objects.count() == 2


def test_it_is_for_the_author_and_moderators(
    edited: Message, den: Room, bo: User, person: Callable[..., User], signed_in: SignedIn
) -> None:
    mo, stranger = person("mo"), person("stranger", is_staff=True)
    actions.admit(den, [mo], "moderator")
    assert bodies(signed_in(mo)) == ["frist", "*first*"]
    for user, status, code in [(bo, 403, "forbidden"), (stranger, 404, "not_found")]:
        answer = signed_in(user).get(HISTORY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert Client().get(HISTORY).status_code == 403


def test_what_is_deleted_said_nothing_before(edited: Message, ana: User, signed_in: SignedIn) -> None:
    actions.delete(ana, "den", 1)
    assert not Revision.objects.exists()
    assert signed_in(ana).get(HISTORY).status_code == 404


@pytest.mark.parametrize("seq", ["0", "3", str(2**63), "9" * 30])
def test_what_is_not_there_is_not_found(edited: Message, ana: User, signed_in: SignedIn, seq: str) -> None:
    assert signed_in(ana).get(HISTORY.replace("1", seq)).status_code == 404


def test_the_admin_sees_it_beside_the_message(
    edited: Message, person: Callable[..., User], signed_in: SignedIn
) -> None:
    page = signed_in(person("root", is_staff=True, is_superuser=True)).get(f"/admin/rooms/message/{edited.pk}/change/")
    assert b"frist" in page.content
