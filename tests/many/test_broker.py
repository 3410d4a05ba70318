"""The broker goes away and comes back under load: posting goes on; nothing is lost, doubled or out of order for anybody, however simple a client."""

import json
import threading
from pathlib import Path

import psycopg
import pytest
import requests

from tests.support.people import PATIENCE, Client, Person
from tests.support.several import Redis, SeveralSite, serving_several

pytestmark = pytest.mark.server
AWAY = r"the broker is away|Redis does not answer|the broker does not answer|Cannot (publish to|receive from) redis"


class Talker(threading.Thread):
    """Somebody who posts, and now and then edits, until told to stop; everything is acknowledged."""

    def __init__(self, client: Client, room: str) -> None:
        super().__init__(daemon=True)
        self.client, self.room = client, room
        self.done = 0
        self.refused: list[object] = []
        self.acknowledged: dict[str, int] = {}  # seq by client_id
        self._news, self._over = threading.Condition(), threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.is_set():
            self.say()
            with self._news:
                self.done += 1
                self._news.notify_all()

    def say(self) -> None:
        """Post once."""
        answer = self.client.ask("message", {"room": self.room, "body": f"{self.done}"})
        if answer["ok"] and self.done % 5 == 0:
            seq = answer["message"]["seq"]
            answer = self.client.ask("edit", {"room": self.room, "seq": seq, "body": f"{self.done}, edited"})
        if not answer["ok"]:
            self.refused.append(answer)

    def more(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        with self._news:
            until = self.done + count
            assert self._news.wait_for(lambda: self.done >= until, PATIENCE), "posting does not go on"

    def stop(self) -> None:
        self._over.set()
        self.join(PATIENCE)
        assert not self.refused


def caught_up(client: Client, site: SeveralSite, room: str) -> None:
    """Wait until the client has heard the last change."""
    last = site.stored(room)["version"]
    with client._news:
        assert client._news.wait_for(
            lambda: any(each["version"] == last for each in client.all("message", room=room)), PATIENCE
        )


def check(client: Client, site: SeveralSite, room: str) -> None:
    """Whatever it heard came in order and once, and by itself makes up what is stored."""
    heard = client.all("message", room=room)
    versions = [each["version"] for each in heard]
    assert versions == sorted(set(versions))
    assert {m["seq"]: m for each in heard for m in [each["message"]]} == {
        m["seq"]: m for m in site.stored(room)["messages"]
    }


def test_redis_stopped_and_started_again_under_load(tmp_path: Path) -> None:
    limits = {"MESSAGE_BURST": 10**6, "EVENT_BURST": 10**6, "SYNC_LIMIT": 10**6}
    with Redis(tmp_path) as redis, serving_several(tmp_path, redis.url, **limits) as site:
        site.server.forgive(AWAY).__enter__()
        people = [site.person(f"p{n}") for n in range(4)]
        room, other = site.room(*people), site.room(*people)
        clients = [person.client() for person in people]
        for client in clients:
            client.hello()
        talkers = [Talker(client, room) for client in clients[:2]]
        for talker in talkers:
            talker.more(10)
        redis.stop()
        site.server.wait_for("the broker is away")
        for talker in talkers:
            talker.more(20)
        for port in site.server.ports:
            assert asked(port, "/healthz")["broker"] == "away"
            assert asked(port, "/readyz")["status"] == "ready", "it posts, and keeps its clients whole"
        leaves_unheard(people[3], site, other)
        redis.start()
        first = site.server.wait_for("^.*the broker is back.*$")[0]
        site.server.wait_for("the broker is back", since=site.server.lines.index(first) + 1)
        for port in site.server.ports:
            health = asked(port, "/healthz")
            assert (health["broker"], health["others"]) == ("up", 1)
        for talker in talkers:
            talker.more(10)
            talker.stop()
        for client in clients:
            caught_up(client, site, room)
            check(client, site, room)

        # What has no version is looked at anew: who left meanwhile, by the other process, hears nothing more.
        for client in clients:
            client.expect("hello")
        assert other not in [each["slug"] for each in clients[3].all("hello")[-1]["rooms"]]
        assert clients[0].ask("message", {"room": other, "body": "among ourselves"})["ok"]
        assert clients[1].expect("message", room=other)
        assert clients[0].ask("message", {"room": room, "body": "to all"})["ok"]
        clients[3].expect("message", room=room, version=site.stored(room)["version"])
        assert not clients[3].all("message", room=other)
        for client in clients:
            client.close()
        assert not site.server.trouble()


def test_who_has_not_met_the_broker_yet_serves_but_is_not_ready(tmp_path: Path) -> None:
    """Sent people by a proxy that asks, it would keep them from the others."""
    redis = Redis(tmp_path)
    with serving_several(tmp_path, redis.url, workers=1) as site:
        site.server.forgive(AWAY).__enter__()
        [port] = site.server.ports
        assert asked(port, "/healthz")["broker"] == "never met"
        ready = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE)
        assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
        ana = site.person("ana")
        room = site.room(ana)
        with ana.client() as client:
            assert client.ask("message", {"room": room, "body": "all alone"})["ok"]
            with redis:
                site.server.wait_for("the broker is back")
                assert asked(port, "/readyz")["status"] == "ready"
        assert not site.server.trouble()


def test_who_leaves_while_they_are_looked_at_holds_up_nobody(tmp_path: Path) -> None:
    settings = {"EXAMINE_EVERY": 3600, "LOG_FORMAT": "json"}
    with Redis(tmp_path) as redis, serving_several(tmp_path, redis.url, workers=1, **settings) as site:
        site.server.forgive(AWAY).__enter__()
        ana, bo = site.person("ana"), site.person("bo")
        room = site.room(ana, bo)
        with ana.client() as leaves, bo.client() as stays:
            leaves.hello()
            stays.hello()
            assert stays.ask("message", {"room": room, "body": "said by a socket"})["ok"]
            redis.stop()
            site.server.wait_for("the broker is away")
            with psycopg.connect(site.server.environment["DATABASE_URL"]) as own:
                own.execute("LOCK TABLE rooms_membership IN ACCESS EXCLUSIVE MODE")
                redis.start()
                told = json.loads(site.server.wait_for("^.*looking at 2 clients anew.*$")[0])
                assert "socket" not in told, "it is about none"
                leaves.close()
                stays.expect("leave", room=room, user=ana.brief)
            stays.hello()
            assert stays.ask("message", {"room": room, "body": "still here"})["ok"]
        assert not site.server.trouble()


def asked(port: int, path: str) -> dict[str, object]:
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE).json()  # type: ignore[no-any-return]


def leaves_unheard(person: Person, site: SeveralSite, room: str) -> None:
    """Somebody leaves a room in another process than that of their socket."""
    port = next(port for port in site.server.ports if not person.url.endswith(f":{port}"))
    elsewhere = Person(f"http://127.0.0.1:{port}", person.id, person.handle, person.name, person.session)
    assert elsewhere.post(f"/rooms/{room}/leave/").status_code == 302
