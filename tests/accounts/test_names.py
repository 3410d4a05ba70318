"""What a person may be called, and the handles made from it."""

import json
from itertools import islice
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.names import HANDLE_LENGTH, HandleValidator, collated, handles, tidy


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   Lima ", "Ana Lima"),
        ("Ana\nLima\t", "Ana Lima"),
        ("e\u0301", "\u00e9"),  # composed
        ("山田太郎", "山田太郎"),
        ("محمد علی", "محمد علی"),
        ("Zoë 👩\u200d🚀", "Zoë 👩\u200d🚀"),  # a joined emoji
        ("किरण", "किरण"),
        ("Nguyễn", "Nguyễn"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs the non-joiner
    ],
)
def test_a_name_is_composed_and_trimmed(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "Ana\x00",
        "Ana\x1b[31m",
        "Ana\u202egnp",
        "\u2066Ana",
        "Ana\u200f",
        "\u200b",
        "\u200d",
        "\ud800",
        "\ufeffAna",
        "\ue000",
        "\u0301",
        "\u3164",
        "Ana\u2800",
        "A" + "\u0301" * 40,
    ],
)
def test_a_name_that_hides_or_turns_text_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        tidy(typed)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ana Lima", ["ana-lima", "ana-lima-2", "ana-lima-3"]),
        ("Zoë", ["zoe", "zoe-2"]),
        ("山田", ["user", "user-2"]),
        ("Everyone", ["everyone-2"]),
        ("_", ["user"]),
    ],
)
def test_handles_are_made_from_the_name(name: str, first: list[str]) -> None:
    assert list(islice(handles(name), len(first))) == first


@pytest.mark.parametrize("name", ["x" * 60, "Ana Lima", "山", "-- a --", "Room", "x" * 28 + "-y", "İstanbul"])
def test_every_handle_that_is_made_is_valid_and_no_two_are_the_same(name: str) -> None:
    made = list(islice(handles(name), 300))
    assert len(set(made)) == 300
    for handle in made:
        HandleValidator()(handle)
        assert len(handle) <= HANDLE_LENGTH


@pytest.mark.parametrize(
    "handle", ["", "Ana", "-ana", ".ana", "ana lima", "ana\n", "a" * 31, "ánа", "everyone", "@ana", "ana/"]
)
def test_a_handle_that_cannot_be_typed_or_means_something_else_is_refused(handle: str) -> None:
    with pytest.raises(ValidationError):
        HandleValidator()(handle)


def test_names_stand_in_the_order_that_the_page_has_too() -> None:
    """tests/js/names.test.js holds the page to the same file."""
    names = json.loads((Path(__file__).parents[1] / "support/names_in_order.json").read_text())
    assert sorted({*names}, key=collated) == names
    assert [*"aäb"] == sorted("bäa", key=collated)
