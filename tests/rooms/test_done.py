"""What is done by a name of its own is done once: a retry that comes late undoes nothing that its person did since."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from accounts.models import User
from rooms import actions
from rooms.errors import NotFound
from rooms.models import Done, Follower, Membership, Message, Room, Saved, done
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]
THUMB = "👍"


class Act(NamedTuple):
    """What sets something to a state, what sets it back, and how it is."""

    do: Callable[..., Any]
    undo: Callable[..., Any]
    state: Callable[[User, Room], Any]


def mark(user: User, room: Room) -> Membership:
    return Membership.objects.get(user=user, room=room)


ACTS = {
    "react": Act(
        lambda user, **once: actions.react(user, "den", 1, THUMB, True, **once),
        lambda user: actions.react(user, "den", 1, THUMB, False),
        lambda user, room: user.reactions.count(),
    ),
    "take a reaction off": Act(
        lambda user, **once: actions.react(user, "den", 1, THUMB, False, **once),
        lambda user: actions.react(user, "den", 1, THUMB, True),
        lambda user, room: user.reactions.count(),
    ),
    "edit": Act(
        lambda user, **once: actions.edit(user, "den", 4, "won", **once),
        lambda user: actions.edit(user, "den", 4, "else"),
        lambda user, room: Message.objects.get(room=room, seq=4).body,
    ),
    "pin": Act(
        lambda user, **once: actions.pin(user, "den", 1, True, **once),
        lambda user: actions.pin(user, "den", 1, False),
        lambda user, room: Message.objects.pinned_seqs(room),
    ),
    "save": Act(
        lambda user, **once: actions.save(user, "den", 1, True, **once),
        lambda user: actions.save(user, "den", 1, False),
        lambda user, room: Saved.objects.numbers([user.pk]),
    ),
    "follow": Act(
        lambda user, **once: actions.follow(user, "den", 1, True, **once),
        lambda user: actions.follow(user, "den", 1, False),
        lambda user, room: Follower.objects.get(user=user).is_following,
    ),
    "involve": Act(
        lambda user, **once: actions.involve(user, "den", "nothing", **once),
        lambda user: actions.involve(user, "den", "everything"),
        lambda user, room: mark(user, room).involvement,
    ),
    "unread": Act(
        lambda user, **once: actions.unread(user, "den", 1, **once),
        lambda user: actions.read(user, "den", 2),
        lambda user, room: mark(user, room).last_read_seq,
    ),
    "unread of a thread": Act(
        lambda user, **once: actions.unread(user, "den", 3, **once),
        lambda user: actions.thread_read(user, "den", 1, 3),
        lambda user, room: Follower.objects.get(user=user).last_read_seq,
    ),
}


@pytest.fixture
def said(den: Room, ana: User, bo: User, say: Say) -> list[Message]:
    """Two messages of ana's, an answer under the first, and one of bo's."""
    say(den, ana, "one", "two")
    actions.post_one(actions.Draft(ana, "den", "an answer", thread=1))
    say(den, bo, "one")
    return list(Message.objects.filter(room=den).order_by("seq"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_late_retry_undoes_nothing_that_came_since(
    act: Act, den: Room, said: list[Message], bo: User, heard: Recorder
) -> None:
    once = {"client_id": uuid4()}
    first = act.do(bo, **once)
    act.undo(bo)
    after, version, told = act.state(bo, den), Room.objects.get(pk=den.pk).version, len(heard.said)
    again = act.do(bo, **once)
    assert act.state(bo, den) == after
    assert Room.objects.get(pk=den.pk).version == version and len(heard.said) == told
    assert again != first or isinstance(again, Message), "it is told how it is by now"
    act.do(bo, client_id=uuid4())  # meant anew
    assert act.state(bo, den) != after


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nor_does_the_retry_of_what_had_nothing_to_change(act: Act, den: Room, said: list[Message], bo: User) -> None:
    once = {"client_id": uuid4()}
    act.do(bo)
    act.do(bo, **once)
    act.undo(bo)
    after = act.state(bo, den)
    act.do(bo, **once)
    assert act.state(bo, den) == after


def test_without_a_name_it_is_done_whenever_it_comes(den: Room, said: list[Message], bo: User) -> None:
    for act in ACTS.values():
        act.do(bo)
        before = act.state(bo, den)
        act.undo(bo)
        act.do(bo)
        assert act.state(bo, den) == before
    assert not Done.objects.exists()


def test_a_name_is_its_persons_own(den: Room, said: list[Message], ana: User, bo: User) -> None:
    once = {"client_id": uuid4()}
    for user in (ana, bo):
        actions.react(user, "den", 1, THUMB, True, **once)
    assert said[0].reactions.count() == 2


def test_of_each_person_so_many_are_known(
    den: Room, said: list[Message], ana: User, bo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(done, "MOST", 3)
    mine = actions.react(ana, "den", 1, THUMB, True, client_id=uuid4())
    names = [uuid4() for _ in range(5)]
    for n, name in enumerate(names):
        actions.react(bo, "den", 1, THUMB, n % 2 == 0, client_id=name)
    assert set(Done.objects.filter(user=bo).values_list("client_id", flat=True)) == set(names[-3:])
    assert Done.objects.filter(user=ana).count() == 1 and mine.reactions.count() == 2


def test_what_was_refused_is_not_done(den: Room, said: list[Message], bo: User) -> None:
    once = {"client_id": uuid4()}
    actions.delete(said[0].author, "den", 2)
    with pytest.raises(NotFound):
        actions.react(bo, "den", 2, THUMB, True, **once)
    assert not Done.objects.exists()
    actions.react(bo, "den", 1, THUMB, True, **once)
    assert said[0].reactions.count() == 1
