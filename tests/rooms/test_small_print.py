"""What stands in small print: when something was, whose faces stand in a head, how the list of rooms was left; the columns of a table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from rooms.formatting import full
from rooms.templatetags.conversation import lately, spoken

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def said(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("ago", "words", "german"),
    [
        (timedelta(hours=3), "Today, 09:00", "Heute, 09:00"),
        (timedelta(hours=20), "Yesterday, 16:00", "Gestern, 16:00"),
        (timedelta(days=8), "March 2", "2. März"),
        (timedelta(days=400), "Feb. 3, 2025", "3. Februar 2025"),
    ],
)
def test_when_something_was(monkeypatch: pytest.MonkeyPatch, ago: timedelta, words: str, german: str) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda: NOON.date())
    assert spoken(said(NOON - ago)) == words
    with translation.override("de"):
        assert spoken(said(NOON - ago)) == german


def test_a_head_shows_who_wrote_last() -> None:
    log = [{"author": {"id": number, "name": f"n{number}"}} for number in (1, 2, 1, 3, 4, 3)]
    assert [person["id"] for person in lately(log)] == [3, 4, 1]
    assert lately([]) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "drawn"),
    [
        ("20", 'data-slot="app" data-width="20">'),
        ("12-", 'data-slot="app" data-width="12" data-folded>'),
        ("11", 'data-slot="app">'),
        ("-", 'data-slot="app">'),
        ('9"><script>', 'data-slot="app">'),
    ],
)
def test_the_list_of_rooms_is_drawn_as_it_was_left(ana: Any, signed_in: Any, cookie: str, drawn: str) -> None:
    web: Client = signed_in(ana)
    web.cookies["sidebar"] = cookie
    assert drawn in web.get("/rooms/").content.decode()


def test_the_columns_of_a_table_stand_as_asked_for() -> None:
    html = full("| a | b | c |\n|:--|--:|:-:|\n| 1 | 2 | 3 |")
    assert (
        '<th align="left">a</th>' in html and '<td align="right">2</td>' in html and '<td align="center">3</td>' in html
    )
    assert "style" not in html
