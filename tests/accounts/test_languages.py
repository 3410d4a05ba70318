"""Pages in a language: as the browser wishes, or as somebody has chosen; kept with the account, and in the browser for the pages before one is in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User

SETTINGS = "/accounts/settings/"
LOGIN = "/accounts/login/"
CHOICES = {"theme": "system", "density": "comfortable", "enter": "sends"}


@pytest.fixture
def ana(person: Callable[..., User], admin: User) -> User:
    return person(handle="ana")


@pytest.fixture
def her(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def page(client: Client, path: str = SETTINGS, wish: str = "") -> str:
    """What a page says to a browser that wishes for a language."""
    headers = {"Accept-Language": wish} if wish else {}
    return client.get(path, headers=headers).content.decode()


@pytest.mark.parametrize(("language", "words"), [("de", "Mehr anzeigen"), ("ar", "عرض المزيد"), ("en", ""), ("fr", "")])
def test_scripts_get_their_words_in_every_language(client: Client, language: str, words: str) -> None:
    answer: Any = client.get(f"/jsi18n/{language}/")
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert json.dumps(words)[1:-1] in answer.content.decode()
    assert "gettext" in answer.content.decode()
