"""A list of rooms says of each what is said of that room alone: in whatever state it is, and the member in it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import User
from rooms import actions, payloads, sidebar
from rooms.models import Membership, Message, Room

pytestmark = pytest.mark.django_db


def test_a_list_says_of_each_room_what_is_said_of_it_alone(
    ana: User, bo: User, den: Room, room: Callable[..., Room], say: Callable[..., list[Message]]
) -> None:
    cy = room(ana, slug="cy", kind=Room.Kind.CLOSED, topic="Secrets", moderators=[bo])
    old = room(ana, bo, slug="old")
    say(old, bo, "Before")
    actions.archive(old)
    say(den, bo, "One", "Two @ana", "Three @room")
    say(den, ana, "Root")
    say(den, bo, "Answer", "Another, @ana", thread=4)
    say(den, bo, "And again, @ana")
    actions.delete(bo, "den", 1)
    direct = actions.open_direct(bo, [ana]).room
    say(direct, bo, "Hello")
    actions.mute(bo, cy.slug, ana.pk, timedelta(hours=1), "Too loud")
    actions.involve(ana, "den", "mentions")

    listed = {shown["slug"]: shown for shown in sidebar.rooms_of(ana)}
    alone = {each.room.slug: payloads.room_of(each) for each in Membership.objects.standing([ana.pk])}
    assert listed == alone
    assert listed["den"]["threads"] and listed["den"]["mentions"] and listed["den"]["unread"]
    assert listed["cy"]["muted"] and listed["old"]["archived"]
    assert [person["handle"] for person in listed[direct.slug]["people"]] == ["bo"]
