"""A crowd of requests waits for its turn; who talks meanwhile does not, and each address has its turn after the others."""

import select
import signal
import socket
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
