"""The nginx site as it is shipped, in front of two workers: TLS, WebSockets, long-polling that sticks to its worker, files, a worker that dies."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import urllib3

from rooms.serving import SAFETY
from tests.many.test_workers import workers_of
from tests.support.nginx import Nginx
from tests.support.people import PATIENCE, POLLING, UPGRADE, WEBSOCKET, Client, Person
from tests.support.several import serving_several
from tests.support.tls import trusting

pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),  # the certificate is our own
]


def behind(person: Person, port: int) -> Person:
    """Somebody who comes by nginx."""
    moved = Person(f"https://127.0.0.1:{port}", person.id, person.handle, person.name, person.session)
    moved.web.verify = moved.web.trust_env = False
    moved.web.headers["Referer"] = moved.url + "/"
    for name, value in list(moved.web.cookies.items()):  # as they are called behind TLS
        moved.web.cookies.set(f"__Host-{name}", value, domain="127.0.0.1")
    return moved


def joined(person: Person, transports: list[str]) -> Client:
    client = Client(person.url, f"__Host-{person.cookie}", transports)
    client.sio.eio.ssl_verify = False
    client.sio.eio.http = requests.Session()
    # Else a bundle of certificates that is named in the environment has its way.
    client.sio.eio.http.verify = client.sio.eio.http.trust_env = False
    client.sio.eio.websocket_extra_options = {"sslopt": {"context": trusting()}}
    return client.connect()


def sockets(port: int) -> float:
    """How many clients a worker has, by its own word."""
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE).text
    return float(re.search(r"^chatsite_sockets (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]


def test_the_shipped_site_before_two_workers(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("nginx")
    settings = {"BEHIND_TLS": True, "ALLOWED_HOSTS": "127.0.0.1", "ACCEL_REDIRECT": "/media/", "LOG_FORMAT": "json"}
    with serving_several(tmp_path, **settings) as site, Nginx(home, tmp_path / "media", site.server.ports) as front:
        people = [behind(site.person(f"p{n}"), front.port) for n in range(24)]
        room = site.room(*people)
        led = requests.get(f"http://127.0.0.1:{front.plain_port}/rooms/", timeout=PATIENCE, allow_redirects=False)
        assert (led.status_code, led.headers["Location"]) == (301, "https://127.0.0.1/rooms/")

        clients = talking(people, room, lambda: all(sockets(port) for port in site.server.ports))
        check_files(people[:6], room)
        page = people[0].get(f"/rooms/{room}/")
        assert page.status_code == 200 and "max-age" in page.headers["Strict-Transport-Security"]
        assert page.headers["X-Request-ID"]
        for path in ("/metrics", "/readyz", "/media/"):
            assert people[0].get(path).status_code == 404

        # A worker dies: its people are served by the other, at once.
        with site.server.forgive("ended with -9"), site.server.forgive("Invalid session"):  # of the dead one
            dead = site.server.ports[0]
            os.kill(workers_of(site.server)[dead], signal.SIGKILL)
            come_back(people[:6], room, len(clients))
        for client in clients:
            if client.sio.connected:
                client.close()
        assert not site.server.trouble()


def talking(people: list[Person], room: str, are_everywhere: Callable[[], bool]) -> list[Client]:
    """The first of the people, by each transport, until all workers have some; each says something, and all hear it in one order."""
    clients: list[Client] = []
    ways = [POLLING, UPGRADE, *[WEBSOCKET] * (len(people) - 2)]
    while len(clients) < 4 or not are_everywhere():
        clients.append(joined(people[len(clients)], ways[len(clients)]))
        clients[-1].hello()
    for n, client in enumerate(clients):
        assert client.ask("message", {"room": room, "body": f"from {n}"})["ok"]
    for client in clients:
        client.expect("message", room=room, version=len(clients))
        assert [data["version"] for data in client.all("message")] == list(range(1, len(clients) + 1))
    return clients


def come_back(people: list[Person], room: str, version: int) -> None:
    """They are served, and learn of all up to `version`."""
    for person in people:
        assert person.get(f"/rooms/{room}/").status_code == 200
        back = joined(person, WEBSOCKET)
        assert back.hello()["rooms"][0]["version"] >= version
        back.close()


def check_files(people: list[Person], room: str) -> None:
    """nginx sends a file, whichever worker it came in by; to members only, and never by its own name."""
    words = b"the words of a file\n" * 100
    file = people[0].attach(room, "words.txt", words)
    said = {"body": "", "attachments": [file], "client_id": "3f0c0a9e-0000-4000-8000-000000000001"}
    assert people[0].post(f"/api/rooms/{room}/messages/", json=said).status_code in (200, 201)
    for person in people:
        answer = person.get(f"/attachments/{file}/")
        assert answer.content == words and answer.headers["Server"].startswith("nginx")
        assert "X-Accel-Redirect" not in answer.headers and answer.headers["Accept-Ranges"] == "bytes"
        assert {name: answer.headers.get(name) for name in SAFETY} == SAFETY, (
            "nginx leaves out most of what we say of a file"
        )
    stranger = requests.get(
        f"{people[0].url}/attachments/{file}/", verify=False, timeout=PATIENCE, allow_redirects=False
    )
    assert stranger.status_code in (302, 404)


urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
