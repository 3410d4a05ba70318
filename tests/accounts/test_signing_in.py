"""Signing in and out, and the sessions that end with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import User
from tests.accounts.conftest import PASSWORD

PAGE = "/accounts/login/"


def sign_in(client: Client, email: str = "ana@example.com", password: str = PASSWORD, **more: str) -> Any:
    return client.post(PAGE, {"login": email, "password": password, **more})


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


@pytest.mark.parametrize("email", ["ana@example.com", "ANA@Example.COM", " ana@example.com "])
def test_one_signs_in_by_e_mail_in_any_case(client: Client, ana: User, email: str) -> None:
    assert sign_in(client, email)["Location"] == "/"
    assert is_in(client)


@pytest.mark.parametrize(
    ("email", "password"),
    [("ana@example.com", "wrong"), ("bo@example.com", PASSWORD), ("ana", PASSWORD), ("\x00", "\x00")],
)
def test_a_wrong_address_or_password_says_the_same(client: Client, ana: User, email: str, password: str) -> None:
    answer = sign_in(client, email, password)
    assert answer.status_code == 200
    assert not is_in(client)


def test_who_is_not_active_is_refused_in_words(client: Client, person: Callable[..., User]) -> None:
    person(handle="ana", is_active=False)
    answer = client.post(PAGE, {"login": "ana@example.com", "password": PASSWORD}, follow=True)
    assert "not active" in answer.content.decode()
    assert not is_in(client)


def test_guessing_a_password_is_throttled(client: Client, ana: User) -> None:
    for _ in range(5):
        sign_in(client, password="wrong")
    assert "Too many attempts" in sign_in(client).content.decode()
    assert not is_in(client)


def test_guessing_is_throttled_whatever_port_the_host_header_names(client: Client, ana: User) -> None:
    for port in range(5):
        client.post(
            "/accounts/login/", {"login": ana.email, "password": "wrong"}, headers={"host": f"testserver:{port}"}
        )
    assert "Too many attempts" in sign_in(client).content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("target", ["/rooms/", "http://testserver/rooms/"])
def test_one_comes_back_to_the_page_one_wanted(client: Client, ana: User, target: str) -> None:
    assert sign_in(client, next=target)["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "\thttps://evil.example",
        "ftp://testserver/",
    ],
)
def test_nobody_is_led_to_another_site(client: Client, ana: User, target: str) -> None:
    assert sign_in(client, next=target)["Location"] == "/"
    assert client.get(PAGE, {"next": target})["Location"] == "/"
    assert client.post("/accounts/logout/", {"next": target})["Location"] == PAGE


def test_the_first_sign_in_of_someone_an_admin_made_is_a_joining(client: Client, ana: User, heard: list[Any]) -> None:
    sign_in(client)
    sign_in(Client())
    assert heard == [("user_joined", {"user": ana})]


def test_signing_out_ends_this_session_and_says_which(client: Client, ana: User, heard: list[Any]) -> None:
    other = Client()
    for browser in (client, other):
        browser.force_login(ana)
    key = client.session.session_key
    client.post("/accounts/logout/")
    assert heard == [("session_ended", {"user": ana, "session_key": key})]
    assert not is_in(client)
    assert is_in(other)


def test_the_session_is_gone_when_its_end_is_told(client: Client, ana: User) -> None:
    from accounts.signals import session_ended

    stolen = Client()
    client.force_login(ana)
    stolen.cookies = client.cookies.copy()
    came_back = []

    def hear(**_: Any) -> None:
        came_back.append(is_in(stolen))

    session_ended.connect(hear)
    try:
        client.post("/accounts/logout/")
    finally:
        session_ended.disconnect(hear)
    assert came_back == [False]


def test_signing_out_needs_a_post(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get("/accounts/logout/").status_code == 200
    assert is_in(client)


def test_signing_out_of_the_admin_ends_the_session_too(admin: User, admin_client: Client, heard: list[Any]) -> None:
    key = admin_client.session.session_key
    admin_client.post("/admin/logout/")
    assert heard == [("session_ended", {"user": admin, "session_key": key})]


def test_deactivating_ends_every_session_at_once_and_for_good(
    client: Client, ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(ana)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.deactivate([ana]) == [ana]
    assert [name for name, _ in heard] == ["user_revoked", "user_changed"]
    assert not is_in(client)
    actions.activate([ana])
    assert not is_in(client)
    assert sign_in(client)["Location"] == "/"


def test_deactivating_twice_tells_nobody_twice(
    person: Callable[..., User], heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    gone = person(is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.deactivate([gone]) == []
    assert heard == []


def test_a_session_survives_a_new_secret_key_with_the_old_one_as_fallback(
    client: Client, ana: User, settings: Any
) -> None:
    client.force_login(ana)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert is_in(client)


# --- Who is not in ---


def test_what_is_kept_of_a_stranger_is_kept_for_a_day(client: Client, ana: User) -> None:
    assert client.get("/accounts/two-factor/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    [session] = Session.objects.all()
    assert timezone.now() < session.expire_date < timezone.now() + timedelta(days=1, minutes=1)
    sign_in(client)
    [session] = Session.objects.all()
    assert session.expire_date > timezone.now() + timedelta(days=59)


def test_nobody_makes_sessions_without_end(client: Client, ana: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "2/m/ip"}
    for status in (200, 200, 429):
        asked = Client().get("/accounts/two-factor/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
        assert asked.status_code == status
    assert Session.objects.count() == 2
