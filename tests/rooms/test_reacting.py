"""Reactions: an emoji once a person, merged, toggled, bounded; each a change of the message."""

from collections.abc import Callable

import pytest
from emoji import EMOJI_DATA

from accounts.models import User
from rooms import actions, payloads, schemas
from rooms.actions.reacting import MOST_KINDS
from rooms.errors import Archived, Invalid, NotFound
from rooms.models import Message, Reaction, Room
from rooms.templatetags.conversation import is_mine, who
from tests.rooms.conftest import Recorder

THUMB, TADA = "👍", "🎉"


@pytest.fixture
def said(den: Room, ana: User) -> Message:
    return actions.post_one(actions.Draft(ana, "den", "hello")).message


def shown(room: Room, seq: int = 1) -> list[tuple[str, int, list[str]]]:
    """Each emoji of a stored message, how often, by whom."""
    payload = payloads.message(Message.objects.newest(room, 50)[seq - 1])
    return [
        (mark["emoji"], mark["count"], [user["name"] for user in mark["users"]])
        for mark in payload.get("reactions", [])
    ]


@pytest.mark.django_db(transaction=True)
def test_reactions_are_merged_and_told_to_all(den: Room, said: Message, ana: User, bo: User, heard: Recorder) -> None:
    actions.react(ana, "den", 1, THUMB, True)
    actions.react(bo, "den", 1, TADA, True)
    actions.react(bo, "den", 1, THUMB, True)
    assert shown(den) == [(THUMB, 2, [ana.name, bo.name]), (TADA, 1, [bo.name])]
    told = heard.of("message")[-1]
    assert told["version"] == told["message"]["version"] == 4
    assert [mark["count"] for mark in told["message"]["reactions"]] == [2, 1]


@pytest.mark.django_db(transaction=True)
def test_twice_is_once_and_off_takes_it_away(den: Room, said: Message, ana: User, heard: Recorder) -> None:
    actions.react(ana, "den", 1, THUMB, True)
    assert actions.react(ana, "den", 1, THUMB, True).version == 2
    assert actions.react(ana, "den", 1, THUMB, False).version == 3
    assert actions.react(ana, "den", 1, THUMB, False).version == 3
    assert shown(den) == []
    assert "reactions" not in heard.of("message")[-1]["message"]


@pytest.mark.django_db
def test_a_message_bears_so_many_kinds_and_no_more(den: Room, said: Message, ana: User, bo: User) -> None:
    kinds = list(EMOJI_DATA)[: MOST_KINDS + 1]
    for emoji in kinds[:MOST_KINDS]:
        actions.react(ana, "den", 1, emoji, True)
    with pytest.raises(Invalid, match="no more fit"):
        actions.react(ana, "den", 1, kinds[-1], True)
    actions.react(bo, "den", 1, kinds[0], True)
    assert len(shown(den)) == MOST_KINDS


@pytest.mark.django_db
def test_who_may_not_post_may_not_react(den: Room, said: Message, ana: User, person: Callable[..., User]) -> None:
    with pytest.raises(NotFound):
        actions.react(person("stranger"), "den", 1, THUMB, True)
    with pytest.raises(NotFound):
        actions.react(ana, "den", 2, THUMB, True)
    actions.archive(den)
    with pytest.raises(Archived):
        actions.react(ana, "den", 1, THUMB, True)


@pytest.mark.django_db
def test_what_is_deleted_has_none(den: Room, said: Message, ana: User) -> None:
    actions.react(ana, "den", 1, THUMB, True)
    actions.delete(ana, "den", 1)
    assert shown(den) == []
    with pytest.raises(NotFound):
        actions.react(ana, "den", 1, THUMB, True)


@pytest.mark.parametrize("emoji", ["", "a", ":+1:", ":thumbs_up:", THUMB * 2, THUMB + " ", "<b>", "👍\0", 7, None])
def test_what_is_no_emoji_is_refused(emoji: object) -> None:
    with pytest.raises(Invalid) as refusal:
        schemas.parse(schemas.React, {"room": "den", "seq": 1, "emoji": emoji, "on": True})
    assert refusal.value.extra["field"] == "emoji"


@pytest.mark.parametrize("emoji", [THUMB, "👍🏽", "❤️", "👩‍👩‍👧", "🇩🇪"])
def test_a_sequence_is_one_emoji(emoji: str) -> None:
    assert schemas.parse(schemas.React, {"room": "den", "seq": 1, "emoji": emoji}).emoji == emoji


def test_two_ways_to_write_an_emoji_are_one() -> None:
    for sent, meant in [("❤", "❤️"), ("👍\ufe0f", "👍"), ("❤️", "❤️")]:
        assert schemas.parse(schemas.React, {"room": "den", "seq": 1, "emoji": sent}).emoji == meant


def test_of_a_crowd_the_first_are_named() -> None:
    crowd = {"count": 30, "users": [{"id": n, "name": f"P{n}"} for n in range(30)]}
    assert who(crowd).startswith("P0, P1, ") and who(crowd).endswith("P19, 10 others")


@pytest.mark.django_db
def test_everybody_finds_themselves_in_a_crowd_and_it_stays_small(
    den: Room, said: Message, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first are named; of the others the ids are told, so that each sees their own and can take it back."""
    monkeypatch.setattr("rooms.models.reaction.MOST_NAMES", 30)
    crowd = [person() for _ in range(26)]
    Reaction.objects.bulk_create(Reaction(message=said, user=user, emoji=e) for e in (THUMB, TADA) for user in crowd)
    thumb, tada = payloads.message(Message.objects.newest(den, 1)[0])["reactions"]
    assert (thumb["count"], len(thumb["users"]), thumb["others"]) == (26, 20, [user.pk for user in crowd[20:]])
    assert (tada["count"], len(tada["users"]), len(tada["others"])) == (26, 10, 16)
    assert all(is_mine(mark, {"id": user.pk}) for mark in (thumb, tada) for user in crowd)
    assert not is_mine(thumb, {"id": said.author_id})
