"""The attacks. `python -m bench.siege.attacks NAME PORT COOKIE SECONDS` makes one, for so long, and says how many connections it held.

Each holds as many connections as it says. The attacker has an account; who they are is in the cookie.
"""

import json
import os
import resource
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tests.engine.wire import BINARY, TEXT, Raw, masked, request
from tests.support.people import web

TIMEOUT = 2.0  # seconds that an attacker waits for anything
HURT = (OSError, EOFError, AssertionError)  # what becomes of an attacker

Attack = Callable[["Siege"], None]
ATTACKS: dict[str, Attack] = {}


def attack(made: Attack) -> Attack:
    """One more way."""
    ATTACKS[made.__name__] = made
    return made


class Siege:
    """The attacker: connections that are held, and a time until which."""

    def __init__(self, port: int, session: str, seconds: float) -> None:
        self.port, self.session = port, session
        self.until = time.monotonic() + seconds
        self.held: list[socket.socket] = []

    @property
    def is_on(self) -> bool:
        """Whether it goes on."""
        return time.monotonic() < self.until

    def hold(self, count: int, first: bytes = b"") -> None:
        """Open so many connections, say something on each, and keep them."""
        for _ in range(count):
            if not self.is_on:
                break
            with suppress(OSError):
                sock = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
                self.held.append(sock)
                sock.sendall(first)
                sock.setblocking(False)

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

    def again(self, data: bytes) -> None:
        """Connect, say something, hear the answer, leave; as often as can be."""
        while self.is_on:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT) as sock:
                sock.sendall(data)
                while sock.recv(65536):
                    pass

    def client(self, **options: int) -> Raw:
        """A WebSocket of the attacker, who has an account."""
        client = Raw.joined(self.port, Cookie=f"sessionid={self.session}", **options)
        client.sock.settimeout(TIMEOUT)
        return client


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
        with suppress(OSError), socket.create_connection(("127.0.0.1", siege.port), timeout=TIMEOUT) as sock:
            sock.sendall(request() + masked(TEXT, "40") + b"\x81\xfe\x40\x00")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@attack
def large_heads(siege: Siege) -> None:
    """Heads of 64 kB, one after another."""
    siege.again(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8_000) for n in range(9)) + b"\r\n")


@attack
def large_frames(siege: Siege) -> None:
    """Frames that say that they are huge, and messages over the bound, fragment by fragment."""
    while siege.is_on:
        with suppress(*HURT), siege.client() as client:
            client.sock.sendall(b"\x81\xff" + struct.pack("!Q", 1 << 40) + b"\0\0\0\0")
            client.closing()
        with suppress(*HURT), siege.client() as client:
            for _ in range(100):
                client.sock.sendall(masked(TEXT, "4" * 4_000, fin=False))
            client.closing()


@attack
def large_payloads(siege: Siege) -> None:
    """Payloads of long-polling and of the API as large as may be, one after another."""
    body = json.dumps({"body": "x" * 900_000}).encode()
    browser = web(siege.session)
    browser.headers["Content-Type"] = "application/json"
    while siege.is_on:
        with suppress(OSError):
            browser.post(f"http://127.0.0.1:{siege.port}/api/preview/", data=body, timeout=TIMEOUT)


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
            with suppress(*HURT), siege.client() as client:
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
        with suppress(*HURT), siege.client() as client:
            while siege.is_on:
                client.sock.sendall(frames)


@attack
def events(siege: Siege) -> None:
    """Events far over the limit, never reading the answers, on 4 connections."""
    frames = b"".join(masked(TEXT, f'42{n}["typing",{{"room":"lobby"}}]') for n in range(400))

    def flood() -> None:
        while siege.is_on:
            with suppress(*HURT), siege.client() as client:
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
        with suppress(*HURT):
            siege.held.append(siege.client(receive_buffer=4_096).sock)
    siege.wait()


def main(name: str, port: int, session: str, seconds: float) -> None:
    """Attack for so long; print how many connections were held at the end."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.nice(19)
    siege = Siege(port, session, seconds)
    ATTACKS[name](siege)
    print(len(siege.held))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
