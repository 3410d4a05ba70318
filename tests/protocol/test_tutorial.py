"""A client written from the classic Socket.IO tutorial alone works: both stock clients, on every transport, with nothing but a cookie.

Each connects, hears who joins, says a plain string, hears it come back, and hears who leaves.
"""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import PATIENCE, POLLING, UPGRADE, WEBSOCKET, Person
from tests.support.site import Site

pytestmark = pytest.mark.server
SCRIPT = Path(__file__).with_name("tutorial.mjs")
transports = pytest.mark.parametrize("transports", [WEBSOCKET, POLLING, UPGRADE], ids="+".join)


class NodeClient:
    """The official client in a Node process; `expect` waits for what it prints."""

    def __init__(self, person: Person, transports: list[str]) -> None:
        node = shutil.which("node") or ".venv/bin/node"
        self.process = subprocess.Popen(
            [node, SCRIPT, person.url, person.cookie, ",".join(transports)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.lines: queue.Queue[Any] = queue.Queue()
        self.passed: list[Any] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def do(self, **command: Any) -> None:
        assert self.process.stdin is not None
        print(json.dumps(command), file=self.process.stdin, flush=True)

    def expect(self, event: str, **fields: Any) -> Any:
        """Wait for a line of this event whose data has these fields; return the line."""

        def matches(line: Any) -> bool:
            return line["event"] == event and (not fields or fields.items() <= line["data"].items())

        while not (found := next(filter(matches, self.passed), None)):
            try:
                self.passed.append(self.lines.get(timeout=PATIENCE))
            except queue.Empty:
                raise AssertionError(f"never heard {event} {fields}; heard {self.passed}") from None
        self.passed.remove(found)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))


@pytest.fixture
def watcher(site: Site) -> Iterator[Any]:
    """Somebody who sits in the Lobby all the while."""
    with site.person("watcher", lobby=True).client() as client:
        client.hello()
        yield client


@transports
def test_python_client(site: Site, watcher: Any, transports: list[str]) -> None:
    ana = site.person("ana", lobby=True)
    client = ana.client(transports)
    assert client.hello()["user"]["id"] == ana.id
    assert watcher.expect("join", room="lobby", user=ana.brief)["online"] >= 2

    late = site.person("late", lobby=True)
    with late.client() as other:
        client.expect("join", room="lobby", user=late.brief)
        answer = client.ask("message", "hello, everyone")
        assert answer["ok"] and answer["message"]["body"] == "hello, everyone"
        for somebody in (client, other, watcher):
            said = somebody.expect("message", room="lobby", version=answer["version"])["message"]
            assert said == answer["message"] and said["author"] == ana.brief

    client.expect("leave", room="lobby", user=late.brief)
    client.close()
    watcher.expect("leave", room="lobby", user=ana.brief)


@transports
def test_official_client(site: Site, watcher: Any, transports: list[str]) -> None:
    ana = site.person("ana", lobby=True)
    client = NodeClient(ana, transports)
    try:
        hello = client.expect("data", type="hello")
        assert hello["data"]["user"]["id"] == ana.id
        watcher.expect("join", room="lobby", user=ana.brief)
        if transports == UPGRADE:
            assert client.expect("upgrade")["data"] == "websocket"

        late = site.person("late", lobby=True)
        with late.client() as other:
            client.expect("data", type="join", user=late.brief)
            client.do(say="hello, everyone")
            told = watcher.expect("message", room="lobby")["message"]
            assert told["body"] == "hello, everyone" and told["author"] == ana.brief
            other.expect("message", message=told)
            own = client.expect("data", type="message")
            assert own["data"]["message"] == told
            assert own["transport"] == transports[-1]
            assert client.expect("ack", ok=True)["data"]["message"] == told

        client.expect("data", type="leave", user=late.brief)
        client.do(leave=True)
        assert client.expect("disconnect")["data"] == "io client disconnect"
        watcher.expect("leave", room="lobby", user=ana.brief)
    finally:
        client.close()


def test_a_client_that_says_nothing_but_hello_is_gone_after_the_grace(site: Site, watcher: Any) -> None:
    ana = site.person("ana", lobby=True)
    ana.client().close()
    watcher.expect("join", user=ana.brief)
    watcher.expect("leave", user=ana.brief)
