"""The two example clients, run as the documentation says, against a real server that is killed under them."""

import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.docs.blocks import ROOT
from tests.support.people import Person
from tests.support.site import Site

pytestmark = pytest.mark.server
NODE = shutil.which("node") or str(ROOT / ".venv/bin/node")
CLIENTS = {
    "JavaScript": [NODE, "docs/examples/client.mjs"],
    "Python": [sys.executable, "docs/examples/client.py"],
    "JavaScript in twenty lines": [NODE, "docs/examples/hello.mjs"],
    "Python in twenty lines": [sys.executable, "docs/examples/hello.py"],
}
WHOLE = ["JavaScript", "Python"]
PATIENCE = 30.0  # seconds to wait for a line


class Example:
    """A running example client: lines in, lines out."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self.shown: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))

    def type(self, line: str) -> None:
        """Say something."""
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)

    def wait_for(self, ending: str) -> None:
        """Wait until it shows a line that ends so."""
        while not any(line.endswith(ending) for line in self.shown):
            try:
                self.shown.append(self._lines.get(timeout=PATIENCE))
            except queue.Empty:
                raise AssertionError(f"never shown: {ending!r}; but {self.shown}") from None

    @property
    def messages(self) -> list[str]:
        """The messages it has shown so far."""
        return [line for line in self.shown if "#" in line]


@contextmanager
def running(client: str, site: Site, person: Person, room: str) -> Iterator[Example]:
    """An example client, as its first line says to start it."""
    command = [*CLIENTS[client], site.url, person.cookie, room]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield Example(process)
        finally:
            process.kill()


@pytest.mark.parametrize("client", [name for name in CLIENTS if name not in WHOLE])
def test_twenty_lines_take_part(client: str, site: Site) -> None:
    ana, ben = site.person("ana"), site.person("ben")
    room = site.room(ana, ben)
    with ben.client() as other, running(client, site, ana, room) as example:
        example.type("Hello from twenty lines")
        assert other.expect("message")["message"]["body"] == "Hello from twenty lines"
        example.wait_for(f"{room} #1 {ana.handle}: Hello from twenty lines")
        other.ask("message", {"room": room, "body": "Hello back"})
        example.wait_for(f"{room} #2 {ben.handle}: Hello back")


@pytest.mark.parametrize("client", WHOLE)
def test_the_client_says_and_shows(client: str, site: Site) -> None:
    ana, ben = site.person("ana"), site.person("ben")
    room = site.room(ana, ben)
    with running(client, site, ana, room) as example, ExitStack() as stack:
        example.wait_for(f"{room} join: {ana.handle}")
        other = stack.enter_context(ben.client())
        example.wait_for(f"{room} join: {ben.handle}")
        example.type("Hello from the example")
        assert other.expect("message")["message"]["body"] == "Hello from the example"
        other.ask("message", {"room": room, "body": "Hello back"})
        other.ask("delete", {"room": room, "seq": 2})
        example.wait_for(f"{room} #2 {ben.handle}: (deleted)")
        other.close()
        example.wait_for(f"{room} leave: {ben.handle}")
        assert example.messages == [
            f"{room} #1 {ana.handle}: Hello from the example",
            f"{room} #2 {ben.handle}: Hello back",
            f"{room} #2 {ben.handle}: (deleted)",
        ]


@pytest.mark.parametrize("client", WHOLE)
def test_the_client_says_why_it_was_refused(client: str, site: Site) -> None:
    ana = site.person("ana")
    with running(client, site, ana, site.room(slug="strange")) as example:
        example.type("Is anyone here?")
        example.wait_for("room: there is no such room, or you are not in it")


def test_the_clients_miss_and_double_nothing_when_the_server_is_killed(own_site: Callable[..., Site]) -> None:
    site = own_site()
    ben = site.person("ben")
    people = {client: site.person(client.lower()) for client in WHOLE}
    room = site.room(ben, *people.values())
    with ExitStack() as stack:
        examples = {name: stack.enter_context(running(name, site, person, room)) for name, person in people.items()}
        for name, example in examples.items():
            example.wait_for(f"{room} join: {people[name].handle}")
        site.say(room, ben, "unheard, for the hand tells nobody")
        examples["Python"].type("the first that is heard")
        for example in examples.values():
            example.wait_for(f"{room} #1 {ben.handle}: unheard, for the hand tells nobody")
            example.wait_for(f"{room} #2 {people['Python'].handle}: the first that is heard")
        site.server.kill()
        for name, example in examples.items():
            example.type(f"{name} into the dark")
        site.server.start()
        for example in examples.values():
            for name in WHOLE:
                example.wait_for(f"{name} into the dark")
        site.server.kill()
        site.say(room, ben, *(f"missed {n}" for n in range(250)))  # more than one answer to `sync` brings
        site.server.start()
        for example in examples.values():
            example.wait_for("missed 249")
        stored = site.stored(room)["messages"]
        expected = [f"{room} #{m['seq']} {m['author']['handle']}: {m['body']}" for m in stored]
        for example in examples.values():
            for line in expected:
                example.wait_for(line)
    bodies = [message["body"] for message in stored]
    assert len(bodies) == len(set(bodies)) == 254
    for example in examples.values():
        assert example.messages == expected
