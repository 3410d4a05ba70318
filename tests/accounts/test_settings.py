"""How somebody likes the site: stored on the account, in every page from the first byte."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User

SETTINGS = "/accounts/settings/"
CHOICES = {"language": "de", "theme": "dark", "density": "compact", "enter": "breaks", "sounds": "on"}


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


@pytest.fixture
def her(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def html(client: Client, path: str = "/accounts/profile/") -> str:
    """The start tag of a page."""
    return client.get(path).content.decode().partition("<head>")[0]


def test_what_is_chosen_is_kept_and_told(
    her: Client, ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    assert 'data-theme="system" data-density="comfortable" data-enter="sends" data-sounds="off"' in html(her)
    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert her.post(SETTINGS, CHOICES)["Location"] == SETTINGS
    ana.refresh_from_db()
    assert ana.preferences == CHOICES
    assert heard == [("preferences_changed", {"user": ana})]
    elsewhere = Client()
    elsewhere.force_login(ana)
    assert 'data-theme="dark" data-density="compact" data-enter="breaks" data-sounds="on"' in html(elsewhere)


@pytest.mark.parametrize("field", CHOICES)
@pytest.mark.parametrize("value", ["", "no such", "x" * 10_000])
def test_what_is_no_choice_is_refused(her: Client, ana: User, field: str, value: str) -> None:
    value = value or ("fr" if field == "language" else "")  # no language of one's own is a choice: the browser's
    assert her.post(SETTINGS, {**CHOICES, field: value}).context["form"].errors[field]
    ana.refresh_from_db()
    assert getattr(ana, field) != value


def test_the_button_changes_the_theme_alone(her: Client, ana: User) -> None:
    assert her.post("/accounts/theme/", {"theme": "dark"}).status_code == 204
    assert her.post("/accounts/theme/", {"theme": "pink"}).status_code == 400
    assert her.get("/accounts/theme/").status_code == 405
    ana.refresh_from_db()
    assert (ana.theme, ana.density) == ("dark", "comfortable")


def test_the_theme_holds_before_one_is_in(her: Client) -> None:
    her.post("/accounts/theme/", {"theme": "dark"})
    her.post("/accounts/logout/")
    assert 'data-theme="dark"' in html(her, "/accounts/login/")
    her.cookies["theme"] = '"><script>'
    assert 'data-theme="system"' in html(her, "/accounts/login/")
