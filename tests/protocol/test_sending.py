"""Nothing lost, nothing doubled, one order: what was acknowledged outlives `kill -9`, a retry is stored once, all see the same."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import socketio

from tests.support.people import PATIENCE, Client
from tests.support.site import Site

pytestmark = pytest.mark.server


def test_what_was_acknowledged_survives_a_kill_and_a_retry_is_stored_once(own_site: Callable[..., Site]) -> None:
    """Senders post without a pause; the server is killed in the middle; each sends again what was not acknowledged."""
    site = own_site(MESSAGE_BURST=1_000_000)
    people = [site.person(f"p{n}") for n in range(4)]
    room = site.room(*people)
    sent: list[str] = []
    acknowledged: dict[str, int] = {}
    enough = threading.Event()

    def send(client: Client, number: int) -> None:
        while True:
            client_id = str(uuid.uuid4())
            sent.append(client_id)
            try:
                answer = client.ask("message", {"room": room, "body": f"from {number}", "client_id": client_id})
            except socketio.exceptions.SocketIOError:
                return
            assert answer["ok"], answer
            acknowledged[client_id] = answer["message"]["seq"]
            if len(acknowledged) >= 200:
                enough.set()

    clients = [person.client() for person in people]
    threads = [threading.Thread(target=send, args=(client, n), daemon=True) for n, client in enumerate(clients)]
    for client in clients:
        client.hello()
    for thread in threads:
        thread.start()
    assert enough.wait(PATIENCE)
    site.server.kill()
    for client in clients:
        client.wait_for_end()
        client.close()
    site.server.start()

    before = site.stored(room)
    stored = {message["client_id"]: message["seq"] for message in before["messages"]}
    assert acknowledged.items() <= stored.items()
    with people[0].client() as client:
        client.hello()
        for client_id in list(acknowledged)[:5]:
            author = next(m["author"]["id"] for m in before["messages"] if m["client_id"] == client_id)
            if author == people[0].id:
                again = client.ask("message", {"room": room, "body": "again", "client_id": client_id})
                assert again["message"]["seq"] == acknowledged[client_id]
        assert client.ask("message", {"room": room, "body": "after"})["message"]["seq"] == before["last_seq"] + 1
    after = site.stored(room)
    assert [message["seq"] for message in after["messages"]] == list(range(1, before["last_seq"] + 2))
    assert before["messages"] == after["messages"][:-1]


def at_once(*ways: Callable[[], Any]) -> list[Any]:
    """What each of `ways` returns, all begun at the same moment."""
    with ThreadPoolExecutor(len(ways)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(way) for way in ways]]


def test_a_retry_that_races_its_original_from_another_connection_is_stored_once(site: Site) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    with ana.client() as first, ana.client() as second, bo.client() as watcher:
        watcher.hello()
        for _ in range(10):
            payload = {"room": room, "body": "once", "client_id": str(uuid.uuid4())}
            by_api = {name: payload[name] for name in ("body", "client_id")}
            answers = at_once(
                partial(first.ask, "message", payload),
                partial(second.ask, "message", payload),
                lambda by_api=by_api: ana.post(f"/api/rooms/{room}/messages/", json=by_api).json(),
            )
            assert len(answers) == 3 and all(answer == answers[0] for answer in answers), answers
        watcher.fence()
        assert [data["message"]["seq"] for data in watcher.all("message")] == list(range(1, 11))
    assert site.stored(room)["last_seq"] == 10


def test_all_members_see_one_order(site: Site) -> None:
    people = [site.person(f"p{n}") for n in range(5)]
    room = site.room(*people)
    clients = [
        person.client(transports) for person, transports in zip(people, [["websocket"], ["polling"]] * 3, strict=False)
    ]
    try:
        for client in clients:
            client.hello()
        threads = [
            threading.Thread(target=lambda c=client, n=n: [c.ask("message", {"room": room, "body": f"{n}.{k}"}) for k in range(20)])
            for n, client in enumerate(clients)
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        stored = [(m["seq"], m["body"]) for m in site.stored(room)["messages"]]
        assert len(stored) == 100
        for client in clients:
            client.expect("message", version=100)
            assert [(data["message"]["seq"], data["message"]["body"]) for data in client.all("message")] == stored
        for n in range(5):  # what one person sent stands in the order in which they sent it
            assert [body for _, body in stored if body.startswith(f"{n}.")] == [f"{n}.{k}" for k in range(20)]
    finally:
        for client in clients:
            client.close()


def test_who_was_away_catches_up_by_sync(site: Site) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    with ana.client() as a:
        with bo.client() as b:
            a.ask("message", {"room": room, "body": "one"})
            mine = b.expect("message")["version"]
        a.ask("message", {"room": room, "body": "two"})
        a.ask("edit", {"room": room, "seq": 1, "body": "won"})
        a.ask("delete", {"room": room, "seq": 2})
        with bo.client() as b:
            told = {r["slug"]: r for r in b.hello()["rooms"]}[room]
            assert (told["version"], told["unread"]) == (4, 1)
            answer = b.ask("sync", {"rooms": {room: mine}})["rooms"][room]
            assert [(m["seq"], m["version"], m["body"], m["deleted"]) for m in answer["messages"]] == [
                (1, 3, "won", False), (2, 4, "", True),
            ]  # fmt: skip
            assert answer["version"] == 4


def test_an_edit_and_a_deletion_are_heard_and_acknowledged_with_the_message(site: Site) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    with ana.client() as a, bo.client() as b:
        b.hello()
        said = a.ask("message", {"room": room, "body": "one", "reply_to": None})
        reply = b.ask("message", {"room": room, "body": "two", "reply_to": 1})
        assert reply["message"]["reply_to"] == {"seq": 1, "author": ana.brief, "excerpt": "one"}
        edited = a.ask("edit", {"room": room, "seq": 1, "body": "*won*"})
        assert edited["message"]["html"] == "<p><em>won</em></p>" and edited["version"] == 3
        assert b.expect("message", version=3)["message"] == edited["message"]
        assert (
            b.expect("message", version=4)["message"]["reply_to"]["excerpt"] == "*won*"
        )  # what quotes it is sent again
        assert edited["message"]["client_id"] == said["message"]["client_id"]
        assert b.ask("edit", {"room": room, "seq": 1, "body": "mine"})["error"]["code"] == "forbidden"
        assert b.ask("delete", {"room": room, "seq": 1})["error"]["code"] == "forbidden"
        gone = a.ask("delete", {"room": room, "seq": 1})
        assert b.expect("message", version=5)["message"] == gone["message"]
        assert b.expect("message", version=6)["message"]["reply_to"]["excerpt"] == ""
        assert (gone["message"]["deleted"], gone["message"]["body"]) == (True, "")
        assert b.ask("message", {"room": room, "body": "three", "reply_to": 1})["error"]["field"] == "reply_to"


def test_who_writes_long_texts_keeps_only_themselves_waiting(site: Site) -> None:
    """Each takes 75 ms to render: all that was said meanwhile was rendered in one turn, and stored together."""
    writers, other = [site.person(f"writer{n}") for n in range(20)], site.person("other")
    room, elsewhere = site.room(*writers), site.room(other)
    clients, quick = [person.client() for person in writers], other.client()
    for client in [*clients, quick]:
        client.hello()
    draft = {"room": room, "body": "- a\n" * 2_500}
    with ThreadPoolExecutor(len(clients)) as threads:
        asked = [threads.submit(client.ask, "message", draft) for client in clients]
        short = quick.ask("message", {"room": elsewhere, "body": "a short one"})["message"]
        long = [each.result()["message"] for each in asked]
    assert short["created_at"] < max(message["created_at"] for message in long)
    assert all(message["html"].count("<li>") == 2_500 for message in long)
    for client in [*clients, quick]:
        client.close()
