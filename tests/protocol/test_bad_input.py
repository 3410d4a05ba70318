"""Bad input: each gets its code, the connection stays, nobody else notices, and the log has one line, not a traceback."""

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import websocket

from tests.support.people import PATIENCE, Client, Person
from tests.support.site import Site

pytestmark = pytest.mark.server
ID = "6f1c5f5e-8a51-4d57-9f6b-6a35fa6d8a01"


class Wire:
    """A WebSocket that sends what no library would; answers are found by their number."""

    def __init__(self, person: Person) -> None:
        address = f"{person.url}/socket.io/?EIO=4&transport=websocket".replace("http:", "ws:")
        self.socket = websocket.create_connection(address, cookie=person.cookie, timeout=PATIENCE)
        self.number = 0
        self.socket.send("40")

    def send(self, text: str) -> None:
        """Send the text of an Engine.IO packet as it is."""
        self.socket.send(text)

    def ask(self, event: str, *args: Any) -> Any:
        """Emit an event in plain JSON, lone surrogates and all; return its acknowledgement."""
        self.number += 1
        self.send(f"42{self.number}{json.dumps([event, *args])}")
        return self.answer(self.number)

    def answer(self, number: int) -> Any:
        """Wait for the acknowledgement with this number."""
        prefix = f"43{number}["
        while not (text := self.socket.recv()).startswith(prefix):
            if text == "2":
                self.send("3")
        return json.loads(text[len(prefix) - 1 :])[0]


@pytest.fixture
def room(site: Site, ana: Person, bo: Person) -> str:
    return site.room(ana, bo)


@pytest.fixture
def wire(ana: Person) -> Iterator[Wire]:
    """Ana's connection, which must outlive the test."""
    wire = Wire(ana)
    yield wire
    assert "ok" in wire.ask("sync", {"rooms": {}}), "the connection did not stay"  # perhaps rate_limited
    wire.socket.close()


@pytest.fixture
def neighbour(site: Site, bo: Person, room: str, ana: Person) -> Iterator[Client]:
    """Bo, in the same room, who must notice nothing but Ana's coming and going."""
    with bo.client() as client:
        client.hello()
        yield client
        client.fence()
        noticed = [data for data in client.heard if data["type"] not in ("hello", "join", "leave")]
        assert noticed == []
    assert site.stored(room)["version"] == 0


def bodies() -> dict[str, tuple[Any, str]]:
    return {
        "empty": ("", "invalid"),
        "blanks": (" \t\r\n \u00a0\u2003 ", "invalid"),
        "too long": ("x" * 10_001, "too_long"),
        "too long in astral characters": ("\U0001f600" * 10_001, "too_long"),
        "a number": (7, "invalid"),
        "null": (None, "invalid"),
        "a list": (["hi"], "invalid"),
        "an object": ({"body": "hi"}, "invalid"),
        "true": (True, "invalid"),
        "NUL": ("a\0b", "invalid"),
        "lone surrogate": ("a\ud800b", "invalid"),
        "lone low surrogate": ("\udc00", "invalid"),
    }


@pytest.mark.parametrize("name", bodies())
def test_a_bad_body_is_refused(wire: Wire, neighbour: Client, room: str, name: str) -> None:
    body, code = bodies()[name]
    answers = [
        wire.ask("message", {"room": room, "body": body}),
        wire.ask("message", {"room": room, "body": body, "client_id": ID, "reply_to": 1}),
    ]
    for answer in answers:
        assert answer["ok"] is False and answer["error"]["code"] == code
        assert answer["error"]["field"] == "body" and answer["error"]["message"].startswith("body: ")


@pytest.mark.parametrize("name", bodies())
def test_an_edit_to_a_bad_body_is_refused(wire: Wire, room: str, name: str) -> None:
    body, code = bodies()[name]
    said = wire.ask("message", {"room": room, "body": "as it was"})
    error = wire.ask("edit", {"room": room, "seq": said["message"]["seq"], "body": body})["error"]
    assert (error["code"], error["field"]) == (code, "body")
    assert wire.ask("sync", {"rooms": {room: 0}})["rooms"][room]["version"] == said["version"]


def test_the_refusal_of_a_long_body_names_the_bound(wire: Wire, neighbour: Client, room: str) -> None:
    error = wire.ask("message", {"room": room, "body": "x" * 12_031})["error"]
    assert error["message"] == "body: 12,031 characters, at most 10,000"


def test_a_bad_plain_string_is_refused(wire: Wire, neighbour: Client) -> None:
    codes = [wire.ask("message", body)["error"]["code"] for body in ("", "  ", "a\0", "\ud800", "x" * 10_001)]
    assert codes == ["invalid"] * 4 + ["too_long"]


@pytest.mark.parametrize("payload", [None, 7, 1.5, True, [], ["lobby"], {}], ids=repr)
@pytest.mark.parametrize("event", ["message", "edit", "delete", "sync", "typing", "read"])
def test_a_payload_that_is_not_the_object_it_should_be_is_refused(
    wire: Wire, neighbour: Client, event: str, payload: Any
) -> None:
    answer = wire.ask(event, payload)
    assert answer["ok"] is False and answer["error"]["code"] == "invalid"


@pytest.mark.parametrize("args", [(), ({"room": "lobby", "body": "x"}, 2), ("a", "b", "c")], ids=repr)
def test_the_wrong_number_of_arguments_is_refused(wire: Wire, neighbour: Client, args: tuple[Any, ...]) -> None:
    assert wire.ask("message", *args)["error"] == {
        "code": "invalid", "field": "payload", "message": f"payload: {len(args)} arguments, exactly 1 expected",
    }  # fmt: skip


def test_what_is_unknown_is_refused(wire: Wire, neighbour: Client, room: str) -> None:
    assert wire.ask("message", {"room": "no-such-room", "body": "hi"})["error"]["code"] == "not_found"
    assert wire.ask("edit", {"room": room, "seq": 99, "body": "hi"})["error"]["code"] == "not_found"
    assert wire.ask("delete", {"room": room, "seq": 99})["error"]["code"] == "not_found"
    for event in ("shout", "", "data", "hello", "__init__", "message ", "\ud800", "x" * 5_000):
        assert wire.ask(event, {})["error"]["code"] == "invalid"
    for event, payload in [
        ("message", {"room": room, "body": "hi", "colour": "red"}),
        ("message", {"room": room, "body": "hi", "author": 1}),
        ("message", {"room": room, "body": "hi", "\ud800": 1}),
        ("read", {"room": room, "seq": 0, "user": 1}),
        ("sync", {"rooms": {}, "since": 1}),
    ]:
        assert wire.ask(event, payload)["error"]["code"] == "invalid"


def test_nothing_is_answered_across_rooms(site: Site, wire: Wire, ana: Person, neighbour: Client, room: str) -> None:
    """Numbers are a room's own: what has this number in another room, where one is too, is neither quoted nor answered, nor is its file sent."""
    other = site.room(ana)
    site.say(other, ana, "one", "two")
    file = ana.attach(other, "plan.txt", b"plan")
    for more in ({"reply_to": 2}, {"thread": 2}, {"attachments": [file]}):
        error = wire.ask("message", {"room": room, "body": "about that", **more})["error"]
        assert (error["code"], error["field"]) == ("not_found", *more)
    for event in ("edit", "delete", "react", "pin", "save", "unread", "follow"):
        fields = {"edit": {"body": "x"}, "react": {"emoji": "👍"}}.get(event, {})
        assert wire.ask(event, {"room": room, "seq": 2, **fields})["error"]["code"] == "not_found"


FIELDS: list[tuple[str, str, Any]] = [
    ("message", "room", 7), ("message", "room", None), ("message", "room", ""), ("message", "room", "x" * 65), ("message", "room", "a\0b"),
    ("message", "room", "\ud800"), ("message", "client_id", 7), ("message", "client_id", "not-a-uuid"), ("message", "client_id", ""),
    ("message", "client_id", None), ("message", "reply_to", "1"), ("message", "reply_to", 0), ("message", "reply_to", -1),
    ("message", "reply_to", 1.5), ("message", "reply_to", True), ("message", "reply_to", 2**63), ("message", "reply_to", 10**30),
    ("edit", "seq", "1"), ("edit", "seq", None), ("edit", "seq", 0), ("edit", "seq", 2**64), ("delete", "seq", [1]),
    ("delete", "reason", 7), ("delete", "reason", "x" * 251), ("delete", "reason", "\0"), ("typing", "room", 7), ("read", "seq", "1"),
    ("read", "seq", -1), ("read", "seq", 10**30), ("read", "seq", 1e300), ("sync", "rooms", []), ("sync", "rooms", None),
    ("sync", "rooms", {"lobby": "0"}), ("sync", "rooms", {"lobby": -1}), ("sync", "rooms", {"lobby": None}),
    ("sync", "rooms", {"": 0}), ("sync", "rooms", {str(n): 0 for n in range(101)}), ("sync", "rooms", {"\ud800": 0}),
    ("sync", "rooms", {"a\0b": 0}),
    ("mute", "user", 0), ("mute", "user", "1"), ("mute", "user", None), ("mute", "user", 10**30), ("mute", "seconds", 59), ("mute", "seconds", -1),
    ("mute", "seconds", None), ("mute", "seconds", 3_093_527_980_800), ("mute", "seconds", "60"), ("mute", "seconds", 60.5),
    ("mute", "reason", "x" * 251), ("mute", "reason", "a\0"), ("ban", "reason", ""), ("ban", "reason", " \n "), ("ban", "reason", "\ud800"),
    ("ban", "seconds", 0), ("kick", "reason", 7), ("purge", "user", True), ("slow_mode", "seconds", -1), ("slow_mode", "seconds", 21_601),
    ("report", "reason", ""), ("report", "reason", "x" * 251), ("report", "seq", 0),
]  # fmt: skip


@pytest.mark.parametrize(("event", "field", "value"), FIELDS)
def test_a_field_of_the_wrong_kind_is_refused(
    wire: Wire, neighbour: Client, room: str, event: str, field: str, value: Any
) -> None:
    right = {
        "message": {"room": room, "body": "hi"}, "edit": {"room": room, "seq": 1, "body": "hi"},
        "delete": {"room": room, "seq": 1}, "typing": {"room": room}, "read": {"room": room, "seq": 0}, "sync": {"rooms": {}},
        "mute": {"room": room, "user": 1, "seconds": 60}, "ban": {"room": room, "user": 1, "reason": "x"}, "kick": {"room": room, "user": 1},
        "purge": {"room": room, "user": 1}, "slow_mode": {"room": room, "seconds": 0}, "report": {"room": room, "seq": 1, "reason": "x"},
    }  # fmt: skip
    answer = wire.ask(event, {**right[event], field: value})
    if event == "sync" and answer["ok"]:  # a name that no room can have
        assert [room["error"]["code"] for room in answer["rooms"].values()] == ["not_found"]
    else:
        assert answer["ok"] is False and answer["error"]["code"] == "invalid"
        assert answer["error"]["field"].startswith(field)


def test_deep_and_wide_payloads_are_refused(wire: Wire, neighbour: Client, room: str) -> None:
    wire.send('421["message",' + "[" * 500 + "]" * 500 + "]")
    assert wire.answer(1)["error"]["code"] == "invalid"
    assert wire.ask("message", {str(n): n for n in range(5_000)})["error"]["code"] == "invalid"


def test_an_event_that_asks_for_no_answer_is_ignored(wire: Wire, neighbour: Client, room: str) -> None:
    for event in ("shout", "message", "typing", "read"):
        wire.send(f'42["{event}",{{"nonsense":1}}]')
    assert wire.ask("read", {"room": room, "seq": 0})["ok"]


PACKETS = [
    "4",
    "9",
    "49",
    "42",
    "42[]",
    "42[1]",
    "42{}",
    "42not json",
    '42["disconnect"]',
    "45-1[]",
    "451-[]",
    "43",
    "4/nowhere,",
    "\0",
    "🙂",
]


@pytest.mark.parametrize("packet", PACKETS)
def test_what_is_no_packet_ends_that_connection_alone(ana: Person, neighbour: Client, packet: str) -> None:
    wire = Wire(ana)
    wire.send(packet)
    with pytest.raises(websocket.WebSocketException):
        while True:
            opcode, _ = wire.socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                raise websocket.WebSocketConnectionClosedException
    with ana.client() as again:
        assert again.hello()


def test_a_frame_over_the_bound_ends_that_connection_alone(site: Site, ana: Person, neighbour: Client) -> None:
    wire = Wire(ana)
    with pytest.raises((websocket.WebSocketException, OSError)):
        wire.send("42" + "x" * 5_000_000)
        while wire.socket.recv_data()[0] != websocket.ABNF.OPCODE_CLOSE:
            pass
        raise websocket.WebSocketConnectionClosedException


def test_a_flood_is_answered_with_rate_limited_and_nobody_else_notices(
    site: Site, wire: Wire, ana: Person, bo: Person, room: str
) -> None:
    """Far more events than the bucket holds, as fast as they can be sent, on one connection."""
    begun = len(site.server.lines)
    with bo.client() as client:
        client.hello()
        count = 20_000
        for burst in range(0, count, 500):
            for n in range(burst, burst + 500):
                wire.send(
                    f'42["typing",{{"room":"{room}","n":{n}}}]'
                    if n % 2
                    else f'42["message",{{"room":"{room}","body":""}}]'
                )
            assert client.ask("read", {"room": room, "seq": 0})["ok"]  # the neighbour is served all the while
        for _ in range(500):  # on a busy machine the bucket has filled a little while the neighbour was waited for
            wire.send(f'42["message",{{"room":"{room}","body":""}}]')
        refusal = wire.ask("message", {"room": room, "body": "one more"})["error"]
        assert refusal["code"] == "rate_limited" and 0 < refusal["retry_after"] <= 60
        said = client.ask("message", {"room": room, "body": "all quiet here"})
        assert said["ok"]
        client.expect("message", version=said["version"])
        assert client.all("typing") == []
    assert len(site.server.lines) - begun < 20


def test_two_people_do_not_share_a_limit(site: Site, wire: Wire, bo: Person, room: str) -> None:
    codes = [wire.ask("message", {"room": room, "body": "x"}).get("error", {}).get("code") for _ in range(150)]
    assert codes[:60] == [None] * 60 and codes[-1] == "rate_limited"
    with bo.client() as client:
        assert client.ask("message", {"room": room, "body": "x"})["ok"]


API_BODIES = [
    b"",
    b"{",
    b"[]",
    b"7",
    b"null",
    b'"hi"',
    b"\xff\xfe",
    b'{"body":7}',
    b'{"body":"\\ud800"}',
    b'{"body":"x","reply_to":"1"}',
]


@pytest.mark.parametrize("body", API_BODIES)
def test_the_api_refuses_the_same(site: Site, ana: Person, neighbour: Client, room: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = ana.post(f"/api/rooms/{room}/messages/", data=body, headers=headers)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize("path", ["rooms/{room}/messages/", "preview/", "direct/"])
def test_a_form_with_parts_is_no_json(site: Site, ana: Person, neighbour: Client, room: str, path: str) -> None:
    """Django has read its parts before we are asked, in search of the token, and the body is gone."""
    answer = ana.post(f"/api/{path.format(room=room)}", files={"file": ("a.txt", b"hi")}, data={"body": "hi"})
    assert answer.status_code == 400 and answer.json()["error"]["field"] == "payload"


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "99999999999999999999", "1e3", "%00", "٣", ""])
def test_page_numbers_that_are_none(site: Site, ana: Person, neighbour: Client, room: str, number: str) -> None:
    for name in ("before", "after", "around"):
        answer = ana.get(f"/api/rooms/{room}/messages/?{name}={number}")
        assert answer.status_code == 400 and answer.json()["error"]["field"] == name
    for name in ("before", "after", "at"):
        assert ana.get(f"/rooms/{room}/?{name}={number}").status_code == 302


def test_pages_beyond_either_end_are_empty(site: Site, ana: Person, neighbour: Client, room: str) -> None:
    for query in ("before=0", "before=1", "after=9007199254740991", "around=9007199254740991", "around=0"):
        answer = ana.get(f"/api/rooms/{room}/messages/?{query}")
        assert answer.status_code == 200 and answer.json()["messages"] == []
    assert ana.get(f"/api/rooms/{room}/messages/?before=1&after=1").status_code == 400


def test_a_plain_form_is_refused_in_words(site: Site, ana: Person, neighbour: Client, room: str) -> None:
    for data in ({}, {"body": " "}, {"body": "x" * 10_001}, {"body": "a\0b"}, {"body": "hi", "client_id": "no"}):
        page = ana.post(f"/rooms/{room}/messages/", data=data)
        assert page.status_code == 200 and "notice-error" in page.text
    assert ana.post("/rooms/no-such-room/messages/", data={"body": "hi"}).status_code == 404
    huge = ana.post(f"/rooms/{room}/messages/", data={"body": "x" * 1_100_000})
    assert huge.status_code in (302, 400, 413)


def test_a_form_that_is_cut_off_on_its_way_is_not_half_a_message(site: Site, ana: Person, room: str) -> None:
    """A tab that is closed in the middle of it, a network that goes: what came is not taken for all that was said."""
    whole = ana.web.prepare_request(
        requests.Request("POST", f"{site.url}/rooms/{room}/messages/", data={"body": "word " * 1_000})
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", **whole.headers}.items())
    assert isinstance(whole.body, str)
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=PATIENCE) as sock:
        sock.sendall(f"POST {whole.path_url} HTTP/1.1\r\n{head}\r\n{whole.body[:3_000]}".encode())
        sock.shutdown(socket.SHUT_WR)
        with suppress(
            ConnectionResetError
        ):  # who has hung up while they waited for their turn is seen off without an answer
            assert sock.recv(65_536).split()[1] in (b"200", b"400")  # the page again, without what was not all there
    assert site.stored(room)["last_seq"] == 0


def test_a_foreign_host_is_a_line_in_the_log(site: Site, ana: Person) -> None:
    begun = len(site.server.lines)
    assert ana.get("/", headers={"Host": "evil.example"}).status_code == 400
    site.server.wait_for("GET / .* 400", since=begun)
    told = [line for line in site.server.lines[begun:] if "evil.example" in line or " 400 " in line]
    assert len(told) == 2 and not any("Traceback" in line for line in site.server.lines[begun:])


def test_what_is_asked_for_does_nothing_to_the_terminal_of_who_reads_the_log(site: Site) -> None:
    begun = len(site.server.lines)
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=PATIENCE) as sock:
        sock.sendall(b"GET /\x1b[2J\x9b2J HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: \x1b[31m\r\n\r\n")
        assert b" 404 " in sock.recv(65_536)
    line = site.server.wait_for(r"GET /.*2J HTTP", since=begun).string
    assert r"/\x1b[2J\x9b2J " in line and line.isprintable()


def test_bad_long_polling_requests(site: Site, ana: Person) -> None:
    address = f"{site.url}/socket.io/"
    for query in ("", "?EIO=3&transport=polling", "?EIO=4&transport=pigeon", "?EIO=4&transport=polling&sid=nobody"):
        answer = requests.get(address + query, headers={"Cookie": ana.cookie}, timeout=PATIENCE)
        assert answer.status_code == 400
    sid = json.loads(requests.get(f"{address}?EIO=4&transport=polling", timeout=PATIENCE).text[1:])["sid"]
    answer = requests.post(f"{address}?EIO=4&transport=polling&sid={sid}", data=b"\xff" * 300_000, timeout=PATIENCE)
    assert answer.status_code == 400
    assert requests.put(address, timeout=PATIENCE).status_code in (400, 405)


def test_a_client_id_of_somebody_else_gives_nothing_away(site: Site, ana: Person, bo: Person) -> None:
    """The id is the author's own: the same one from another person is another message."""
    mine, key = site.room(ana, kind="closed"), str(uuid.uuid4())
    shared = site.room(ana, bo)
    with ana.client() as a, bo.client() as b:
        assert a.ask("message", {"room": mine, "body": "secret", "client_id": key})["ok"]
        other = b.ask("message", {"room": shared, "body": "hi", "client_id": key})
        assert other["ok"] and other["message"]["body"] == "hi"
        twice = a.ask("message", {"room": shared, "body": "hi", "client_id": key})
        assert twice["error"]["code"] == "invalid" and twice["error"]["field"] == "client_id"
