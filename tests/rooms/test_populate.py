"""`manage.py populate`: the same people, rooms and order each time; never into a site that real people use, unless told to."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from rooms.models import Membership, Message, Room

pytestmark = pytest.mark.django_db


def populate(**options: Any) -> None:
    call_command("populate", verbosity=0, **options)


def test_people_rooms_and_messages() -> None:
    populate(users=7, rooms=3, messages=41)
    assert set(User.objects.values_list("handle", flat=True)) == {f"u{k}" for k in range(7)}
    assert list(Room.objects.order_by("pk").values_list("slug", flat=True)) == ["lobby", "room-1", "room-2", "room-3"]
    for k in range(7):
        rooms = Membership.objects.filter(user__handle=f"u{k}").values_list("room__slug", flat=True)
        assert set(rooms) == {"lobby", f"room-{k % 3 + 1}"}
    assert Message.objects.count() == 41
    for room in Room.objects.all():
        stored = list(room.messages.order_by("seq").values_list("seq", "version"))
        assert stored == [(n, n) for n in range(1, room.last_seq + 1)]
        assert room.version == room.last_seq and room.last_seq in (10, 11)
        times = list(room.messages.order_by("seq").values_list("created_at", flat=True))
        assert times == sorted(times)
        authors = set(room.messages.values_list("author_id", flat=True))
        assert authors <= set(room.memberships.values_list("user_id", flat=True))


def test_the_cookies_sign_in_in_order(tmp_path: Path) -> None:
    file = tmp_path / "cookies"
    populate(users=3, rooms=1, messages=0, cookies=file)
    lines = file.read_text().splitlines()
    assert len(lines) == 3
    for k, line in enumerate(lines):
        name, key = line.split("=")
        assert name == "sessionid"
        browser = Client()
        browser.cookies[settings.SESSION_COOKIE_NAME] = key
        assert browser.get("/api/rooms/lobby/messages/").status_code == 200
        assert browser.session["_auth_user_id"] == str(User.objects.get(handle=f"u{k}").pk)


def test_it_can_be_done_again() -> None:
    populate(users=3, rooms=2, messages=10)
    populate(users=5, rooms=3, messages=10)
    assert User.objects.count() == 5 and Room.objects.count() == 4 and Message.objects.count() == 20
    for room in Room.objects.all():
        assert list(room.messages.order_by("seq").values_list("seq", flat=True)) == list(range(1, room.last_seq + 1))


def test_it_refuses_a_site_with_real_people() -> None:
    User.objects.create_user("ana@chat.example.org", "ana")
    with pytest.raises(CommandError, match="real people"):
        populate(users=2, rooms=1, messages=1)
    assert User.objects.count() == 1 and not Room.objects.exists()
    populate(users=2, rooms=1, messages=1, even_with_real_people=True)
    assert User.objects.count() == 3


@pytest.mark.parametrize("email", ["ursula@example.com", "u@example.com", "unit5@example.com", "u1@chat.example.com"])
def test_a_real_person_whose_address_is_much_like_ours_is_real(email: str) -> None:
    User.objects.create_user(email, "real-person")
    with pytest.raises(CommandError, match="real people"):
        populate(users=1, rooms=0, messages=0)


@pytest.mark.parametrize("wrong", [{"users": 0}, {"rooms": -1}, {"messages": -5}])
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(CommandError, match="at least"):
        populate(**{"users": 1, "rooms": 1, "messages": 1} | wrong)


def test_without_rooms_everything_is_in_the_lobby() -> None:
    populate(users=2, rooms=0, messages=5)
    assert Room.objects.get().last_seq == 5


def test_rooms_without_people_stay_silent() -> None:
    populate(users=2, rooms=5, messages=30)
    assert Room.objects.get(slug="room-5").last_seq == 0
    assert Message.objects.count() == 30


def test_a_password_lets_everyone_in() -> None:
    populate(users=1, rooms=0, messages=0, password="a few words in a row")
    assert User.objects.get().check_password("a few words in a row")
    populate(users=2, rooms=0, messages=0)
    assert not User.objects.get(handle="u1").has_usable_password()
