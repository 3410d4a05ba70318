"""Strangers: each is refused with the code, and nothing of a room leaks to who is not in it, whichever way they ask."""

import json
from typing import Any

import pytest
import requests
import socketio
import websocket

from tests.support.people import PATIENCE, Client, Person, web
from tests.support.site import Site

pytestmark = pytest.mark.server
SECRET = "the merger is on"


def refused(site: Site, cookie: str) -> Any:
    """Try to connect with this cookie; return what the client was told."""
    client = Client(site.url, cookie)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect()
    assert client.heard == []
    return client.refusal


@pytest.fixture
def vault(site: Site, ana: Person) -> str:
    """A closed room of Ana's with three messages in it."""
    slug = site.room(ana, slug="vault", kind="closed", name="Merger", topic=SECRET)
    site.say(slug, ana, SECRET, SECRET, SECRET)
    return slug


no_session = pytest.mark.parametrize(
    "cookie", ["", "sessionid=", "sessionid=" + "f" * 32, "sessionid=\"'; drop", "csrftoken=x"]
)


@no_session
def test_who_has_no_session_is_refused(site: Site, cookie: str) -> None:
    refusal = refused(site, cookie)
    assert refusal["message"] == "forbidden"
    assert refusal["data"] == {"code": "forbidden", "message": "sign in first"}


@no_session
def test_who_has_no_session_is_refused_by_long_polling(site: Site, cookie: str) -> None:
    """Packet by packet: python-socketio's client may lose its own farewell here, and then waits for a ping."""
    address = f"{site.url}/socket.io/?EIO=4&transport=polling"
    with requests.Session() as http:
        http.headers["Cookie"] = cookie
        sid = json.loads(http.get(address, timeout=PATIENCE).text[1:])["sid"]
        assert http.post(f"{address}&sid={sid}", data="40", timeout=PATIENCE).text == "OK"
        answer = http.get(f"{address}&sid={sid}", timeout=PATIENCE).text
    assert answer.startswith("44")
    assert json.loads(answer[2:])["data"] == {"code": "forbidden", "message": "sign in first"}


def test_an_expired_session_is_refused(site: Site, ana: Person) -> None:
    stale = site.hand("session", user=ana.id, days=-1)
    assert refused(site, f"sessionid={stale}")["data"]["code"] == "forbidden"


def test_a_session_older_than_the_password_is_refused(site: Site, ana: Person) -> None:
    site.hand("change_person", user=ana.id, password="another")
    assert refused(site, ana.cookie)["data"]["code"] == "forbidden"


def test_who_is_not_active_is_refused(site: Site, ana: Person) -> None:
    site.hand("change_person", user=ana.id, is_active=False)
    assert refused(site, ana.cookie)["data"]["code"] == "forbidden"


def test_a_session_of_another_site_is_refused(site: Site, own_site: Any) -> None:
    elsewhere = own_site()
    stranger = elsewhere.person("stranger")
    assert refused(site, stranger.cookie)["data"]["code"] == "forbidden"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_another_origin_is_refused(site: Site, ana: Person, origin: str) -> None:
    address = f"{site.url}/socket.io/?EIO=4&transport="
    headers = {"Cookie": ana.cookie, "Origin": origin}
    assert requests.get(f"{address}polling", headers=headers, timeout=PATIENCE).status_code == 400
    with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
        websocket.create_connection(
            f"{address}websocket".replace("http:", "ws:"), cookie=ana.cookie, origin=origin, timeout=PATIENCE
        )
    assert refusal.value.status_code == 400


def test_an_event_before_the_connection_is_confirmed_does_nothing(site: Site, ana: Person, vault: str) -> None:
    """A client that skips the CONNECT packet, with a good cookie, is nobody."""
    socket = websocket.create_connection(
        f"{site.url}/socket.io/?EIO=4&transport=websocket".replace("http:", "ws:"), cookie=ana.cookie, timeout=PATIENCE
    )
    socket.recv()
    socket.send(f'42["message",{{"room":"{vault}","body":"too early"}}]')
    opcode, reason = socket.recv_data()
    assert (opcode, reason[:2]) == (websocket.ABNF.OPCODE_CLOSE, (1008).to_bytes(2))
    socket.close()
    assert site.stored(vault)["last_seq"] == 3


def test_a_room_one_is_not_in_looks_like_none_at_all(site: Site, ana: Person, bo: Person, vault: str) -> None:
    events = {
        "message": {"body": "hi"},
        "edit": {"seq": 1, "body": "hi"},
        "delete": {"seq": 1},
        "typing": {},
        "read": {"seq": 1},
    }
    with bo.client() as client:
        assert vault not in [room["slug"] for room in client.hello()["rooms"]]
        for event, payload in events.items():
            closed = client.ask(event, {"room": vault, **payload})
            none = client.ask(event, {"room": "no-such-room", **payload})
            assert closed == none
            assert closed["error"]["code"] == "not_found"
        answer = client.ask("sync", {"rooms": {vault: 0, "no-such-room": 0}})["rooms"]
        assert answer[vault] == answer["no-such-room"]
        assert answer[vault]["error"]["code"] == "not_found"
    assert site.stored(vault)["version"] == 3


def test_nothing_that_happens_in_a_room_is_heard_outside_it(site: Site, ana: Person, bo: Person, vault: str) -> None:
    with bo.client() as outside, ana.client() as inside:
        outside.hello()
        for event, payload in [
            ("message", {"body": SECRET, "client_id": "6f1c5f5e-8a51-4d57-9f6b-6a35fa6d8a01"}),
            ("edit", {"seq": 1, "body": f"{SECRET}!"}),
            ("delete", {"seq": 2}),
            ("typing", {}),
            ("read", {"seq": 3}),
        ]:
            assert inside.ask(event, {"room": vault, **payload})["ok"]
        outside.fence()
        assert [data["type"] for data in outside.heard] == ["hello"]
        reply = outside.ask(
            "message", {"room": vault, "body": "x", "client_id": "6f1c5f5e-8a51-4d57-9f6b-6a35fa6d8a01"}
        )
        assert reply["error"]["code"] == "not_found"


def test_pages_and_the_api_do_not_know_the_room(site: Site, ana: Person, bo: Person, vault: str) -> None:
    paths = ["", "?before=2", "?after=0", "?at=1", "people/", "people/?partial"]
    for path in paths:
        page = bo.get(f"/rooms/{vault}/{path}")
        assert page.status_code == 404 and SECRET not in page.text and "Merger" not in page.text
        assert page.text == bo.get(f"/rooms/{vault}-not/{path}").text.replace(f"{vault}-not", vault)
    for query in ["", "?before=2", "?after=0", "?around=1", "?before=x"]:
        answer = bo.get(f"/api/rooms/{vault}/messages/{query}")
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"
    posted = bo.post(f"/api/rooms/{vault}/messages/", json={"body": "hi"})
    assert posted.status_code == 404
    assert bo.post(f"/rooms/{vault}/read/").status_code == 404
    for page in (bo.get("/rooms/"), bo.post(f"/rooms/{vault}/join/", allow_redirects=True)):
        assert page.status_code == 200 and SECRET not in page.text and "Merger" not in page.text
    for action in ("join", "leave", "messages"):
        bo.post(f"/rooms/{vault}/{action}/", data={"body": "hi"})
    assert site.stored(vault)["version"] == 3
    assert bo.get(f"/api/rooms/{vault}/messages/").status_code == 404


def test_who_is_not_signed_in_reads_and_writes_nothing(site: Site, ana: Person, vault: str) -> None:
    nobody = web()
    for path in ("/", "/rooms/", f"/rooms/{vault}/", f"/rooms/{vault}/people/", "/admin/", "/admin/rooms/message/"):
        page = nobody.get(site.url + path, allow_redirects=False, timeout=PATIENCE)
        assert page.status_code == 302 and "/login/" in page.headers["Location"]
    for path in ("messages", "read", "join", "leave"):
        page = nobody.post(f"{site.url}/rooms/{vault}/{path}/", allow_redirects=False, timeout=PATIENCE)
        assert page.status_code == 302 and "/login/" in page.headers["Location"]
    for ask in (nobody.get, nobody.post):
        answer = ask(f"{site.url}/api/rooms/{vault}/messages/", timeout=PATIENCE)
        assert answer.status_code == 403 and answer.json()["error"]["code"] == "forbidden"


def test_a_form_without_its_token_changes_nothing(site: Site, ana: Person, vault: str) -> None:
    ana.web.headers.pop("X-CSRFToken")
    assert ana.post(f"/rooms/{vault}/messages/", data={"body": "hi"}).status_code == 403
    assert ana.post(f"/api/rooms/{vault}/messages/", json={"body": "hi"}).status_code == 403
    assert site.stored(vault)["last_seq"] == 3


def test_the_admin_is_for_staff(site: Site, ana: Person) -> None:
    for path in ("/admin/", "/admin/rooms/room/", "/admin/rooms/message/", "/admin/accounts/user/"):
        assert ana.get(path).status_code in (302, 403)
