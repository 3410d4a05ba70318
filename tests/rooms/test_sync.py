"""Catching up: what changed since a version, in pieces if it is much; the latest page for who is too far behind or ahead."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db.models import F
from emoji import EMOJI_DATA

from accounts.models import User
from rooms import actions, sync
from rooms.models import Message, Reaction, Room

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


def versions(answer: dict[str, Any]) -> list[int]:
    return [message["version"] for message in answer["messages"]]


def test_the_changes_since_a_version(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one", "two", "three")
    actions.edit(ana, "den", 1, "won")
    actions.delete(ana, "den", 2)
    answer = sync.changes(bo, {"den": 2})["den"]
    assert [(m["seq"], m["version"], m["body"], m["deleted"]) for m in answer["messages"]] == [
        (3, 3, "three", False), (1, 4, "won", False), (2, 5, "", True),
    ]  # fmt: skip
    assert (answer["version"], answer["more"]) == (5, False)
    assert answer["room"]["unread"] == 2 and answer["room"]["last_seq"] == 3


def test_who_is_up_to_date_gets_nothing(den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    answer = sync.changes(ana, {"den": 1})["den"]
    assert (answer["version"], answer["messages"], answer["more"]) == (1, [], False)


def test_many_changes_come_in_pieces(den: Room, ana: User, say: Say, settings: Any) -> None:
    settings.SYNC_LIMIT = 4
    say(den, ana, *"abcdefghi")
    version, pieces = 0, []
    while True:
        answer = sync.changes(ana, {"den": version})["den"]
        pieces.append(versions(answer))
        version = answer["version"]
        if not answer["more"]:
            break
    assert pieces == [[1, 2, 3, 4], [5, 6, 7, 8], [9]]
    assert version == 9


@pytest.mark.parametrize("version", [0, 99])
def test_too_far_behind_or_ahead_starts_anew(den: Room, ana: User, say: Say, settings: Any, version: int) -> None:
    settings.SYNC_RESET, settings.PAGE_SIZE = 5, 3
    say(den, ana, *"abcdefgh")
    answer = sync.changes(ana, {"den": version})["den"]
    assert answer["reset"] is True and answer["has_before"] is True
    assert [m["body"] for m in answer["messages"]] == ["f", "g", "h"]
    assert answer["version"] == 8


def test_a_short_history_has_nothing_before(den: Room, ana: User, say: Say) -> None:
    say(den, ana, "a")
    assert sync.changes(ana, {"den": 99})["den"]["has_before"] is False


def test_each_room_has_its_own_answer(den: Room, ana: User, room: Callable[..., Room], say: Say) -> None:
    closed = room(slug="closed", kind="closed")
    mine = room(ana, slug="mine")
    say(mine, ana, "one")
    answers = sync.changes(ana, {"den": 0, "closed": 0, "mine": 0, "nowhere": 0})
    assert versions(answers["mine"]) == [1] and answers["den"]["version"] == 0
    assert answers["closed"] == answers["nowhere"] == {"error": answers["closed"]["error"]}
    assert answers["closed"]["error"]["code"] == "not_found"
    assert closed.name not in str(answers)


def test_who_is_not_active_gets_nothing(den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert sync.changes(ana, {"den": 0})["den"]["error"]["code"] == "not_found"


def test_an_answer_has_a_bound_over_all_rooms(ana: User, room: Callable[..., Room], say: Say, settings: Any) -> None:
    """A client that asks for much is not cut off by the answer: it gets the rest when it asks again."""
    settings.SYNC_RESET, settings.PAGE_SIZE = 60, 40
    wanted = {}
    for number, messages in enumerate([50, 70, 1, 0, 30]):  # the second is too far behind
        slug = room(ana, slug=f"r{number}").slug
        say(Room.objects.get(slug=slug), ana, *["x" * 9000] * messages)
        wanted[slug] = 40 if messages == 70 else messages
    asked: dict[str, int] = dict.fromkeys(wanted, 0)
    got = dict.fromkeys(wanted, 0)
    rounds = 0
    while asked:
        answers = sync.changes(ana, asked)
        assert 0 < sum(len(m["body"]) for answer in answers.values() for m in answer["messages"]) <= sync.MOST
        for slug, answer in answers.items():
            got[slug] += len(answer["messages"])
            asked[slug] = answer["version"]
            if not answer.get("more"):
                del asked[slug]
        rounds += 1
    assert rounds >= 4
    assert {slug: count for slug, count in got.items() if slug != "r1"} == {
        s: c for s, c in wanted.items() if s != "r1"
    }
    assert 0 < got["r1"] <= 40


def test_reactions_count_too(den: Room, ana: User, person: Callable[..., User], say: Say) -> None:
    """A page of messages that everybody likes is answered in parts."""
    messages, crowd = say(den, ana, *["like this"] * 50), [person() for _ in range(20)]
    kinds = list(EMOJI_DATA)[:40]
    Reaction.objects.bulk_create(
        Reaction(message=each, user=user, emoji=emoji) for each in messages for user in crowd for emoji in kinds[:15]
    )
    first = sync.changes(ana, {"den": 0})["den"]
    assert first["more"] and 0 < len(first["messages"]) < 50
    assert len(json.dumps(first)) < 1.2 * sync.MOST
    assert len(sync.changes(ana, {"den": first["version"]})["den"]["messages"]) == 50 - len(first["messages"])


@pytest.mark.parametrize("body", ["a" + "\1" * 9, "\U0001f600", '"\\'])
def test_an_answer_is_counted_in_the_bytes_that_are_sent(den: Room, ana: User, say: Say, body: str) -> None:
    """Of a control character JSON makes six."""
    say(den, ana, *[body * (10_000 // len(body))] * 30)
    at, seqs = 0, []
    while True:
        answer = sync.changes(ana, {"den": at})["den"]
        assert len(orjson.dumps(answer)) < 1.1 * sync.MOST
        seqs += [message["seq"] for message in answer["messages"]]
        at = answer["version"]
        if not answer["more"]:
            break
    assert seqs == list(range(1, 31))


def test_what_was_only_posted_and_what_has_changed_come_in_one_order(den: Room, ana: User, bo: User, say: Say) -> None:
    """Both are looked up by an index of their own; so is what was posted before it was noted as what."""
    say(den, ana, *"abcdefgh")
    Message.objects.filter(room=den, seq__in=(2, 3)).update(first_version=None)  # as of before
    actions.react(bo, "den", 1, "👍", True)
    say(den, ana, "answer", "another", thread=4)  # each changes its root, too
    before = Room.objects.get(slug="den")
    actions.edit(ana, "den", 7, "G")
    say(den, bo, "i", "j")
    actions.delete(ana, "den", 9)
    actions.react(bo, "den", 1, "👍", False)
    room = Room.objects.get(slug="den")
    plain = Message.objects.filter(room=room, version=F("first_version"))
    assert set(plain.values_list("seq", flat=True)) == {5, 6, 8, 10, 11, 12}
    for version in range(room.version + 2):
        for limit in (1, 2, 5, 100):
            wanted = list(Message.objects.filter(room=room, version__gt=version).order_by("version")[:limit])
            assert Message.objects.since(room, version, limit) == wanted
            assert Message.objects.since(before, version, limit) == wanted, "read before the latest changes"
