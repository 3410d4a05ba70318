"""What plain HTTP may cost: slow ones are given up, odd ones refused, an address has its share; who behaves does not notice; nothing stays behind."""

import json
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
import requests

from tests.engine.conftest import App
from tests.engine.wire import BINARY, PATIENCE, Raw, masked


def connect(app: App) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def until_cut_off(sock: socket.socket, drop: bytes) -> bytes:
    """Send a drop now and then until the server has had enough; return what it said."""
    said, is_over = b"", threading.Event()

    def drip() -> None:
        with suppress(OSError):
            while not is_over.wait(0.05):
                sock.sendall(drop)

    dripping = threading.Thread(target=drip)
    dripping.start()
    with suppress(ConnectionError):
        while data := sock.recv(65536):
            said += data
    is_over.set()
    dripping.join()
    return said


def opened(app: App) -> str:
    """The address of a new long-polling session, in the default namespace."""
    polling = f"{app.url}/socket.io/?EIO=4&transport=polling"
    polling += "&sid=" + json.loads(requests.get(polling, timeout=PATIENCE).text[1:])["sid"]
    assert requests.post(polling, data="40", timeout=PATIENCE).text == "OK"
    assert requests.get(polling, timeout=PATIENCE).text.startswith("40")
    return polling


def test_who_polls_hears_the_last_words_of_a_session_that_ended_between_two_polls(app: App) -> None:
    app.until(lambda state: state["sockets"] == 0)  # of other tests
    polling = opened(app)
    with app.client() as watcher:
        said = requests.post(polling, data='42["say","the last word"]\x1e42["leave_me"]', timeout=PATIENCE)
        assert said.text == "OK"
        watcher.until('42["left"')
        app.until(lambda state: state["sockets"] == 1)
        assert requests.post(polling, data='42["say","too late"]', timeout=PATIENCE).text == "OK"
        assert requests.get(polling, timeout=PATIENCE).text.split("\x1e") == ['42["said","the last word"]', "41"]
        assert requests.get(polling, timeout=PATIENCE).status_code == 400
        assert watcher.ask("echo", "fence") == ["fence"]  # and nobody heard what came too late
    app.until(lambda state: state["sockets"] == 0)


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "h2c"}, {"Upgrade": "websocket"}])
def test_who_polls_twice_at_a_time_is_let_go(app: App, headers: dict[str, str]) -> None:
    polling, before = opened(app), app.state()["requests"]
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(requests.get, polling, timeout=PATIENCE)
        app.until(lambda state: state["requests"] > before)
        assert requests.get(polling, headers=headers, timeout=PATIENCE).status_code == 400
        assert first.result().text == "1"


def test_probes_that_fail_cost_nobody_the_last_words(app: App) -> None:
    polling = opened(app)
    for _ in range(4):
        with ThreadPoolExecutor(1) as thread, Raw(app.port, path=polling.removeprefix(app.url)) as probe:
            before = app.state()["requests"]
            waiting = thread.submit(requests.get, polling, timeout=PATIENCE)
            app.until(lambda state, before=before: state["requests"] > before)  # type: ignore[misc]
            probe.say("2probe")
            assert probe.text() == "3probe" and waiting.result().text == "6"
            probe.say("5 and more")
            assert probe.closing()[0] == 1008
    assert requests.post(polling, data='42["leave_me"]', timeout=PATIENCE).text == "OK"
    app.until(lambda state: state["sockets"] == 0)
    assert requests.get(polling, timeout=PATIENCE).text == "41"


def test_who_is_slow_on_purpose_is_given_up_and_leaves_nothing_behind(serve: Callable[..., App]) -> None:
    app = serve(site={"head_timeout": 0.4, "body_patience": 0.4})
    before = app.state()
    polling = opened(app)
    path = polling.removeprefix(app.url)
    body = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n4".encode()
    starts = {
        "says nothing": (b"", b""),
        "a request line": (b"GE", b"T"),
        "a header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"y"),
        "header after header": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n"),
        "a body": (body, b"2"),
        "a probe of a WebSocket": (b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgr", b"a"),
    }
    with ExitStack() as stack:
        slow = {name: stack.enter_context(connect(app)) for name in starts}
        for name, (start, _) in starts.items():
            slow[name].sendall(start)
        for name, (_, drop) in starts.items():
            said = until_cut_off(slow[name], drop)
            assert not said or said.startswith(b"HTTP/1.1 400"), (name, said)
    assert requests.get(app.url, timeout=PATIENCE).text == "plain"
    after = app.until(lambda state: state["readers"] <= before["readers"])
    assert after["sockets"] == 0  # half a payload broke the session that it was for, as any that is none
    assert after["files"] <= before["files"] + 1


def test_a_request_that_is_cut_off_is_none(app: App) -> None:
    """Half of a payload is not taken for a whole one: the event in it does not happen."""
    polling = opened(app)
    with app.client() as watcher, connect(app) as sock:
        event = b'42["say","half"]'
        head = f"POST {polling.removeprefix(app.url)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(event) + 1}\r\n\r\n"
        sock.sendall(head.encode() + event)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(65536).startswith(b"HTTP/1.1 400")
        assert watcher.ask("echo", "fence") == ["fence"]
        watcher.emit("say", "whole")
        assert next(watcher.events("said")) == ["whole"]


def test_a_form_of_parts_is_no_odd_head(app: App) -> None:
    sent = requests.Request("POST", f"{app.url}/length", files={"file": ("a.txt", b"abc")}).prepare()
    assert sent.body and requests.Session().send(sent, timeout=PATIENCE).text == str(len(sent.body))


LONG = b"x" * 8_200
ODD = {
    b"411": [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        b"transfer-encoding: xchunked\r\n",
    ],
    b"400": [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: 1_0\r\n",
        b"Content-Length : 3\r\n",  # a proxy may take it for one, and what follows it for another request (RFC 9112, section 5.1)
        b"no header\r\n",
        b"X: a\rContent-Length: 3\r\n",  # not a line's end to every proxy, nor in a log
        b"X: a\0b\r\n",
        b"X: a\r\n b\r\n",
        b" X: a\r\n",
        b"Host: y\r\n",
        b"X: " + LONG + b"\r\n",
        b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8_000) for n in range(9)),
    ],
    b"431": [b"".join(b"X-%d: y\r\n" % n for n in range(120))],
}


@pytest.mark.parametrize("code", ODD)
def test_odd_heads_are_refused(app: App, code: bytes) -> None:
    for headers in ODD[code]:
        with connect(app) as sock:
            with suppress(ConnectionError):
                sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
            said = b""
            with suppress(ConnectionError):
                while data := sock.recv(65536):
                    said += data
            assert code in said.split(b"\r\n")[0], (headers[:60], said)
    with connect(app) as sock:
        sock.sendall(b"GET /" + LONG + b" HTTP/1.1\r\n\r\n")
        assert b" 414 " in sock.recv(65536)
    assert requests.get(app.url, timeout=PATIENCE).text == "plain"


def test_what_is_no_request_has_an_answer_and_writes_nothing_past_the_log(serve: Callable[..., App]) -> None:
    app = serve()
    for said, code in {
        b"GET / HTTP/2.0\r\n\r\n": b"505",
        b"one two three four\r\n\r\n": b"400",
        b"\x16\x03\x01\x02\0\x01\n\n": b"400",  # as who takes the port for TLS
    }.items():
        with connect(app) as sock:
            sock.sendall(said)
            assert sock.recv(65536).startswith(b"HTTP/1.1 " + code)
    assert not app.stop().strip()


def test_an_address_has_its_share_and_gets_it_back(serve: Callable[..., App]) -> None:
    app = serve(most_per_address=3, site={"most_per_address": 4})
    address = f"{app.url}/socket.io/?EIO=4&transport=polling"
    sockets = [app.client(), app.client(), Raw(app.port)]  # the last of which is in no namespace
    refused = Raw(app.port)
    assert refused.answer.startswith(b"HTTP/1.1 503") and b"Retry-After: 5" in refused.answer
    assert requests.get(address, timeout=PATIENCE).status_code == 503
    with pytest.raises(AssertionError):  # a bad handshake takes no place
        Raw.joined(app.port, Upgrade="h2c")
    for sock in sockets[1:]:
        sock.close()
    app.until(lambda state: state["sockets"] == 1)
    sockets = [sockets[0], app.client(), app.client()]
    assert sockets[0].ask("echo", 1) == [1]
    with ExitStack() as stack:
        busy = [stack.enter_context(connect(app)) for _ in range(4)]
        for sock in busy:
            sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert stack.enter_context(connect(app)).recv(65536).startswith(b"HTTP/1.1 503")
        assert sockets[1].ask("echo", 2) == [2]
        assert all(b"plain" in sock.recv(65536) for sock in busy)
    app.until(lambda state: state["sockets"] == 3)
    log = app.stop()
    assert "3 sockets from 127.0.0.1, no more are let in" in log and "4 connections from 127.0.0.1" in log
    assert log.count("no more are let in") == 2  # however often it happens


def test_at_an_address_that_is_full_the_newest_is_let_in_for_the_oldest_that_does_nothing(
    serve: Callable[..., App],
) -> None:
    """So that whoever keeps connections for nothing shuts nobody out."""
    app = serve(site={"most_per_address": 4})
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(app)) for _ in range(3)]
        idle[2].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"plain" in idle[2].recv(65536)
        idle[1].sendall(b"GET / HTTP")
        app.until(lambda state: state["readers"] >= 5)
        busy, new = stack.enter_context(connect(app)), stack.enter_context(connect(app))
        busy.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        new.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"plain" in new.recv(65536)
        assert b"plain" in busy.recv(65536)
        assert not idle[0].recv(65536)
        idle[1].sendall(b"/1.1\r\nHost: x\r\n\r\n")
        assert b"plain" in idle[1].recv(65536)


def test_who_hangs_up_in_the_turn_in_which_another_takes_their_place_is_seen_off_once(
    serve: Callable[..., App],
) -> None:
    app = serve(site={"most_per_address": 20})
    for _ in range(5):  # which of two events is told first is the hub's choice
        with ExitStack() as stack:
            idle = [stack.enter_context(connect(app)) for _ in range(18)]
            app.until(lambda state: state["readers"] >= 18)
            app.process.send_signal(signal.SIGSTOP)
            for sock in idle:
                sock.close()
            new = [stack.enter_context(connect(app)) for _ in range(18)]
            app.process.send_signal(signal.SIGCONT)
            new[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"plain" in new[-1].recv(65536)
        app.until(lambda state: state["readers"] < 18)
    assert "Traceback" not in app.stop()


def test_who_asks_for_nothing_has_no_greenlet(app: App) -> None:
    """Neither who says nothing, nor who has half a head, nor who has had an answer, nor whoever sends a body that nobody wants."""
    with ExitStack() as stack:
        silent, half, answered, unwanted = (stack.enter_context(connect(app)) for _ in range(4))
        half.sendall(b"GET / HTTP/1.1\r\nHost:")
        answered.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        unwanted.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc")
        assert b"plain" in answered.recv(65536) and b"plain" in unwanted.recv(65536)
        app.until(lambda state: state["requests"] == 1)  # this one
        half.sendall(b" x\r\n\r\n")
        unwanted.sendall(b"d" * 50_000)
        app.until(lambda state: state["requests"] == 1)
        unwanted.sendall(b"e" * 49_997 + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        silent.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for sock in (half, unwanted, silent):
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def test_requests_that_come_together_are_answered_in_turn(app: App) -> None:
    with connect(app) as sock:
        sock.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
            b"POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n12"
        )
        said = b""
        while data := sock.recv(65536):
            said += data
    assert [each.partition(b"\r\n\r\n")[2] for each in said.split(b"HTTP/1.1 ")[1:]] == [b"plain", b"5", b"plain", b"2"]


@pytest.mark.parametrize("size", [1, 16_384, 16_385, 70_000])
def test_a_body_that_comes_bit_by_bit_is_read_whole(app: App, size: int) -> None:
    """A part of it together with the head, the rest in pieces; its last bytes are waited for, and no more."""
    head = b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % size
    for expects in (b"", b"Expect: 100-continue\r\n"):
        with connect(app) as sock:
            sock.sendall(head + expects + b"\r\n")
            if expects:
                assert sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            for begin in range(0, size, 9_000):
                sock.sendall(b"x" * min(9_000, size - begin))
                app.state()  # it has been looked at by now
            assert sock.recv(65536).endswith(b"\r\n\r\n%d" % size)


def test_what_no_socket_io_client_says_costs_its_connection_alone(app: App) -> None:
    before = app.state()
    deep = "[" * 50_000
    odd = [
        "42" + deep, f'451-["echo",{deep}', '42["echo"', '42["connect"]', '4217["echo"]' + "x", "42" + "9" * 200 + '["echo"]',
        "42²[]", "44{}", "4599-[1]", '451-{"a":1}', "461-[]", "43[]", "43" + "9" * 200 + "[]", "4", "\0", "b" + "A" * 10,
        '451-["echo",{"_placeholder":true,"num":7}]',
    ]  # fmt: skip
    with app.client() as honest:
        for text in odd:
            with app.client() as client:
                client.say(text)
                if text.startswith('451-["echo",{"_pl'):
                    client.sock.sendall(masked(BINARY, b"out of range"))
                assert client.closing()[0] == 1008, text[:40]
        with app.client() as client:  # what is odd and harmless: namespaces and acknowledgements of nothing
            for n in range(300):
                client.say(f"40/nowhere-{n},")
                client.say(f"43{10**17 + n}[1]")
                client.say(f"41/nowhere-{n}," if n % 2 else "3")
                assert honest.ask("echo", n) == [n]
            client.until("44/nowhere-299,")
    after = app.until(lambda state: state["sockets"] == before["sockets"])
    for what in ("clients", "sids", "environs", "binary", "rooms"):
        assert after[what] <= before[what], what


def test_a_head_that_ends_before_it_is_whole_is_no_request(app: App) -> None:
    with socket.create_connection(("127.0.0.1", app.port), PATIENCE) as sock:
        sock.sendall(b"GET /state HTTP/1.1\r\nHost: x\r\nX-half: a")
        sock.shutdown(socket.SHUT_WR)
        assert not sock.recv(65536)
