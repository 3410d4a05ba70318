"""The word filter: which words it finds, what becomes of messages and edits, that it is off by default, and that no text makes it slow."""

import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts import actions as accounts
from accounts import filtering
from accounts.forms import ProfileForm
from accounts.models import AuditEntry, User
from accounts.words import WordFilter, validate_words
from rooms import actions
from rooms.errors import Invalid
from rooms.models import Message, Room
from rooms.views.forms import RoomForm

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "text", "masked"),
    [
        ("bad", "A bad, BAD bädly **Bad** badge", "A •••, ••• bädly **•••** badge"),
        ("bäd", "bad ba\u0308d B\u00c4D", "••• •••• •••"),
        ("bad", "b\u200bad and ｂａｄ", "•••• and •••"),
        ("bad*", "badly bad abad", "••••• ••• abad"),
        ("*bad", "abad bad badly", "•••• ••• badly"),
        ("*bad*", "xbadx bd", "••••• bd"),
        ("b*d", "bad bd bold bolder", "••• •• •••• bolder"),
        ("f*o*o", "foo fxoyo fo", "••• ••••• fo"),
        ("straße\nевил", "STRASSE Евил", "••••••• ••••"),
        ("", "bad", "bad"),
    ],
)
def test_whole_words_are_found_whatever_their_case_and_accents(words: str, text: str, masked: str) -> None:
    validate_words(words)
    assert WordFilter(words).masked(text) == masked
    assert bool(WordFilter(words).found(text)) == (text != masked)


@pytest.mark.parametrize(
    "words", ["a", "*", "a*", "two words", "a.b", "x" * 51, "(a+)+", "\n".join(f"w{n}" for n in range(1001))]
)
def test_what_is_no_list_of_words_is_refused(words: str) -> None:
    with pytest.raises(ValidationError):
        validate_words(words)


def test_no_pattern_is_slow_on_any_text() -> None:
    """What a regular expression would take ages for."""
    filter = WordFilter("\n".join(["*aa*" * 3 + "b", "a*a*a*a*a*a*a*ab", *(f"*w{n}*x{n}*" for n in range(900))]))
    started = time.process_time()
    for text in ("a" * 10_000, "aa " * 3_333, "w1x" * 3_333, "é" * 10_000, "w1x1 " * 2_000):
        filter.masked(text)
    assert time.process_time() - started < 5, (
        "seconds, where it takes some hundredths; going back and forth would take hours"
    )


def test_it_is_off_until_somebody_turns_it_on_and_then_masks_or_refuses(den: Room, ana: User) -> None:
    def say(body: str) -> Message:
        return actions.post_one(actions.Draft(ana, "den", body)).message

    filtering.forget()
    assert say("bad").body == "bad"
    accounts.change_site(None, filter_words="bad\nworse*", filter_action="mask")
    filtering.forget()  # after the commit, which a test has not
    assert say("that is BAD").body == "that is •••"
    assert actions.edit(ana, "den", 1, "worsening").body == "•••••••••"
    accounts.change_site(None, filter_action="refuse")
    filtering.forget()
    for attempt in (lambda: say("so bad"), lambda: actions.edit(ana, "den", 2, "bad again")):
        with pytest.raises(Invalid, match="bad") as refused:
            attempt()
        assert refused.value.payload()["field"] == "body"
    good, bad = actions.post([actions.Draft(ana, "den", "good"), actions.Draft(ana, "den", "bad")])
    assert isinstance(good, actions.Posted) and isinstance(bad, Invalid)
    assert AuditEntry.objects.filter(act="site_changed").count() == 2


def test_a_long_text_that_was_rendered_ahead_is_said_as_it_may_be_when_it_is_said(den: Room, ana: User) -> None:
    filtering.forget()
    ahead = actions.prepared(actions.Draft(ana, "den", "*bad* " * 100))
    assert ahead.shown and "<em>bad</em>" in ahead.shown.html
    accounts.change_site(None, filter_words="bad", filter_action="mask")
    filtering.forget()
    message = actions.post_one(ahead).message
    assert "<em>•••</em>" in message.html and "bad" not in message.body + message.html


def test_a_retry_of_what_was_said_before_is_answered_as_ever(den: Room, ana: User) -> None:
    draft = actions.Draft(ana, "den", "bad")
    actions.post_one(draft)
    accounts.change_site(None, filter_words="bad", filter_action="refuse")
    filtering.forget()
    assert not actions.post_one(draft).is_new


@pytest.mark.parametrize("action", ["refuse", "mask"])
def test_names_topics_and_statuses_are_refused_either_way(action: str) -> None:
    accounts.change_site(None, filter_words="bad", filter_action=action)
    filtering.forget()
    room: Any = RoomForm({"name": "A bad room", "topic": "Bad", "kind": "open"})
    person: Any = ProfileForm({"name": "Bad Bo", "handle": "bo", "status": "so bad"})
    assert set(room.errors) == {"name", "topic"} and {"name", "status"} <= set(person.errors)
