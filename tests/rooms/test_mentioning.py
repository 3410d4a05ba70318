"""Mentions: who a message calls, outside code, among the people of its room; stored, counted apart, and right after every change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from rooms import actions, formatting, history, payloads, sidebar, sync
from rooms.actions.mentioning import MOST
from rooms.errors import Invalid
from rooms.models import Mention, Message, Room
from rooms.references import Names
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]

NAMES = Names({"ana": 1, "bo.b": 2, "dot.": 3, "j.de": 4}, {"lobby": "/rooms/lobby/"})


def counts(user: User, slug: str = "den") -> tuple[int, int]:
    """Unread, and mentions among them; however one asks."""
    [room] = [room for room in sidebar.rooms_of(user) if room["slug"] == slug]
    mark = actions.read(user, slug, 0)
    assert (mark["unread"], mark["mentions"]) == (room["unread"], room["mentions"])
    return room["unread"], room["mentions"]


def called(message: Message) -> Any:
    """Who the stored message calls, by its payload, in a page, after a sync."""
    fresh = Message.objects.whole().get(pk=message.pk)
    shown = payloads.message(fresh)
    page = history.page(Room.objects.get(pk=message.room_id)).payload()
    assert shown in page["messages"]
    return shown.get("mentions")


@pytest.mark.parametrize(
    ("body", "people"),
    [
        ("hi @ana", {1}), ("@Ana, @ANA: look", {1}), ("(@ana) and @bo.b.", {1, 2}), ("**@ana**'s _@bo.b_", {1, 2}),
        ("你好@ana在", {1}), ("@dot. @j.de", {3, 4}), ("> @ana said", {1}), ("- @ana\n- [ ] @bo.b", {1, 2}),
        ("`@ana`", set()), ("```\n@ana\n```", set()), ("    @ana", set()), ("x@ana", set()), ("x@ana.de", set()), ("@anabel", set()),
        ("[@ana](http://example.com)", set()), ("http://example.com/@ana", set()), (r"\@ana", set()), ("@@ana", set()), ("@nobody", set()),
    ],
)  # fmt: skip
def test_a_handle_is_found_where_it_is_meant(body: str, people: set[int]) -> None:
    html, mentioned = formatting.refer(body, NAMES)
    assert (mentioned.people if mentioned else set()) == people
    assert html.count('class="mention"') == (mentioned.count if mentioned else 0)


def test_it_stands_out_and_what_surrounds_it_does_not() -> None:
    html, _ = formatting.refer("hi @Ana. <b>@room</b>", NAMES)
    mention = '<span class="mention" data-user="1">@Ana</span>'
    assert html == f'<p>hi {mention}. &lt;b&gt;<span class="mention">@room</span>&lt;/b&gt;</p>'


def test_without_knowing_who_there_is_nobody_is_meant() -> None:
    assert formatting.refer("hi @ana, see #lobby", None) == formatting.PLAIN


def test_a_room_that_is_known_is_a_link_in_the_same_tab() -> None:
    html, _ = formatting.refer("see #Lobby. Not #nowhere, `#lobby` or x#lobby", NAMES)
    assert html.startswith('<p>see <a class="room-link" href="/rooms/lobby/">#Lobby</a>. Not #nowhere, <code>#lobby')
    assert html.count("<a ") == 1


def test_only_members_are_called(den: Room, ana: User, bo: User, person: Callable[..., User], say: Say) -> None:
    person("eve")
    [message] = say(den, ana, "@bo and @eve and @ana")
    assert called(message) == {"room": False, "users": [bo.pk]}
    assert message.html.count("mention") == 2  # oneself is highlighted, but not called
    assert list(Mention.objects.values_list("user", "seq")) == [(bo.pk, 1)]


def test_who_is_deactivated_is_not_called(den: Room, ana: User, bo: User, say: Say) -> None:
    User.objects.filter(pk=bo.pk).update(is_active=False)
    assert called(say(den, ana, "@bo")[0]) is None


def test_mentions_are_counted_apart(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "one", "@bo and @bo", "@room and @bo", "four")
    assert counts(bo) == (4, 2)
    assert counts(ana) == (0, 0)
    assert actions.read(bo, "den", 2)["mentions"] == 1
    assert sync.changes(bo, {"den": 0})["den"]["room"]["mentions"] == 1
    say(den, bo, "five")
    assert counts(bo) == (0, 0)
    assert counts(ana) == (1, 0)


def test_an_edit_takes_mentions_and_gives_them(
    den: Room, ana: User, bo: User, person: Callable[..., User], say: Say
) -> None:
    eve = person("eve")
    actions.admit(den, [eve])
    [message] = say(den, ana, "hello @bo")
    edited = actions.edit(ana, "den", 1, "hello @eve")
    assert payloads.message(edited)["mentions"] == called(message) == {"room": False, "users": [eve.pk]}
    assert (counts(bo), counts(eve)) == ((1, 0), (1, 1))
    actions.edit(ana, "den", 1, "hello `@eve`")
    assert called(message) is None
    assert counts(eve) == (1, 0)


def test_an_answer_in_a_thread_calls_but_is_not_counted_in_the_log(den: Room, ana: User, bo: User, say: Say) -> None:
    say(den, ana, "root")
    [answer] = say(den, ana, "@bo", thread=1)
    assert payloads.message(Message.objects.whole().get(pk=answer.pk))["mentions"]["users"] == [bo.pk]
    assert counts(bo) == (1, 0)


def test_what_is_deleted_calls_nobody(den: Room, ana: User, bo: User, say: Say) -> None:
    [first, _] = say(den, ana, "@bo", "@room")
    actions.delete(ana, "den", 1)
    assert called(first) is None
    assert counts(bo) == (1, 1)
    actions.delete(ana, "den", 2)
    assert counts(bo) == (0, 0)
    assert not Mention.objects.exists()


def test_a_newcomer_was_never_called(den: Room, ana: User, say: Say, person: Callable[..., User]) -> None:
    say(den, ana, "@room")
    newcomer = person("newcomer")
    actions.join(newcomer, "den")
    assert counts(newcomer) == (0, 0)
    say(den, ana, "@room")
    assert counts(newcomer) == (1, 1)
    actions.leave(newcomer, "den")
    actions.join(newcomer, "den")
    assert counts(newcomer) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_here_calls_those_who_are_online(
    heard: Recorder, den: Room, ana: User, bo: User, person: Callable[..., User], say: Say
) -> None:
    eve = person("eve")
    actions.admit(den, [eve])
    heard.online = {ana.pk, bo.pk}
    say(den, ana, "@here look")
    assert heard.of("message")[-1]["message"]["mentions"] == {"room": False, "users": [bo.pk]}
    assert (counts(bo), counts(eve)) == ((1, 1), (1, 0))
    heard.online = {ana.pk, eve.pk}
    actions.edit(ana, "den", 1, "@here look again")  # an edit calls nobody anew
    assert (counts(bo), counts(eve)) == ((1, 1), (1, 0))
    actions.edit(ana, "den", 1, "never mind")
    assert counts(bo) == (1, 0)


def test_here_is_refused_in_a_crowd(heard: Recorder, den: Room, ana: User, settings: Any) -> None:
    settings.PRESENCE_CROWD = 2
    heard.online = {1, 2, 3}
    with pytest.raises(Invalid, match="use @room"):
        actions.post_one(actions.Draft(ana, "den", "@here"))
    assert den.messages.count() == 0


@pytest.mark.parametrize("body", ["@bo " * (MOST + 1), "@room " * 1600])
def test_too_many_mentions_are_refused(den: Room, ana: User, bo: User, body: str) -> None:
    body = body.strip()
    fine, refused = actions.post([actions.Draft(ana, "den", "fine"), actions.Draft(ana, "den", body)])
    assert isinstance(refused, Invalid) and refused.extra["field"] == "body"
    assert isinstance(fine, actions.Posted)
    with pytest.raises(Invalid, match="at most 100"):
        actions.edit(ana, "den", 1, body)
    assert called(fine.message) is None


def test_ten_thousand_handles_of_nobody_are_words(den: Room, ana: User, say: Say) -> None:
    [message] = say(den, ana, " ".join(f"@x{n}" for n in range(1400)))
    assert called(message) is None


@pytest.mark.parametrize(
    ("kind", "is_in", "is_linked"),
    [("open", False, True), ("closed", True, True), ("closed", False, False), ("direct", True, False)],
)
def test_a_room_is_linked_where_its_author_may_know_of_it(
    den: Room, ana: User, room: Callable[..., Room], say: Say, kind: str, is_in: bool, is_linked: bool
) -> None:
    """Whoever reads; but to write it does not tell whether there is such a room."""
    room(*[ana] * is_in, slug="plans", kind=kind)
    [message] = say(den, ana, "see #plans")
    assert ('href="/rooms/plans/"' in message.html) == is_linked


def test_plain_words_cost_no_query_more(den: Room, ana: User, bo: User) -> None:
    def cost(*bodies: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            actions.post([actions.Draft(ana, "den", body) for body in bodies])
        return len(captured)

    def page() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            history.page(Room.objects.get(pk=den.pk)).payload()
        return [query["sql"] for query in captured]

    plain = cost("one")
    assert cost("two", "*three* #4") == plain
    assert not any("rooms_mention" in sql for sql in page())
    assert cost("hey @bo, @room") == plain + 2  # who that is; that they are called
    assert cost("@bo", "@bo @bo", "@room") == plain + 2
    assert sum("rooms_mention" in sql for sql in page()) == 1
