"""Editing and deleting: the same message at a later version, by those who may, heard by the room."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from rooms import actions, payloads, permissions
from rooms.errors import Archived, Forbidden, Invalid, NotFound
from rooms.models import Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


def test_an_edit_is_a_later_version_of_the_same_message(heard: Recorder, den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one", "two")
    heard.clear()
    edited = actions.edit(ana, "den", 1, "*won*")
    assert (edited.seq, edited.version, edited.body) == (1, 3, "*won*")
    assert "<em>won</em>" in edited.html and edited.edited_at
    [(to, data)] = heard.said
    assert to == f"room:{den.pk}"
    assert data == {"type": "message", "room": "den", "version": 3, "message": payloads.message(edited)}
    den.refresh_from_db()
    assert (den.last_seq, den.version) == (2, 3)


def test_an_edit_that_changes_nothing_is_no_change(heard: Recorder, den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    heard.clear()
    assert actions.edit(ana, "den", 1, "one").version == 1
    assert heard.said == []


def test_an_edit_that_arrives_again_after_a_later_one_is_done_once(
    heard: Recorder, den: Room, ana: User, say: Say
) -> None:
    """As from a connection that was given up, and delivered late: it says what has been said and taken back since."""
    say(den, ana, "one")
    first, second = uuid4(), uuid4()
    actions.edit(ana, "den", 1, "two", first)
    actions.edit(ana, "den", 1, "three", second)
    heard.clear()
    assert actions.edit(ana, "den", 1, "two", first).body == "three"
    assert heard.said == []
    assert [each.body for each in Message.objects.get().revisions.order_by("pk")] == ["one", "two"]
    assert actions.edit(ana, "den", 1, "two", uuid4()).body == "two"  # said anew, it is


def test_a_message_is_quoted_so_many_times_and_no_more(den: Room, ana: User, say: Say, monkeypatch: Any) -> None:
    """Each is sent again when it is edited, while the room waits."""
    monkeypatch.setattr(permissions, "MOST_QUOTES", 3)
    say(den, ana, "one", "other")
    drafts = [actions.Draft(ana, "den", f"answer {n}", reply_to=1) for n in range(5)]
    stored = actions.post(drafts[:2])
    stored += actions.post(drafts[2:])  # more than one that are one too many, together
    assert [isinstance(each, Invalid) for each in stored] == [False, False, False, True, True]
    assert isinstance(actions.post([actions.Draft(ana, "den", "of another", reply_to=2)])[0], actions.Posted)
    assert actions.post(drafts[:1])[0].is_new is False  # a retry is answered as before


def test_only_the_author_edits(
    den: Room, ana: User, bo: User, say: Say, room: Callable[..., Room], person: Any
) -> None:
    say(den, ana, "one")
    actions.admit(den, [person("mod")], "moderator")
    for other in (bo, User.objects.get(handle="mod")):
        with pytest.raises(Forbidden):
            actions.edit(other, "den", 1, "mine now")
    with pytest.raises(NotFound):
        actions.edit(person("stranger"), "den", 1, "mine now")
    assert Message.objects.get().body == "one"


def test_a_deleted_message_keeps_its_number_and_loses_its_words(
    heard: Recorder, den: Room, ana: User, say: Say
) -> None:
    say(den, ana, "*secret*", "two")
    heard.clear()
    gone = actions.delete(ana, "den", 1, "a slip")
    stored = Message.objects.get(seq=1)
    assert (stored.body, stored.html, stored.version, stored.deleted_by) == ("", "", 3, ana)
    assert stored.delete_reason == "a slip" and stored.is_deleted
    [(_, data)] = heard.said
    assert data["message"] == payloads.message(gone) and data["message"]["deleted"] is True
    assert "secret" not in str(data)


def test_what_is_deleted_is_gone_for_good(den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    actions.delete(ana, "den", 1)
    with pytest.raises(NotFound):
        actions.edit(ana, "den", 1, "back")
    with pytest.raises(NotFound):
        actions.delete(ana, "den", 1)
    den.refresh_from_db()
    assert den.version == 2


def test_a_moderator_deletes_anything_in_their_room_only(
    den: Room, ana: User, bo: User, say: Say, room: Callable[..., Room]
) -> None:
    elsewhere = room(ana, bo, slug="elsewhere")
    actions.change_role(den.memberships.get(user=bo), "moderator")
    say(den, ana, "one")
    say(elsewhere, ana, "one")
    assert actions.delete(bo, "den", 1).is_deleted
    with pytest.raises(Forbidden):
        actions.delete(bo, "elsewhere", 1)


def test_an_archived_room_is_for_reading_only(den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    actions.archive(den)
    for attempt in (
        lambda: actions.edit(ana, "den", 1, "x"),
        lambda: actions.delete(ana, "den", 1),
        lambda: actions.post_one(actions.Draft(ana, "den", "x")),
    ):
        with pytest.raises(Archived):
            attempt()
    actions.unarchive(den)
    assert actions.edit(ana, "den", 1, "x").version == 2


def test_who_is_not_active_changes_nothing(den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    for attempt in (
        lambda: actions.edit(ana, "den", 1, "x"),
        lambda: actions.delete(ana, "den", 1),
        lambda: actions.post_one(actions.Draft(ana, "den", "x")),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_an_admin_deletes_in_many_rooms_at_once(
    heard: Recorder, den: Room, ana: User, bo: User, say: Say, room: Callable[..., Room]
) -> None:
    other = room(ana, slug="other", kind="closed")
    chosen = [*say(den, ana, "one", "two"), *say(other, ana, "three")]
    actions.delete(ana, "den", 1)
    heard.clear()
    boss = User.objects.create_superuser("boss@example.com", "boss")
    assert actions.delete_as_admin(boss, chosen, "spam") == 2
    assert {(data["room"], data["message"]["seq"], data["version"]) for data in heard.of("message")} == {
        ("den", 2, 4), ("other", 1, 2),
    }  # fmt: skip
    assert set(Message.objects.values_list("body", flat=True)) == {""}


def test_a_quote_of_a_deleted_message_says_nothing_of_it(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "the secret")
    say(den, bo, "what?", reply_to=1)
    actions.delete(ana, "den", 1)
    reply = payloads.message(Message.objects.whole().get(seq=2))
    assert reply["reply_to"] == {"seq": 1, "author": payloads.user(ana), "excerpt": ""}


def test_many_answers_change_with_what_they_quote_in_few_looks(
    heard: Recorder, den: Room, ana: User, bo: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order they were posted, a version each."""
    monkeypatch.setattr("rooms.actions.editing.AT_ONCE", 20)
    say(den, ana, "to be changed")
    say(den, bo, *[f"@{ana.handle} {n}" for n in range(50)], reply_to=1)
    heard.clear()
    with CaptureQueriesContext(connection) as captured:
        actions.edit(ana, "den", 1, "changed")
    assert len(captured) < 40
    told = [(data["message"]["seq"], data["version"]) for data in heard.of("message")]
    assert told == [(1, 52), *((seq, seq + 51) for seq in range(2, 52))]
    assert {data["message"]["reply_to"]["excerpt"] for data in heard.of("message")[1:]} == {"changed"}
    den.refresh_from_db()
    assert den.version == 102
