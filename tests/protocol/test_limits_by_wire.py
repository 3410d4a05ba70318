"""What a person and an address may do, tried by the wire: the code, the seconds to wait, and that others do not notice."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests
import socketio

from tests.support.people import PATIENCE, Client, Person
from tests.support.site import Site

pytestmark = pytest.mark.server


def limited(answer: Any) -> bool:
    """Whether it is a refusal for being too fast, which says for how long."""
    error = answer.get("error", {})
    return error.get("code") == "rate_limited" and 0 < error["retry_after"] <= 3600


def at(person: Person, address: str, claimed: str = "") -> Client:
    """Somebody connects through the proxy, from an address; `claimed`: what their browser says of it."""
    client = Client(person.url, person.cookie)
    forwarded = f"{claimed}, {address}" if claimed else address
    client.sio.connect(
        person.url,
        headers={"Cookie": person.cookie, "X-Forwarded-For": forwarded},
        transports=["websocket"],
        wait_timeout=PATIENCE,
    )
    client.hello()
    return client


def once_there_is_room(person: Person, address: str) -> Client:
    """The same, asking again until the server has seen somebody go."""
    for _ in range(1000):
        with suppress(socketio.exceptions.ConnectionError):
            return at(person, address)
    raise AssertionError("no room")


def test_each_kind_of_doing_has_its_own_limit(own_site: Callable[..., Site]) -> None:
    kinds = ("MESSAGE", "EDIT", "REACTION", "TYPING", "JOIN", "UPLOAD")
    site = own_site(**{f"{kind}_BURST": 2 for kind in kinds}, **{f"{kind}_RATE": 0.001 for kind in kinds})
    ana, bo = site.person("ana"), site.person("bo")
    room, halls = site.room(ana, bo), [site.room() for _ in range(3)]
    site.say(room, ana, "one", "two", "three")
    acts: dict[str, Callable[[int], dict[str, Any]]] = {
        "message": lambda n: {"body": "again"}, "edit": lambda n: {"seq": 1, "body": f"edited {n}"},
        "react": lambda n: {"seq": 1, "emoji": "👍", "on": n % 2 == 0}, "typing": lambda n: {},
    }  # fmt: skip
    with ana.client() as a, bo.client() as b:
        for event, payload in acts.items():
            answers = [a.ask(event, {"room": room, **payload(n)}) for n in range(3)]
            assert [answer["ok"] for answer in answers] == [True, True, False], (event, answers)
            assert limited(answers[-1])
            if event != "edit":
                assert b.ask(event, {"room": room, **payload(0)})["ok"]
        assert a.ask("read", {"room": room, "seq": 1})["ok"]  # has a limit of its own
    files = [ana.post(f"/api/rooms/{room}/attachments/", files={"file": ("a.txt", b"a")}) for _ in range(3)]
    assert [answer.status_code for answer in files] == [200, 200, 429]
    assert limited(files[-1].json()) and int(files[-1].headers["Retry-After"]) > 1
    for hall in halls[:2]:
        assert ana.post(f"/rooms/{hall}/join/").headers["Location"] == f"/rooms/{hall}/"
    page = ana.post(f"/rooms/{halls[2]}/join/", allow_redirects=True)
    assert "Too many at once: wait a little." in page.text and page.url.endswith("/rooms/")
    assert bo.post(f"/rooms/{halls[2]}/join/").headers["Location"] == f"/rooms/{halls[2]}/"


def test_an_address_has_so_many_sockets_and_doings_and_a_person_so_many_sockets(own_site: Callable[..., Site]) -> None:
    site = own_site(
        TRUSTED_PROXIES=1,
        SOCKETS_PER_USER=2,
        CONNECTIONS_PER_ADDRESS=3,
        ADDRESS_PEOPLE=2,
        MESSAGE_BURST=4,
        MESSAGE_RATE=0.001,
    )
    people = [site.person() for _ in range(4)]
    ana, bo, cy, di = people
    room = site.room(*people)
    tabs = [at(ana, "198.51.100.1"), at(ana, "198.51.100.2")]
    with pytest.raises(socketio.exceptions.ConnectionError):
        at(ana, "198.51.100.3")
    refused = Client(site.url, ana.cookie)
    with pytest.raises(socketio.exceptions.ConnectionError):
        refused.connect()
    assert refused.refusal["data"]["code"] == "rate_limited" and refused.refusal["data"]["retry_after"] > 0
    tabs.pop().close()
    tabs.append(once_there_is_room(ana, "198.51.100.1"))  # a closed tab makes room for another
    tabs.append(at(bo, "198.51.100.1"))
    with site.server.forgive("3 sockets from 198.51.100.1"):
        headers = {"X-Forwarded-For": "203.0.113.5, 198.51.100.1"}
        full = requests.get(f"{site.url}/socket.io/?EIO=4&transport=polling", headers=headers, timeout=PATIENCE)
        assert full.status_code == 503 and full.headers["Retry-After"] == "5"
        site.server.wait_for("3 sockets from 198.51.100.1, no more are let in")
        other = at(cy, "198.51.100.9", claimed="198.51.100.1")
        for client in (tabs[0], tabs[2]):
            assert [client.ask("message", {"room": room, "body": "x"})["ok"] for _ in range(4)] == [True] * 4
        tabs.pop(1).close()
        last = once_there_is_room(di, "198.51.100.1")
        assert limited(last.ask("message", {"room": room, "body": "x"}))  # the address has had what two people have
        assert other.ask("message", {"room": room, "body": "x"})["ok"]
    for client in (*tabs, other, last):
        client.close()
