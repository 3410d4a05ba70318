"""Where somebody is signed in: the list, and signing out there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import devices
from accounts.models import Browser, User

SESSIONS = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


@pytest.fixture
def sign_in(ana: User) -> Callable[..., Client]:
    """A browser in which Ana is signed in, and has opened a page."""

    def open_(agent: str = FIREFOX, address: str = "192.0.2.7", user: User = ana) -> Client:
        client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
        client.force_login(user)
        client.get("/accounts/profile/")
        return client

    return open_


def is_in(client: Client) -> bool:
    """Whether somebody is signed in."""
    return client.get("/accounts/profile/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.9.1", "curl"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_called_by_what_one_knows_it_as(agent: str, name: str) -> None:
    assert devices.describe(agent) == name


def test_each_is_listed_with_what_it_is_and_where(sign_in: Callable[..., Client]) -> None:
    here = sign_in()
    sign_in(PHONE, "2001:db8::1")
    page = here.get(SESSIONS).content.decode()
    assert "Firefox on Linux" in page and "this one" in page and "192.0.2.7" in page
    assert "Safari on iPhone" in page and "2001:db8::1" in page
    assert page.count('name="browser"') == 1


def test_one_signs_out_there(
    sign_in: Callable[..., Client], ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    here, there, third = sign_in(), sign_in(PHONE), sign_in()
    key = there.session.session_key
    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        here.post(SESSIONS, {"browser": Browser.objects.get(session_key=key).pk})
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert heard == [("session_ended", {"user": ana, "session_key": key})]


def test_one_signs_out_everywhere_else(
    sign_in: Callable[..., Client], ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    here, there = sign_in(), sign_in(PHONE)
    unknown = Client()
    unknown.force_login(ana)  # it has opened no page
    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        here.post(SESSIONS, {"elsewhere": "yes"})
    assert (is_in(here), is_in(there), is_in(unknown)) == (True, False, False)
    assert heard == [("user_revoked", {"user": ana, "but": here.session.session_key})]
    assert here.get(SESSIONS).content.decode().count('class="browser"') == 1


def test_nobody_signs_another_person_out(sign_in: Callable[..., Client], person: Callable[..., User]) -> None:
    here, other = sign_in(), sign_in(user=person(handle="bo"))
    theirs = Browser.objects.get(session_key=other.session.session_key)
    for browser in (theirs.pk, "", "x", "9" * 30):
        assert here.post(SESSIONS, {"browser": browser}).status_code == 302
    assert is_in(other)


@pytest.mark.parametrize("how", ["signed out", "gone", "expired", "password"])
def test_what_is_over_is_not_listed(sign_in: Callable[..., Client], ana: User, how: str) -> None:
    here, there = sign_in(), sign_in(PHONE)
    key = there.session.session_key
    if how == "signed out":
        there.post("/accounts/logout/")
    elif how == "gone":
        Session.objects.filter(session_key=key).delete()
    elif how == "expired":
        Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    else:
        ana.set_password("another few words")
        ana.save()
        here = sign_in()
    assert "iPhone" not in here.get(SESSIONS).content.decode()
    assert not Browser.objects.filter(session_key=key).exists()


def test_it_is_noted_now_and_then_not_at_every_page(
    sign_in: Callable[..., Client], django_assert_num_queries: Any
) -> None:
    here = sign_in()
    with django_assert_num_queries(3):  # the session, its user, the site
        here.get("/accounts/profile/")
    moved = Browser.objects.get()
    here.get("/accounts/profile/", REMOTE_ADDR="192.0.2.99")
    assert Browser.objects.get().address == "192.0.2.99" != moved.address


def test_who_is_signed_out_is_not_noted(client: Client, ana: User) -> None:
    client.get("/accounts/login/")
    assert not Browser.objects.exists()
    client.force_login(ana)
    client.get("/jsi18n/de/")
    assert not Browser.objects.exists()
