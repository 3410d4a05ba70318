"""The pages without JavaScript: where one lands, what one reads and writes, and what a form says when it refuses."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms import actions, limits
from rooms.models import Message, Room

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]
Rooms = Callable[..., Room]


@pytest.fixture
def web(ana: User, signed_in: Callable[[User], Client]) -> Client:
    """Ana's browser."""
    return signed_in(ana)


def test_home_is_the_first_run_page_then_the_sign_in_then_a_room(client: Client, person: Any, room: Rooms) -> None:
    assert client.get("/").headers["Location"] == "/welcome/"
    ana = person("ana")
    assert client.get("/").headers["Location"] == "/accounts/login/"
    client.force_login(ana)
    assert client.get("/").headers["Location"] == "/rooms/"
    room(ana, slug="den")
    room(ana, slug="lobby", is_default=True)
    assert client.get("/").headers["Location"] == "/rooms/lobby/"
    client.get("/rooms/den/")
    assert client.get("/").headers["Location"] == "/rooms/den/"
    actions.leave(ana, "den")
    assert client.get("/").headers["Location"] == "/rooms/lobby/"


def test_a_room_shows_what_was_said_and_who_one_is(web: Client, den: Room, bo: User, say: Say) -> None:
    say(den, bo, "*hello*", "<script>alert(1)</script>")
    page = web.get("/rooms/den/").content.decode()
    assert "<em>hello</em>" in page and "&lt;script&gt;" in page and "<script>alert" not in page
    assert "Bo" in page and "Ana" in page


def test_who_is_alone_on_a_new_site_is_led_to_inviting(web: Client, room: Rooms, ana: User, bo: User) -> None:
    room(ana, slug="lobby", is_default=True)
    asked = '<a href="/invite/">Invite people</a></p>'
    assert asked in web.get("/rooms/lobby/").content.decode()
    actions.join(bo, "lobby")
    assert asked not in web.get("/rooms/lobby/").content.decode()


def test_deleted_messages_show_no_words(web: Client, den: Room, bo: User, say: Say) -> None:
    say(den, bo, "secret", "answer")
    actions.delete(bo, "den", 1)
    assert "secret" not in web.get("/rooms/den/").content.decode()


def test_one_writes_with_a_plain_form_and_a_double_click_is_one_message(web: Client, den: Room) -> None:
    form = {"body": "hello\r\nworld", "client_id": "6f1c5f5e-8a51-4d57-9f6b-6a35fa6d8a01"}
    for _ in range(2):
        answer = web.post("/rooms/den/messages/", form)
        assert answer.status_code == 302 and answer.headers["Location"] == "/rooms/den/#end"
    assert [message.body for message in Message.objects.all()] == ["hello\nworld"]


def test_a_refusal_is_told_on_the_page(web: Client, den: Room) -> None:
    page = web.post("/rooms/den/messages/", {"body": "x" * 10_001}, follow=True).content.decode()
    assert "10,001 characters, at most 10,000" in page
    assert "x" * 10_001 in page, "what was written is lost"
    assert not Message.objects.exists()


def test_too_many_too_fast_is_told(web: Client, den: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "messages", limits.Limit(burst=3, rate=0.001))
    for _ in range(3):
        web.post("/rooms/den/messages/", {"body": "x"})
    page = web.post("/rooms/den/messages/", {"body": "one too many"}, follow=True).content.decode()
    assert "Too many at once" in page and Message.objects.count() == 3
    answer = web.post("/api/rooms/den/messages/", {"body": "x"}, content_type="application/json")
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 900


def test_the_page_opens_where_one_left_off(
    web: Client, den: Room, ana: User, bo: User, say: Say, settings: Any
) -> None:
    settings.PAGE_SIZE = 5
    say(den, bo, *(f"message {n}." for n in range(1, 31)))
    actions.read(ana, "den", 12)
    page = web.get("/rooms/den/")
    assert [message["seq"] for message in page.context["log"]] == [11, 12, 13, 14, 15]
    assert page.context["new_seq"] == 13
    assert [m["seq"] for m in web.get("/rooms/den/?at=20").context["log"]] == [18, 19, 20, 21, 22]
    assert [m["seq"] for m in web.get("/rooms/den/?before=4").context["log"]] == [1, 2, 3]
    assert [m["seq"] for m in web.get("/rooms/den/?after=28").context["log"]] == [29, 30]
    for nowhere in ("?before=1", "?after=30"):  # not an empty log, which would say that nothing was said
        assert web.get(f"/rooms/den/{nowhere}")["Location"] == "/rooms/den/"


def test_all_is_read_at_a_button(web: Client, den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, bo, "one", "two")
    assert web.post("/rooms/den/read/").headers["Location"] == "/rooms/den/"
    assert den.memberships.get(user=ana).last_read_seq == 2


def test_open_rooms_are_found_joined_and_left(web: Client, room: Rooms, ana: User) -> None:
    room(slug="tea", name="Tea Room")
    room(slug="vault", name="Vault", kind="closed")
    actions.archive(room(slug="old", name="Old Place"))
    page = web.get("/rooms/").content.decode()
    assert "Tea Room" in page and "Vault" not in page and "Old Place" not in page
    assert web.post("/rooms/tea/join/").headers["Location"] == "/rooms/tea/"
    assert web.get("/rooms/tea/").status_code == 200
    assert web.post("/rooms/tea/leave/").headers["Location"] == "/rooms/"
    assert web.get("/rooms/tea/").status_code == 404
    for slug in ("vault", "old", "nowhere"):
        assert "alert" in web.post(f"/rooms/{slug}/join/", follow=True).content.decode()


def test_people_are_listed_without_those_who_are_shut_out(web: Client, den: Room, person: Any) -> None:
    actions.admit(den, [person("eve", is_active=False)])
    page = web.get("/rooms/den/people/").content.decode()
    assert "Bo" in page and "Eve" not in page


def test_what_changes_something_is_not_done_by_a_link(web: Client, den: Room, room: Rooms, ana: User) -> None:
    room(slug="tea")
    for path in ("/rooms/tea/join/", "/rooms/den/leave/", "/rooms/den/read/", "/rooms/den/messages/"):
        assert web.get(path).status_code == 405
    assert den.memberships.filter(user=ana).exists()


def test_the_policy_of_a_page_is_strict(web: Client, den: Room) -> None:
    policy = web.get("/rooms/den/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "require-trusted-types-for 'script'" in policy
    assert "script-src 'self' 'nonce-" in policy


@pytest.mark.parametrize(
    "address",
    ["/", "/rooms/den/", "/rooms/den/people/", "/rooms/den/settings/", "/rooms/", "/threads/", "/saved/", "/people/1/", "/accounts/profile/",
     "/accounts/email/", "/rooms/nowhere/"],
)  # fmt: skip
def test_a_page_is_kept_by_nobody(web: Client, den: Room, address: str) -> None:
    """No browser shows it by its back button once somebody has signed out (Chromium did, without the network), and no proxy to others."""
    assert "no-store" in web.get(address).headers["Cache-Control"]


def test_the_api_gives_a_page_and_takes_a_message(web: Client, den: Room, bo: User, say: Say) -> None:
    say(den, bo, "one", "two")
    page = web.get("/api/rooms/den/messages/?after=1").json()
    assert (page["ok"], page["room"], page["version"], page["has_before"], page["has_after"]) == (
        True,
        "den",
        2,
        True,
        False,
    )
    assert [message["body"] for message in page["messages"]] == ["two"]
    posted = web.post(
        "/api/rooms/den/messages/", {"body": "three", "reply_to": 1}, content_type="application/json"
    ).json()
    assert posted["message"]["reply_to"]["excerpt"] == "one" and posted["version"] == 3
    assert web.get("/api/rooms/den/messages/").headers["Cache-Control"] == "no-store"
    assert web.delete("/api/rooms/den/messages/").status_code == 405


def test_a_room_opens_at_the_first_unread_be_it_the_very_first(
    settings: Any,
    den: Room,
    ana: User,
    bo: User,
    say: Callable[..., list[Message]],
    signed_in: Callable[[User], Client],
) -> None:
    settings.PAGE_SIZE = 4
    say(den, ana, *"abcdefghij")
    browser = signed_in(bo)
    for mark, shown in ((1, [1, 2, 3, 4]), (6, [4, 5, 6, 7])):
        actions.unread(bo, "den", mark)
        context = browser.get("/rooms/den/").context
        assert ([message["seq"] for message in context["log"]], context["new_seq"]) == (shown, mark)
    actions.read(bo, "den", 10)
    context = browser.get("/rooms/den/").context
    assert ([message["seq"] for message in context["log"]], context["new_seq"]) == ([7, 8, 9, 10], None)


def test_a_day_begins_by_the_clock_of_the_site(web: Client, den: Room, bo: User, say: Say, settings: Any) -> None:
    say(den, bo, "late", "early")
    for seq, hour in ((1, 14), (2, 16)):  # in Tokyo an hour before midnight, and one after
        Message.objects.filter(seq=seq).update(created_at=datetime(2026, 1, 31, hour, tzinfo=UTC))
    days = {"UTC": ["2026-01-31"], "Asia/Tokyo": ["2026-01-31", "2026-02-01"], "America/Lima": ["2026-01-31"]}
    for zone, expected in days.items():
        settings.TIME_ZONE = zone
        assert re.findall(r'data-day="([\d-]+)"', web.get("/rooms/den/").content.decode()) == expected
