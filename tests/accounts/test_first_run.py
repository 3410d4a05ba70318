"""The first person names the site and becomes its administrator, once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts import actions
from accounts.models import Site, User

PAGE = "/welcome/"
FILLED = {"site_name": "Harbour", "name": "Ana Lima", "email": "Ana@Example.com", "password": "a few words in a row"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/"])
def test_a_new_site_leads_to_the_first_run_page(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == PAGE


@pytest.mark.django_db
def test_the_first_person_becomes_administrator_and_is_signed_in(client: Client, heard: list[Any]) -> None:
    answer = client.post(PAGE, FILLED)
    user = User.objects.get()
    assert answer["Location"] == "/"
    assert (user.email, user.name, user.handle) == ("ana@example.com", "Ana Lima", "ana-lima")
    assert user.is_superuser and user.is_staff and user.check_password(FILLED["password"])
    assert Site.current().name == "Harbour"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert ("site_founded", {"user": user}) in heard


@pytest.mark.django_db
def test_the_founder_comes_into_a_room(client: Client) -> None:
    client.post(PAGE, FILLED)
    assert client.get("/")["Location"] == "/rooms/lobby/"


@pytest.mark.django_db
def test_it_works_once(client: Client) -> None:
    client.post(PAGE, FILLED)
    again = Client().post(PAGE, FILLED | {"email": "bo@example.com"})
    assert again["Location"] == "/"
    assert User.objects.count() == 1
    assert Client().get(PAGE)["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_administrator() -> None:
    start, results = threading.Barrier(4), []

    def found(number: int) -> None:
        start.wait()
        try:
            results.append(
                actions.found_site(f"Site {number}", f"P {number}", f"p{number}@example.com", "a few words in a row")
            )
        except actions.AlreadyFounded:
            results.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=found, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len([user for user in results if user]) == User.objects.count() == 1


@pytest.mark.django_db
def test_nothing_is_kept_where_the_rooms_could_not_be_made(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.actions.founding.site_founded.send", fail)
    with pytest.raises(RuntimeError):
        actions.found_site("Harbour", "Ana", "ana@example.com", "a few words in a row")
    assert not User.objects.exists()
    assert Site.current().name == "Chatsite"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site_name", " "),
        ("site_name", "x" * 61),
        ("name", ""),
        ("name", "Ana\u202e"),
        ("email", "ana"),
        ("email", "x" * 300 + "@example.com"),
        ("password", ""),
        ("password", "short"),
        ("password", "12345678"),
        ("password", "password"),
        ("password", "ana@example.com"),
        ("password", "x" * 5000),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_made(client: Client, field: str, value: str) -> None:
    answer = client.post(PAGE, FILLED | {field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_public_server_asks_for_the_key_of_its_console(client: Client, settings: Any) -> None:
    settings.FIRST_RUN_KEY = "from-the-console"
    for key in ("", "wrong", "from-the-consolé", "\x00"):
        assert "key" in client.post(PAGE, FILLED | {"key": key}).context["form"].errors
    assert not User.objects.exists()
    assert client.post(PAGE, FILLED | {"key": "from-the-console"})["Location"] == "/"


@pytest.mark.django_db
def test_guessing_the_key_is_throttled(client: Client, settings: Any) -> None:
    settings.FIRST_RUN_KEY = "from-the-console"
    answers = [client.post(PAGE, FILLED | {"key": "wrong"}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert client.get(PAGE).status_code == 200


@pytest.mark.django_db
def test_the_page_asks_for_no_key_on_loopback(client: Client) -> None:
    assert "key" not in client.get(PAGE).context["form"].fields


def test_who_was_made_on_the_command_line_founds_the_site_too(client: Client, person: Callable[..., User]) -> None:
    person(is_superuser=True, is_staff=True)
    assert client.get(PAGE)["Location"] == "/"
