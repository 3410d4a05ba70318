"""Somebody's card, and their picture wherever they are shown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import actions as accounts
from accounts import avatars
from accounts.models import User
from rooms import actions, payloads
from rooms.models import Room

pytestmark = pytest.mark.django_db
NAME = "0123456789abcdef" * 2


def test_a_card_says_who_somebody_is(ana: User, bo: User, signed_in: Callable[[User], Client]) -> None:
    User.objects.filter(pk=bo.pk).update(status_emoji="🌴", status="<b>away</b>", time_zone="Asia/Kolkata", avatar=NAME)
    card = signed_in(ana).get(f"/people/{bo.pk}/?partial").content.decode()
    assert "Bo" in card and "@bo" in card and "🌴 &lt;b&gt;away&lt;/b&gt;" in card and "local time" in card
    assert avatars.url_of(NAME, avatars.LARGE) in card
    assert "Edit your profile" not in card
    page = signed_in(bo).get(f"/people/{bo.pk}/").content.decode()
    assert "Edit your profile" in page and "<html" in page


def test_the_time_is_theirs(ana: User, bo: User, signed_in: Callable[[User], Client]) -> None:
    User.objects.filter(pk=bo.pk).update(time_zone="Asia/Kolkata")
    before = datetime.now(UTC) + timedelta(hours=5, minutes=30)
    card = signed_in(ana).get(f"/people/{bo.pk}/?partial").content.decode()
    after = datetime.now(UTC) + timedelta(hours=5, minutes=30)
    assert f"{before:%H:%M} local time" in card or f"{after:%H:%M} local time" in card


def test_who_is_gone_is_said_to_be(ana: User, bo: User, signed_in: Callable[[User], Client]) -> None:
    User.objects.filter(pk=bo.pk).update(is_active=False, time_zone="Asia/Kolkata")
    card = signed_in(ana).get(f"/people/{bo.pk}/?partial").content.decode()
    assert "No longer here" in card and "local time" not in card


def test_cards_are_for_who_is_in(client: Client, ana: User, signed_in: Callable[[User], Client]) -> None:
    assert client.get(f"/people/{ana.pk}/").status_code == 302
    assert signed_in(ana).get("/people/999999/").status_code == 404


def test_a_picture_is_shown_wherever_its_person_is(
    ana: User, bo: User, den: Room, say: Any, signed_in: Callable[[User], Client]
) -> None:
    assert "avatar" not in payloads.user(bo)
    User.objects.filter(pk=bo.pk).update(avatar=NAME, status_emoji="🌴", status="away")
    bo.refresh_from_db()
    [message] = say(den, bo, "hello")
    assert payloads.message(message)["author"] == {
        "id": bo.pk,
        "handle": "bo",
        "name": "Bo",
        "avatar": avatars.url_of(NAME),
    }
    actions.react(bo, den.slug, 1, "👍", True)
    image = f'<img src="{avatars.url_of(NAME)}" alt="">'
    browser = signed_in(bo)
    assert browser.get("/rooms/den/").content.decode().count(image) == 3, "in the log, the head and the sidebar"
    people = browser.get("/rooms/den/people/?partial").content.decode()
    assert image in people and "🌴 away" in people


def test_who_is_gone_is_not_counted(ana: User, bo: User, den: Room, person: Any, signed_in: Any) -> None:
    actions.admit(den, [person("cy")])
    accounts.deactivate([bo])
    web = signed_in(ana)
    assert web.get("/rooms/den/").context["people_count"] == 2
    assert web.get("/rooms/den/people/").context["people_count"] == 2
    assert [room["members"] for room in web.get("/rooms/").context["open_rooms"]] == [2]
