"""One WebSocket: its handshake, its end in each way, the heart, and what becomes of those who break the rules."""

import signal
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.conftest import App
from tests.engine.wire import BINARY, CLOSE, PING, PONG, TEXT, Raw, masked, request

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Version": "8"},
        {"Sec_WebSocket_Key": "short"},
        {"Sec_WebSocket_Key": None},
        {"Upgrade": "h2c"},
        {"Connection": "keep-alive"},
    ],
)
def test_a_bad_handshake_is_answered_as_http(app: App, headers: dict[str, Any]) -> None:
    with Raw(app.port, **headers) as client:
        assert client.answer.startswith(b"HTTP/1.1 400")


def test_who_asks_for_another_version_is_told_which_there_is(app: App) -> None:
    with Raw(app.port, Sec_WebSocket_Version="8") as client:
        assert b"\r\nSec-Websocket-Version: 13" in client.answer.title()


def test_what_comes_with_the_handshake_is_read(app: App) -> None:
    with socket.create_connection(("127.0.0.1", app.port)) as sock:
        sock.sendall(request() + masked(TEXT, "40") + masked(TEXT, '421["echo","early"]'))
        received = b""
        while b'431["early"]' not in received:
            data = sock.recv(65536)
            assert data, received
            received += data


def test_frames_may_come_byte_by_byte_and_in_fragments(app: App) -> None:
    with app.client() as client:
        for byte in masked(TEXT, '421["ec', fin=False) + masked(PING, "still here?") + masked(0, 'ho","é"]'):
            client.sock.send(bytes([byte]))
        assert client.frame() == (PONG, b"still here?")
        assert client.text() == '431["é"]'


def test_a_close_frame_is_answered_after_all_that_was_said_before(app: App) -> None:
    with app.client() as client:
        for number in range(20):
            client.emit("echo", number, ack=number)
        client.ask("echo", "fence")
        client.sock.sendall(masked(CLOSE, struct.pack("!H", 1000) + b"bye"))
        assert client.closing() == (1000, "")
        assert client.is_at_end()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\x01x", 1002),
        (masked(TEXT, "x", first=0x40), 1002),
        (masked(3, "x"), 1002),
        (masked(TEXT, b"\xff"), 1007),
        (masked(BINARY, bytes(1_000_001))[:14], 1009),
        (masked(TEXT, "9"), 1008),
        (masked(TEXT, "hello"), 1008),
        (masked(TEXT, "4hello"), 1008),
        (masked(TEXT, '42["disconnect"]'), 1008),
        (masked(TEXT, '42{"no":"list"}'), 1008),
        (masked(TEXT, "42[not json"), 1008),
        (masked(TEXT, '4599-["x"]'), 1008),
        (masked(BINARY, b"nobody announced me"), 1008),
    ],
)
def test_who_breaks_the_protocol_is_told_how_and_cut_off(app: App, sent: bytes, code: int) -> None:
    with app.client() as client, app.client() as other:
        client.sock.sendall(sent)
        assert client.closing()[0] == code
        client.sock.sendall(masked(CLOSE, struct.pack("!H", code)))
        assert client.is_at_end()
        assert other.ask("echo", "all is well") == ["all is well"]


def test_who_is_gone_leaves_nothing_behind(serve: Callable[..., App]) -> None:
    app = serve(ping_interval=0.5, ping_timeout=10)  # the timer's wheel keeps a closed connection for one interval
    before = app.state()
    watcher = app.client()
    for number in range(60):
        client = app.client()
        match number % 4:
            case 0:
                client.say("1")  # Engine.IO: close
            case 1:
                client.say("41")  # Socket.IO: disconnect
            case 2:  # a reset
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case _:
                client.sock.sendall(masked(CLOSE, b""))
        client.close()
    reasons = [next(watcher.events("left"))[0] for _ in range(60)]
    assert set(reasons) == {"client disconnect", "transport close"}
    watcher.close()
    after = app.until(lambda state: state["connections"] == 0)
    for what in ("sockets", "clients", "sids", "rooms", "environs", "binary", "writers"):
        assert after[what] == 0, (what, after)
    assert after["readers"] <= before["readers"] + 1
    assert after["files"] <= before["files"] + 2


def test_who_does_not_answer_pings_is_given_up(serve: Callable[..., App]) -> None:
    app = serve(ping_interval=0.3, ping_timeout=0.3)
    with app.client() as watcher, app.client() as silent:
        while silent.frame() != (TEXT, b"2"):
            pass
        assert next(watcher.events("left")) == ["ping timeout"]  # `watcher` answers its own all the while
        silent.closing()


def test_who_never_joins_a_namespace_may_not_stay(app: App) -> None:
    with Raw(app.port) as client:
        client.text()
        client.emit("echo", "before the connect")
        assert client.closing()[0] == 1008


def test_who_is_in_no_namespace_is_given_up_whatever_it_says(serve: Callable[..., App]) -> None:
    """Hearts beat on, and leaving where one is not is no coming either; who left, and comes no more, goes as well."""
    app = serve(ping_interval=0.1, ping_timeout=1, patience={"join": 1.5})
    with Raw(app.port) as never, app.client() as left:
        never.text()
        left.say("41")
        for client in (never, left):
            for _ in range(5):
                opcode, payload = client.frame()
                if opcode == CLOSE:
                    break
                assert (opcode, payload) == (TEXT, b"2")
                client.sock.sendall(masked(TEXT, "3") + masked(TEXT, "41") + masked(TEXT, "41/nowhere,"))
            assert opcode == CLOSE


def test_who_does_not_answer_our_close_frame_is_cut_off(serve: Callable[..., App]) -> None:
    app = serve(patience={"close": 0.2})
    with app.client() as client:
        client.emit("leave_me")
        assert client.closing()[0] == 1000
        assert client.is_at_end()
        app.until(lambda state: state["files"] < 50 and state["sockets"] == 0)


def test_an_error_in_a_handler_costs_an_acknowledgement_and_nothing_else(serve: Callable[..., App]) -> None:
    app = serve()
    with app.client() as client:
        client.emit("fail", ack=1)
        assert client.ask("echo", 1) == [1]
    assert "as asked" in app.stop()


def test_who_hangs_up_before_the_handshake_is_seen_leaves_nothing(serve: Callable[..., App]) -> None:
    """As after a moment in which the process had no turn. What is left of one would be given up by the heart, and it is nobody's."""
    app = serve(ping_interval=0.2, ping_timeout=0.2)
    app.process.send_signal(signal.SIGSTOP)
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", app.port)) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(request())
    app.process.send_signal(signal.SIGCONT)
    with app.client() as client:
        for _ in range(5):
            assert client.frame() == (TEXT, b"2")  # hearts beat
            client.say("3")
    app.until(lambda state: state["sockets"] == 0)
    assert "Traceback" not in app.stop()
