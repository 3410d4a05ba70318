"""docs/protocol.md says what the server does: every name is there, every example has the shape of what is really sent."""

import json
import re
from typing import Any

import pytest
from django.conf import settings

from rooms import errors, schemas
from rooms.realtime.events import Events
from tests.docs.blocks import PROTOCOL, ROOT, blocks
from tests.support.site import Site

TEXT = PROTOCOL.read_text()
EXAMPLES = [json.loads(text) for text in blocks(PROTOCOL, "json")]


def documented(type: str, number: int = 0) -> dict[str, Any]:
    """The example of a `data` type."""
    return [example for example in EXAMPLES if example.get("type") == type][number]


def shape(value: Any) -> Any:
    """Which fields there are, at every depth; of a list, those of its first element; of what is keyed by slug, those of one."""
    match value:
        case dict():
            return {("<slug>" if key.startswith("lobby") else key): shape(each) for key, each in value.items()}
        case list():
            return [shape(value[0])] if value else []
        case float() | int() if not isinstance(value, bool):
            return "number"
        case _:
            return type(value).__name__


@pytest.mark.parametrize(
    ("name", "language"), [("client.mjs", "js"), ("client.py", "py"), ("hello.mjs", "js"), ("hello.py", "py")]
)
def test_the_clients_are_shown_as_they_are(name: str, language: str) -> None:
    assert (ROOT / "docs/examples" / name).read_text() in blocks(PROTOCOL, language)


def test_every_event_has_its_section_with_its_fields() -> None:
    said = TEXT.partition("\n## What clients say\n")[2].partition("\n## The sync rule\n")[0]
    payloads = {
        "message": schemas.PostMessage, "edit": schemas.EditMessage, "delete": schemas.DeleteMessage,
        "react": schemas.React, "pin": schemas.Pin, "save": schemas.Save, "sync": schemas.Sync, "typing": schemas.Typing,
        "front": schemas.Front,
        "read": schemas.Read, "involve": schemas.Involve, "direct": schemas.Direct,
        "watch": schemas.Watch, "unread": schemas.Unread, "follow": schemas.Follow, "thread_read": schemas.ThreadRead,
        "kick": schemas.Kick, "mute": schemas.Mute, "unmute": schemas.Lift, "ban": schemas.Ban, "unban": schemas.Lift, "purge": schemas.Purge,
        "slow_mode": schemas.SlowMode, "report": schemas.Report,
    }  # fmt: skip
    assert payloads.keys() == Events(post=None, catch_up=None, watch=None)._handlers.keys()  # type: ignore[arg-type]
    for event, schema in payloads.items():
        section = said.partition(f"\n### `{event}`\n")[2].partition("\n### ")[0]
        missing = [field for field in schema.model_fields if not re.search(rf"[`{{ ]{field}\b", section)]
        assert not missing, f"{event}: {missing}"


def test_every_error_code_is_explained() -> None:
    codes = {errors.ChatError.code} | {kind.code for kind in errors.ChatError.__subclasses__()}
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) >= codes


def test_every_type_the_server_sends_has_its_section() -> None:
    sources = [path.read_text() for path in (ROOT / "rooms").rglob("*.py")]
    sent = {type for source in sources for type in re.findall(r'"type": "(\w+)"', source)} | {"join", "leave"}
    heard = TEXT.partition("\n## What the server says")[2].partition("\n## What clients say\n")[0]
    assert sent == set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^### (.*)$", heard, re.MULTILINE))))


BURSTS = [f"{kind}_BURST" for kind in ("MESSAGE", "EDIT", "REACTION", "TYPING", "JOIN", "UPLOAD", "EVENT")]


def test_the_limits_are_the_settings() -> None:
    for name in ("MAX_BODY", "PAGE_SIZE", "SYNC_LIMIT", "SYNC_RESET", "SOCKETS_PER_USER", *BURSTS):
        row = re.search(rf"^\|.*`{name}`.*$", TEXT, re.MULTILINE)
        assert row and re.search(rf"\| {getattr(settings, name):,}\b", row[0]), name


@pytest.mark.server
def test_the_examples_have_the_shape_of_what_is_sent(site: Site) -> None:
    ana, ben = site.person("ana"), site.person("ben")
    room = site.room(ana, ben, slug="lobby")
    with ben.client() as other, ana.client() as client:
        hello = client.hello()
        assert shape(hello) == shape(NOTHING_NEW)
        assert shape(client.expect("join")) == shape(documented("join"))
        first = client.ask("message", {"room": room, "body": "first"})
        assert shape({**first, "message": {}}) == shape({**EXAMPLE_ACK, "message": {}})
        client.ask("message", {"room": room, "body": "**second**", "reply_to": 1})
        client.expect("message", version=1)
        assert shape(client.expect("message", version=2)) == shape(documented("message"))
        client.ask("typing", {"room": room})
        assert shape(client.expect("typing")) == shape(documented("typing"))
        client.ask("front", {"room": room})
        assert shape(client.expect("front")) == shape(documented("front"))
        other.ask("message", {"room": room, "body": "third"})
        mark = client.ask("read", {"room": room, "seq": 3})
        assert shape(client.expect("read")) == shape(documented("read"))
        assert shape(mark) == shape(next(e for e in EXAMPLES if e.keys() == mark.keys()))
        assert shape(client.ask("message", {"room": room, "body": " " * 9 + "x" * 10_023})) == shape(
            refused("too_long")
        )
    with ana.client() as client:
        client.hello()
        ben.post(f"/rooms/{room}/leave/")
        client.expect("leave")
        ana.post(f"/rooms/{room}/leave/")
        gone = client.expect("room")
        assert shape(gone) == shape(documented("room", 1)), gone
        assert gone["reason"] == documented("room", 1)["reason"]
        ana.post(f"/rooms/{room}/join/")
        added = client.expect("room")
        assert shape(added) == shape(
            {
                "type": "",
                "room": "",
                **NOTHING_NEW["rooms"][0],
                "online": documented("hello")["online"]["lobby"],
            }
        )
    page = ana.get(f"/api/rooms/{room}/messages/").json()
    assert shape({**page, "messages": []}) == shape(next(e for e in EXAMPLES if "has_after" in e))


@pytest.mark.server
def test_the_examples_of_a_thread_have_the_shape_of_what_is_sent(site: Site) -> None:
    ana, ben = site.person("ana"), site.person("ben")
    room = site.room(ana, ben, slug="lobby")
    with ben.client() as other, ana.client() as client:
        client.ask("message", {"room": room, "body": "root"})
        other.ask("message", {"room": room, "body": "answer", "thread": 1})
        assert shape(client.expect("thread")) == shape(documented("thread"))
        with ana.client() as second:
            assert shape(second.hello()) == shape(documented("hello"))
        ack = client.ask("thread_read", {"room": room, "seq": 1, "upto": 2})
        assert shape(ack) == shape(next(example for example in EXAMPLES if example.keys() == ack.keys()))
        assert client.ask("follow", {"room": room, "seq": 1, "on": False}) == {**ack, "following": False}


@pytest.mark.server
def test_the_example_of_a_room_has_the_shape_of_what_is_sent(site: Site) -> None:
    ana, admin = site.person("ana"), site.admin()
    room = site.room(ana, slug="lobby")
    with ana.client() as client:
        client.hello()
        [page] = set(re.findall(r"/admin/rooms/room/\d+/change/", admin.get(f"/admin/rooms/room/?q={room}").text))
        form = {
            "name": "Renamed", "topic": "", "kind": "open",
            "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
        }  # fmt: skip
        assert admin.post(page, data=form).status_code == 302
        assert shape(client.expect("room")) == shape(documented("room", 0))


@pytest.mark.server
def test_the_examples_of_moderation_have_the_shape_of_what_is_sent(site: Site) -> None:
    ana, bo, admin = site.person("ana"), site.person("bo"), site.admin()
    room = site.room(bo, moderators=[ana])
    site.say(room, bo, "words")
    with ana.client() as client, admin.client() as staff:
        for event, payload in (
            ("mute", {"seconds": 60}), ("ban", {"seconds": 60, "reason": "rude"}), ("purge", {}),
        ):  # fmt: skip
            ack = client.ask(event, {"room": room, "user": bo.id, **payload})
            assert shape(ack) == shape(next(example for example in EXAMPLES if example.keys() == ack.keys())), event
        site.say(room, ana, "more")
        site.hand("admit", room=room, user=admin.id)
        staff.hello()
        assert staff.ask("report", {"room": room, "seq": 2, "reason": "odd"})["ok"]
        assert shape(staff.expect("reports")) == shape(documented("reports"))


@pytest.mark.server
def test_the_answers_of_sync_have_the_shape_of_the_example(site: Site) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    [example] = [e["rooms"] for e in EXAMPLES if isinstance(e.get("rooms"), dict)]
    with ana.client() as client:
        answers = client.ask("sync", {"rooms": {room: 0, "nope": 0}})["rooms"]
        assert answers[room].keys() == example["lobby"].keys()
        assert shape(answers["nope"]) == shape(example["not-mine"])
        ahead = client.ask("sync", {"rooms": {room: 9}})["rooms"][room]
        assert ahead.keys() == example["far-behind"].keys()


NOTHING_NEW = documented("hello") | {"rooms": [{**documented("hello")["rooms"][0], "threads": []}]}
EXAMPLE_ACK = next(example for example in EXAMPLES if example.keys() == {"ok", "room", "version", "message"})


def refused(code: str) -> dict[str, Any]:
    """The example of a refusal."""
    return next(example for example in EXAMPLES if example.get("error", {}).get("code") == code)
