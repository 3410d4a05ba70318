"""Name, handle and address of oneself."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import PASSWORD

PROFILE, EMAIL = "/accounts/profile/", "/accounts/email/"


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana", name="Ana")


@pytest.fixture
def her(client: Client, ana: User) -> Client:
    """Ana's browser; she has just given her password once more."""
    client.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("path", [PROFILE, EMAIL, "/accounts/password/change/"])
def test_a_stranger_is_led_to_sign_in(client: Client, ana: User, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_a_stranger_has_nothing_to_confirm(client: Client, ana: User) -> None:
    assert client.get("/accounts/reauthenticate/").status_code in (302, 403)


def test_a_new_name_and_handle_are_kept_and_told(
    her: Client, ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert her.post(PROFILE, {"name": " Ana  Lima", "handle": "ana.lima"})["Location"] == PROFILE
    ana.refresh_from_db()
    assert (ana.name, ana.handle) == ("Ana Lima", "ana.lima")
    assert heard == [("user_changed", {"user": ana})]


@pytest.mark.parametrize("typed", ["bo", "everyone", "Ana", "a b", "", "-x", "x" * 31])
def test_a_handle_that_is_taken_or_none_is_refused(
    her: Client, ana: User, person: Callable[..., User], typed: str
) -> None:
    person(handle="bo")
    assert her.post(PROFILE, {"name": "Ana", "handle": typed}).context["form"].errors["handle"]
    ana.refresh_from_db()
    assert ana.handle == "ana"


@pytest.mark.parametrize("typed", ["", "\u202eanA", "\x07", "x" * 61, "x" * 10_000])
def test_a_name_that_cannot_be_shown_is_refused(her: Client, ana: User, typed: str) -> None:
    assert her.post(PROFILE, {"name": typed, "handle": "ana"}).context["form"].errors["name"]


def test_a_name_is_shown_as_text(her: Client, ana: User) -> None:
    her.post(PROFILE, {"name": "<script>alert(1)</script>", "handle": "ana"})
    assert b"<script>alert" not in her.get("/accounts/logout/").content


def test_the_database_takes_no_address_twice_in_any_case(ana: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ANA@example.com", handle="other", name="Other")])


def test_the_present_address_stays_until_the_new_one_is_confirmed(her: Client, ana: User, mail: list[Any]) -> None:
    her.post(EMAIL, {"email": "New@example.com", "action_add": ""})
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"
    link = next(word for word in mail[-1].body.split() if "/confirm-email/" in word).removeprefix("http://testserver")
    assert "new@example.com" in her.get(link).content.decode()
    her.post(link)
    ana.refresh_from_db()
    assert ana.email == "new@example.com"
    assert list(EmailAddress.objects.filter(user=ana).values_list("email", "primary", "verified")) == [
        ("new@example.com", True, True)
    ]


def test_one_may_change_ones_mind(her: Client, ana: User, mail: list[Any]) -> None:
    her.post(EMAIL, {"email": "new@example.com", "action_add": ""})
    her.post(EMAIL, {"email": "newer@example.com", "action_add": ""})
    assert set(EmailAddress.objects.filter(user=ana).values_list("email", flat=True)) == {
        "ana@example.com",
        "newer@example.com",
    }
    her.post(EMAIL, {"email": "newer@example.com", "action_remove": ""})
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"
    assert list(EmailAddress.objects.filter(user=ana).values_list("email", flat=True)) == ["ana@example.com"]


def test_nobody_takes_anothers_address(her: Client, person: Callable[..., User]) -> None:
    person(handle="bo")
    assert her.post(EMAIL, {"email": "BO@example.com", "action_add": ""}).context["form"].errors["email"]


def test_an_address_that_someone_took_meanwhile_is_not_confirmed(
    her: Client, ana: User, person: Callable[..., User], mail: list[Any]
) -> None:
    her.post(EMAIL, {"email": "bo@example.com", "action_add": ""})
    person(handle="bo")
    link = next(word for word in mail[-1].body.split() if "/confirm-email/" in word).removeprefix("http://testserver")
    assert her.post(link).status_code == 302
    assert "belongs to someone else" in her.get(PROFILE).content.decode()
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"


def test_a_change_of_address_asks_for_the_password_and_then_goes_on(client: Client, ana: User) -> None:
    client.force_login(ana)
    answer = client.post(EMAIL, {"email": "new@example.com", "action_add": ""}, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="new@example.com").exists()
    assert client.post("/accounts/reauthenticate/", {"password": "wrong"}).context["form"].errors["password"]
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": EMAIL})
    assert EmailAddress.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("path", [PROFILE, EMAIL, "/accounts/password/change/", "/accounts/logout/"])
def test_a_page_costs_few_queries(her: Client, path: str, django_assert_max_num_queries: Any) -> None:
    her.get(path)
    with django_assert_max_num_queries(8):
        assert her.get(path).status_code == 200
