"""A site under siege: what an honest client feels while somebody attacks, and whether the memory comes back.

    python -m bench.siege                    # every attack, a few seconds each
    python -m bench.siege slow_heads idle    # some of them

Each attack holds as many connections as it says, from one address, against a site of its own (`manage.py serve`). Meanwhile one posts a message
every 50 ms by WebSocket and is timed to its broadcast, and another fetches a page. Before and after, the resident memory of the server.
"""

import json
import os
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.wire import BINARY, TEXT, Raw, masked, request  # noqa: E402
from tests.support.people import Person  # noqa: E402
from tests.support.site import Site, serving  # noqa: E402

SECONDS = 6.0  # of each attack
PACE = 0.05  # seconds between two messages of the honest one

Attack = Callable[["Siege"], None]
ATTACKS: dict[str, Attack] = {}


def attack(made: Attack) -> Attack:
    """One more way."""
    ATTACKS[made.__name__] = made
    return made


class Siege:
    """The attacker: connections that are held, and a time until which."""

    def __init__(self, site: Site, person: Person) -> None:
        self.site, self.port, self.person = site, site.server.port, person
        self.until = time.monotonic() + SECONDS
        self.held: list[socket.socket] = []
        self.refused = 0

    @property
    def is_on(self) -> bool:
        """Whether it goes on."""
        return time.monotonic() < self.until

    def hold(self, count: int, first: bytes = b"") -> list[socket.socket]:
        """Open so many connections, say something on each, and keep them."""
        for _ in range(count):
            if not self.is_on:
                break
            try:
                sock = socket.create_connection(("127.0.0.1", self.port), timeout=2)
                sock.sendall(first)
                sock.setblocking(False)
                self.held.append(sock)
            except OSError:
                self.refused += 1
        return self.held

    def drip(self, drop: bytes) -> None:
        """Say a little more on each, again and again."""
        while self.is_on:
            for sock in self.held:
                with suppress(OSError):
                    sock.send(drop)
            time.sleep(0.2)

    def wait(self) -> None:
        """Hold on."""
        time.sleep(max(self.until - time.monotonic(), 0))

    def again(self, data: bytes, *, read: bool = True) -> None:
        """Connect, say something, hear the answer, leave; as often as can be."""
        while self.is_on:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=2) as sock:
                    sock.sendall(data)
                    while read and sock.recv(65536):
                        pass
            except OSError:
                self.refused += 1

    def client(self) -> Raw:
        """A WebSocket of the attacker, who has an account."""
        return Raw.joined(self.port, Cookie=self.person.cookie)

    def end(self) -> None:
        """Let all go."""
        for sock in self.held:
            sock.close()


@attack
def nothing(siege: Siege) -> None:
    """For comparison."""
    siege.wait()


@attack
def connections(siege: Siege) -> None:
    """5,000 connections that say nothing."""
    siege.hold(5_000)
    siege.wait()


@attack
def kept_alive(siege: Siege) -> None:
    """5,000 connections with a request each, kept open."""
    siege.hold(5_000, b"GET /accounts/login/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    siege.wait()


@attack
def strangers(siege: Siege) -> None:
    """5,000 WebSockets that never join a namespace."""
    siege.hold(5_000, request())
    siege.wait()


@attack
def slow_heads(siege: Siege) -> None:
    """2,000 heads, a byte now and then."""
    siege.hold(2_000, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-")
    siege.drip(b"a")


@attack
def slow_bodies(siege: Siege) -> None:
    """2,000 bodies, a byte now and then."""
    siege.hold(2_000, b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n")
    siege.drip(b"a")


@attack
def half_open(siege: Siege) -> None:
    """Connections that are reset in the middle of a frame, one after another."""
    while siege.is_on:
        sock = socket.create_connection(("127.0.0.1", siege.port), timeout=2)
        sock.sendall(request() + masked(TEXT, "40") + b"\x81\xfe\x40\x00")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


@attack
def large_heads(siege: Siege) -> None:
    """Heads of 64 kB, one after another."""
    siege.again(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8_000) for n in range(9)) + b"\r\n")


@attack
def large_frames(siege: Siege) -> None:
    """Frames that say that they are huge, and messages over the bound, fragment by fragment."""
    while siege.is_on:
        with suppress(OSError, EOFError, AssertionError), siege.client() as client:
            client.sock.sendall(b"\x81\xff" + struct.pack("!Q", 1 << 40) + b"\0\0\0\0")
            client.closing()
        with suppress(OSError, EOFError, AssertionError), siege.client() as client:
            for _ in range(100):
                client.sock.sendall(masked(TEXT, "4" * 4_000, fin=False))
            client.closing()


@attack
def large_payloads(siege: Siege) -> None:
    """Payloads of long-polling and of the API as large as may be, one after another."""
    body = json.dumps({"body": "x" * 900_000}).encode()
    while siege.is_on:
        with suppress(OSError):
            siege.person.post("/api/preview/", data=body, headers={"Content-Type": "application/json"})


@attack
def junk(siege: Siege) -> None:
    """What is no packet, each on a connection of its own."""
    packets = [
        "9",
        "42",
        "42[]",
        '42["connect"]',
        "451-[]",
        "43[]",
        "42" + "[" * 9_000,
        "4" + "9" * 200 + "[]",
        '450-["a"]',
        "\0",
    ]
    while siege.is_on:
        for text in packets:
            with suppress(OSError, EOFError, AssertionError), siege.client() as client:
                client.say(text)
                client.closing()


@attack
def attachments(siege: Siege) -> None:
    """Binary packets that lack their last attachment, on 50 connections."""
    clients = [siege.client() for _ in range(50)]
    for client in clients:
        client.say('4516-["message",' + ",".join(['{"_placeholder":true,"num":0}'] * 16) + "]")
        for _ in range(15):
            with suppress(OSError):
                client.sock.sendall(masked(BINARY, bytes(12_000)))
    siege.wait()
    for client in clients:
        client.close()


@attack
def namespaces(siege: Siege) -> None:
    """Unknown namespaces, acknowledgements of nothing, pings, as fast as can be; who does not read the answers is cut off."""
    frames = b"".join(
        masked(TEXT, text) for n in range(200) for text in (f"40/nowhere-{n},", f"43{10**17 + n}[1]", "3")
    )
    while siege.is_on:
        with suppress(OSError, EOFError, AssertionError), siege.client() as client:
            while siege.is_on:
                client.sock.sendall(frames)


@attack
def events(siege: Siege) -> None:
    """Events far over the limit, never reading the answers, on 4 connections."""
    frames = b"".join(masked(TEXT, f'42{n}["typing",{{"room":"lobby"}}]') for n in range(400))

    def flood() -> None:
        while siege.is_on:
            with suppress(OSError, EOFError, AssertionError), siege.client() as client:
                while siege.is_on:
                    client.sock.sendall(frames)

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@attack
def unread(siege: Siege) -> None:
    """500 members who never read what they are sent."""
    for _ in range(500):
        with suppress(OSError, AssertionError):
            siege.held.append(Raw.joined(siege.port, Cookie=siege.person.cookie, receive_buffer=4_096).sock)
    siege.wait()


class Honest:
    """Somebody who talks all the while; each message is timed from being sent to being heard by another, and a page now and then."""

    def __init__(self, site: Site, speaker: Person, listener: Person, room: str) -> None:
        self.room, self.speaker = room, speaker
        self.talking = Raw.joined(site.server.port, Cookie=speaker.cookie)
        self.hearing = Raw.joined(site.server.port, Cookie=listener.cookie)
        self.sent: dict[str, float] = {}
        self.heard: list[float] = []
        self.pages: list[float] = []
        self.is_on = True
        self.threads = [threading.Thread(target=work) for work in (self._talk, self._drain, self._hear, self._read)]
        for thread in self.threads:
            thread.start()

    def _talk(self) -> None:
        n = 0
        while self.is_on:
            n += 1
            self.sent[f"n{n}"] = time.perf_counter()
            self.talking.emit("message", {"room": self.room, "body": f"n{n}"})
            time.sleep(PACE)

    def _drain(self) -> None:
        with suppress(OSError, EOFError, AssertionError):
            while True:
                self.talking.text()

    def _hear(self) -> None:
        with suppress(OSError, EOFError, AssertionError, StopIteration):
            while True:
                body = self.hearing.data("message")["message"]["body"]
                self.heard.append(time.perf_counter() - self.sent[body])

    def _read(self) -> None:
        while self.is_on:
            begun = time.perf_counter()
            with suppress(OSError):
                assert self.speaker.get(f"/api/rooms/{self.room}/messages/?before=5").status_code == 200
                self.pages.append(time.perf_counter() - begun)
            time.sleep(0.2)

    def end(self) -> int:
        """Stop; return how many messages were said and not heard."""
        self.is_on = False
        time.sleep(1)
        for client in (self.talking, self.hearing):
            with suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)
            client.close()
        for thread in self.threads:
            thread.join()
        return len(self.sent) - len(self.heard)


def main(names: list[str]) -> None:
    """Measure."""
    heads = ("messages p50", "p99", "max", "lost", "page p50", "max", "held", "MB before", "with", "after")
    print(f"{'attack':<16}" + "".join(f"{head:>13}" for head in heads))
    with tempfile.TemporaryDirectory() as home, serving(Path(home), MESSAGE_RATE=40, SOCKETS_PER_USER=0) as site:
        site.hand("lobby")
        people = [site.person(name) for name in ("honest", "listener", "attacker")]
        speaker, listener, attacker = people
        for name in ["nothing", *names]:  # the first time warms everything up
            room = site.room(speaker, listener)
            site.hand("admit", room="lobby", user=attacker.id) if name == "events" else None
            before = memory(site)
            honest, siege = Honest(site, speaker, listener, room), Siege(site, attacker)
            ATTACKS[name](siege)
            during, held = memory(site), len(siege.held)
            lost = honest.end()
            siege.end()
            after = settled(site)
            figures = [ms(honest.heard, share) for share in (0.5, 0.99, 1)] + [str(lost)]
            figures += [
                ms(honest.pages, 0.5),
                ms(honest.pages, 1),
                str(held),
                *(f"{mb:.0f}" for mb in (before, during, after)),
            ]
            print(f"{name:<16}" + "".join(f"{figure:>13}" for figure in figures), flush=True)
        for line in site.server.trouble():
            print("log:", line)


def ms(times: list[float], share: float) -> str:
    """A quantile, in milliseconds."""
    ordered = sorted(times)
    return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000:.1f}" if ordered else "-"


def memory(site: Site) -> float:
    """The resident memory of the server, in MB."""
    pages = int(Path(f"/proc/{site.server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def settled(site: Site) -> float:
    """The same once all is closed; the collector may take a moment."""
    least = memory(site)
    for _ in range(5):
        time.sleep(1)
        least = min(least, memory(site))
    return least


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    unknown: Any = [name for name in sys.argv[1:] if name not in ATTACKS]
    assert not unknown, f"{unknown}: not one of {', '.join(ATTACKS)}"
    main(sys.argv[1:] or [name for name in ATTACKS if name != "nothing"])
