"""Requests by a Unix socket, where the kernel knows no SO_RCVLOWAT, by which we wait elsewhere for a whole head, or for a good piece of a body."""

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.conftest import App
from tests.engine.wire import PATIENCE


@pytest.fixture
def path() -> Iterator[Path]:
    """Where a socket may be: a short path."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "x.sock"


def connect(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    sock.connect(str(path))
    return sock


def answer(sock: socket.socket, end: bytes) -> bytes:
    """What is said until then."""
    got = b""
    while not got.endswith(end):
        more = sock.recv(65536)
        assert more, got
        got += more
    return got


def test_requests_that_come_in_pieces_are_whole(serve: Callable[..., App], path: Path) -> None:
    app = serve(at=str(path))
    with connect(path) as sock:
        for _ in range(2):  # on one connection
            for piece in (b"GET / HT", b"TP/1.1\r\nHost", b": x\r\n", b"\r\n"):
                sock.sendall(piece)
                app.state()  # it has looked
            assert answer(sock, b"plain").startswith(b"HTTP/1.1 200")
            sock.sendall(b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n")
            for _ in range(4):
                sock.sendall(b"x" * 10_000)
                app.state()
            assert answer(sock, b"40000").startswith(b"HTTP/1.1 200")


def test_who_is_slow_is_given_up(serve: Callable[..., App], path: Path) -> None:
    app = serve(at=str(path), site={"head_timeout": 0.4, "body_patience": 0.4})
    before = app.state()
    for start in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST /length HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"):
        with connect(path) as sock, suppress(ConnectionResetError):
            sock.sendall(start)
            while sock.recv(65536):
                pass
    app.until(lambda state: state["files"] <= before["files"])


def test_a_hundred_half_heads_keep_nobody_waiting(serve: Callable[..., App], path: Path) -> None:
    """And do not have the hub turn in vain."""
    app = serve(at=str(path))
    crowd = [connect(path) for _ in range(100)]
    for sock in crowd:
        sock.sendall(b"GET / HTTP/1.1\r\n")
    before = app.until(lambda state: state["readers"] > 100)["cpu"]
    with app.client() as client:
        for n in range(20):
            assert client.ask("echo", n) == [n]
    assert app.state()["cpu"] - before < 0.5
    for sock in crowd:
        sock.sendall(b"Host: x\r\n\r\n")
        assert answer(sock, b"plain")
        sock.close()
