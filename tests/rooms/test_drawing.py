"""What is drawn from memory is what its template would have made: messages for whoever looks, rooms whatever they are called."""

from datetime import datetime
from typing import Any

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone, translation

from rooms.templatetags.drawing import Log, draw_rooms

ANA = {"id": 1, "handle": "ana", "name": "Ana <Berg>"}
BEN = {"id": 2, "handle": "ben", "name": "Ben", "avatar": "/avatars/2.webp"}
SAID: dict[str, Any] = {
    "seq": 7, "version": 9, "client_id": "x", "author": ANA, "body": "100 % <b>", "created_at": "2026-01-02T10:20:30.000Z",
    "edited_at": None, "deleted": False, "reply_to": None,
}  # fmt: skip
MESSAGES = {
    "plain": SAID,
    "formatted": {**SAID, "html": "<p><b>hi</b></p>"},
    "edited": {**SAID, "edited_at": "2026-01-02T10:21:30.000Z"},
    "deleted": {**SAID, "body": "", "html": "", "deleted": True},
    "quoting": {**SAID, "reply_to": {"seq": 3, "author": BEN, "excerpt": "what?"}},
    "with a reaction": {**SAID, "reactions": [{"emoji": "👍", "count": 1, "users": [ANA]}]},
    "mentioning Ben": {**SAID, "mentions": {"room": False, "users": [2]}},
    "with answers": {**SAID, "answers": {"count": 2, "users": [BEN], "last_at": "2026-01-02T11:20:30.000Z"}},
    "pinned": {**SAID, "pinned_at": "2026-01-02T11:20:30.000Z", "pinned_by": BEN},
    "of Ben's": {**SAID, "author": BEN},
}
ROOM = {"slug": "lobby", "threads": []}
NEWS = {**ROOM, "threads": [{"seq": 7, "unread": 3, "mentions": 1, "following": True, "last_read_seq": 0}]}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_message_is_what_its_template_makes_of_it_for_whoever_looks(message: dict[str, Any]) -> None:
    def drawn() -> str:
        return Log(Context({"me": me, "room": room, "saved": saved})).draw(message, first, root_seq)

    for language in ("en", "ar"):
        with translation.override(language), timezone.override("Asia/Tokyo" if language == "ar" else "UTC"):
            for me in (ANA, BEN):
                for room, saved, first, root_seq in (
                    (ROOM, [], True, None),
                    (NEWS, [7], False, 7),
                    (ROOM, [7], False, 3),
                    (ROOM, [], False, 3),
                ):
                    context = {
                        "me": me,
                        "room": room,
                        "saved": saved,
                        "message": message,
                        "first": first,
                        "root_seq": root_seq,
                    }
                    plain = render_to_string("rooms/_message.html", context)
                    assert drawn() == plain, "drawn anew"
                    assert drawn() == plain, "from memory"


def test_a_log_is_its_messages_with_the_lines_between() -> None:
    days = ["2026-01-02T23:59:00.000Z", "2026-01-03T00:01:00.000Z", "2026-01-03T00:02:00.000Z"]
    log = [{**SAID, "seq": n, "created_at": day} for n, day in enumerate(days, 7)]
    context = {"me": BEN, "room": ROOM, "saved": []}
    drawn = Template("{% load drawing %}{% draw_log log 9 %}").render(Context({**context, "log": log}))
    day, new = (
        render_to_string(f"rooms/_{name}.html", {"day": datetime.fromisoformat(days[1])}) for name in ("day", "new")
    )
    second, third = (
        render_to_string("rooms/_message.html", {**context, "message": each, "first": True}) for each in log[1:]
    )
    assert "".join(drawn.split()).endswith("".join((day + second + new + third).split()))
    assert drawn.count('class="day"') == 2 and drawn.count("<article") == 3


def test_rooms_are_what_their_template_makes_of_them() -> None:
    common = {"archived": False, "involvement": "everything", "kind": "open", "unread": 0, "mentions": 0}
    rooms = [
        {**common, "slug": "lobby", "name": "Lobby"},
        {**common, "slug": "half", "name": "50 % <off> & more", "unread": 1234},
        {**common, "slug": "odd", "name": "mark-of-slug %(name)s", "unread": 3, "mentions": 2, "kind": "closed"},
        {**common, "slug": "old", "name": "Old", "archived": True, "involvement": "nothing"},
    ]
    for language in ("en", "de", "ar"):
        with translation.override(language):
            for current in ("half", ""):
                plain = [
                    render_to_string("rooms/_room_item.html", {"item": room, "current": current}) for room in rooms * 2
                ]
                assert draw_rooms(rooms * 2, current) == "".join(plain)


def test_what_is_unchanging_knows_nobody_and_speaks_each_language() -> None:
    told = Template("{% load i18n drawing %}{% unchanging %}{{ me.name }}{% translate 'Rooms' %}{% endunchanging %}")
    for language, word in (("en", "Rooms"), ("de", "Räume"), ("en", "Rooms")):
        with translation.override(language):
            assert told.render(Context({"me": ANA})) == word


def test_data_for_scripts_cannot_end_its_element() -> None:
    told = Template("{% load drawing %}{{ log|json_data:'log-data' }}").render(
        Context({"log": [{"body": "</script>&<!--é"}]})
    )
    assert (
        told
        == '<script id="log-data" type="application/json">[{"body":"\\u003C/script\\u003E\\u0026\\u003C!--é"}]</script>'
    )
