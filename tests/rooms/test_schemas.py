"""What may come in: exact types, bounds, no unknown fields; a refusal names the field and the bound."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms import schemas
from rooms.errors import ChatError, Invalid, TooLong

ID = "6f1c5f5e-8a51-4d57-9f6b-6a35fa6d8a01"
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
fields = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("room", "body", "client_id", "reply_to", "seq", "reason", "rooms"), json)
)


def test_a_message_comes_in() -> None:
    asked = schemas.parse(schemas.PostMessage, {"room": "den", "body": "hi", "client_id": ID, "reply_to": 3})
    assert (asked.room, asked.body, asked.client_id, asked.reply_to) == ("den", "hi", UUID(ID), 3)


def test_two_messages_without_an_id_are_two() -> None:
    first, second = (schemas.parse(schemas.PostMessage, {"room": "den", "body": "hi"}) for _ in range(2))
    assert first.client_id != second.client_id


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("hi", "hi"),
        ("hi \n\n", "hi"),
        ("\n\r\n  code", "  code"),
        ("  code", "  code"),
        ("a\n\n\nb", "a\n\n\nb"),
        ("\u200d👩‍👩‍👧", "\u200d👩‍👩‍👧"),
        ("x" * 10_000 + "\n\n", "x" * 10_000),
    ],
)
def test_a_body_loses_the_blanks_around_it_only(typed: str, kept: str) -> None:
    assert schemas.clean_body(typed) == kept


@pytest.mark.parametrize(
    "body", ["", " ", "\n\t \u00a0\u2028\u3000", "\u200b", "\x1b\u2060 \u2800\u3164", "\0", "a\0", "\ud800", "\udfff"]
)
def test_a_body_that_says_nothing_or_cannot_be_kept_is_refused(body: str) -> None:
    with pytest.raises(Invalid, match=r"^body: "):
        schemas.parse(schemas.PostMessage, {"room": "den", "body": body})


def test_the_bound_of_a_body_is_a_setting(settings: Any) -> None:
    settings.MAX_BODY = 3
    assert schemas.clean_body("🙂🙂🙂") == "🙂🙂🙂"
    with pytest.raises(TooLong, match=r"^body: 4 characters, at most 3$") as refusal:
        schemas.parse(schemas.EditMessage, {"room": "den", "seq": 1, "body": "abcd"})
    assert refusal.value.payload() == {
        "code": "too_long", "field": "body", "message": "body: 4 characters, at most 3",
    }  # fmt: skip


SCHEMAS = [schemas.PostMessage, schemas.EditMessage, schemas.DeleteMessage, schemas.Sync, schemas.Typing, schemas.Read]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
@given(data=json | fields)
def test_whatever_comes_is_taken_or_refused_in_words(schema: type[schemas.Payload], data: Any) -> None:
    try:
        assert isinstance(schemas.parse(schema, data), schema)
    except ChatError as refusal:
        told = refusal.payload()
        assert told["code"] in ("invalid", "too_long") and told["field"]
        told["message"].encode()
        assert len(told["message"]) < 500


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_unknown_fields_are_refused(schema: type[schemas.Payload]) -> None:
    right = {"room": "den", "body": "hi", "seq": 1, "rooms": {}}
    data = {name: value for name, value in right.items() if name in schema.model_fields}
    assert schemas.parse(schema, data)
    with pytest.raises(Invalid, match="colour"):
        schemas.parse(schema, data | {"colour": "red"})
