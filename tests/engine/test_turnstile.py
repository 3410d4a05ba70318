"""A crowd of requests waits for its turn; who talks meanwhile does not, and each address has its turn after the others."""

import select
import signal
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack

from tests.engine.conftest import App
from tests.engine.wire import PATIENCE


def test_a_crowd_of_requests_does_not_keep_who_talks_waiting(serve: Callable[..., App]) -> None:
    """A hundred requests at once, each of which has the hub for 20 ms: what is said meanwhile is answered after a few of them."""
    app = serve()
    with ExitStack() as stack, app.client() as client:
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", app.port), PATIENCE)) for _ in range(100)]
        app.until(lambda state: state["readers"] > 100)
        for sock in crowd:
            sock.sendall(b"GET /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.ask("echo", "meanwhile") == ["meanwhile"]
        assert sum(map(is_answered, crowd)) < 40
        for sock in crowd:
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def test_who_shares_an_address_with_a_crowd_has_a_turn_after_one_of_theirs(serve: Callable[..., App]) -> None:
    """A hundred requests wait, each of which has the hub for 20 ms; then comes a browser with its cookie, from the same address."""
    app = serve()
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", app.port), PATIENCE)) for _ in range(101)]
        app.until(lambda state: state["readers"] > 101)
        app.process.send_signal(signal.SIGSTOP)
        *crowd, browser = crowd
        for sock in crowd:
            sock.sendall(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
        browser.sendall(b"GET / HTTP/1.1\r\nHost: x\r\ncookie: sessionid=mine\r\n\r\n")
        app.process.send_signal(signal.SIGCONT)
        assert browser.recv(65536).startswith(b"HTTP/1.1 200")
        assert sum(map(is_answered, crowd)) < 20
        for sock in crowd:
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def test_nothing_is_done_for_who_has_hung_up_meanwhile(serve: Callable[..., App]) -> None:
    """What they asked for is still to be read; nobody would read the answer."""
    app = serve()
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", app.port), PATIENCE)) for _ in range(100)]
        app.until(lambda state: state["readers"] > 100)
        app.process.send_signal(signal.SIGSTOP)
        for sock in crowd:
            sock.sendall(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
    app.process.send_signal(signal.SIGCONT)
    state = app.until(lambda state: state["readers"] < 10)
    assert state["jobs"].get("busy", 0) <= 1


def test_nor_for_who_has_hung_up_at_a_unix_socket(serve: Callable[..., App]) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:  # whose path is short
        app = serve(at=f"{folder}/x.sock")
        crowd = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(100)]
        for sock in crowd:
            sock.connect(f"{folder}/x.sock")
        app.until(lambda state: state["readers"] > 100)
        app.process.send_signal(signal.SIGSTOP)
        for sock in crowd:
            sock.sendall(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
            sock.close()
        app.process.send_signal(signal.SIGCONT)
        state = app.until(lambda state: state["readers"] < 10)
        assert state["jobs"].get("busy", 0) <= 1


def test_a_crowd_that_hangs_up_at_once_does_not_keep_who_talks_waiting(serve: Callable[..., App]) -> None:
    """All find out in the same turn of the hub, and are seen off in later ones: who talks is answered before most of them."""
    app = serve()
    with ExitStack() as stack, app.client() as client:
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", app.port), PATIENCE)) for _ in range(500)]
        app.until(lambda state: state["readers"] > 500)
        app.process.send_signal(signal.SIGSTOP)
        for sock in crowd:
            sock.shutdown(socket.SHUT_WR)
        client.emit("echo", "meanwhile", ack=1)
        app.process.send_signal(signal.SIGCONT)
        client.until("431")
        assert sum(map(is_answered, crowd)) < 250
        for sock in crowd:
            assert not sock.recv(65536)


def is_answered(sock: socket.socket) -> bool:
    """Whether there is something to be read."""
    return bool(select.select([sock], [], [], 0)[0])
