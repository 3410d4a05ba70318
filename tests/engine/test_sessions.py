"""Sessions as Socket.IO has them: order, acknowledgements, namespaces, refusals, rooms, the two transports and the way between them."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio

from tests.engine.conftest import ROOT, App
from tests.engine.wire import BINARY, PATIENCE, Raw, masked

pytestmark = pytest.mark.server

TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


def official(app: App, case: str) -> Any:
    """Run a case with the official client, in Node; return what it found."""
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    script = Path(__file__).with_name("official.mjs")
    done = subprocess.run([node, script, app.url, case], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("transports", TRANSPORTS)
def test_a_client_of_python(app: App, transports: list[str]) -> None:
    heard: list[Any] = []
    gone = threading.Event()
    client = socketio.Client(reconnection=False)
    client.on("said", heard.append)
    client.on("question", lambda question: ("answer to", question))
    client.on("answer", heard.append)
    client.on("disconnect", lambda *_: gone.set())
    client.connect(app.url, transports=transports, wait_timeout=PATIENCE)
    assert client.call("echo", ("one", 2, {"three": [None]}), timeout=PATIENCE) == ("one", 2, {"three": [None]})
    assert client.call("echo", b"\0bytes\xff", timeout=PATIENCE) == b"\0bytes\xff"
    for number in range(100):
        client.emit("say", number)
    client.emit("ask", "why")
    assert client.call("echo", "fence", timeout=PATIENCE) == "fence"
    client.call("echo", "another, for the answer", timeout=PATIENCE)
    assert [item for item in heard if isinstance(item, int)] == list(range(100))
    assert ["answer to", "why"] in heard
    client.emit("leave_me")
    assert gone.wait(PATIENCE)


def test_the_official_client_moves_from_polling_to_a_websocket_and_loses_nothing(app: App) -> None:
    found = official(app, "upgrade")
    assert found["transports"] == ["polling", "websocket"]
    assert found["acks"] == list(range(300))
    assert found["said"] == list(range(300))


def test_the_official_client_polls_and_comes_back(app: App) -> None:
    found = official(app, "polling")
    assert found == {"transport": "polling", "said": list(range(50)), "binary": "00ff", "left": True, "back": True}


def test_the_official_client_is_refused_as_it_expects(app: App) -> None:
    assert official(app, "refused") == {
        "refused": {"message": "forbidden", "data": {"code": "forbidden"}},
        "namespace": {"message": "Invalid namespace"},
        "failed": {"message": "internal error"},
    }


def test_one_client_is_served_in_order_and_all_hear_one_order(app: App) -> None:
    with app.client() as napper, app.client() as busy, app.client() as listener:
        for number in range(5):
            napper.emit("nap", 0.05 * (5 - number), number, ack=number)
        assert [napper.until("43") for _ in range(5)] == [f"{number}[{number}]" for number in range(5)]
        speakers = [napper, busy]
        for number in range(200):
            speakers[number % 2].emit("say", number)
        orders = []
        for client in (napper, busy, listener):
            said = client.events("said")
            orders.append([next(said)[0] for _ in range(200)])
        assert orders[0] == orders[1] == orders[2]
        assert [n for n in orders[0] if n % 2 == 0] == list(range(0, 200, 2))


def test_a_slow_handler_delays_only_its_own_client(app: App) -> None:
    with app.client() as slow, app.client() as quick:
        slow.emit("nap", 0.5, "late", ack=1)
        slow.emit("echo", "after", ack=2)
        assert quick.ask("echo", "now") == ["now"]
        slow.emit("echo", "while it is at it", ack=3)
        assert [slow.until("43") for _ in range(3)] == ['1["late"]', '2["after"]', '3["while it is at it"]']


def test_an_answer_that_comes_later_holds_its_own_client_and_no_worker(serve: Callable[..., App]) -> None:
    app = serve(workers=1)
    with app.client() as slow, app.client() as quick:
        slow.emit("later", 0.5, "late", ack=1)
        slow.emit("echo", "after", ack=2)
        assert quick.ask("echo", "now") == ["now"]
        assert [slow.until("43"), slow.until("43")] == ['1["late"]', '2["after"]']
        quick.emit("later", 0.3, "nobody hears it", ack=3)
    assert "Traceback" not in app.stop()


def test_what_is_told_during_the_connect_handler_follows_the_confirmation(app: App) -> None:
    with Raw(app.port) as client, app.client() as other:
        client.text()
        client.say('40{"slow":0.2}')
        other.emit("say", "meanwhile")
        assert client.text().startswith("40")
        assert next(client.events("early"))


def test_rooms(app: App) -> None:
    with app.client() as a, app.client() as b, app.client() as c:
        assert "x" in a.ask("join", "x")[0]
        b.ask("join", "x")
        c.emit("to", "x", 1)
        assert (next(a.events("told")), next(b.events("told"))) == ([1], [1])
        assert "x" not in b.ask("leave", "x")[0]
        c.emit("to", "x", 2)
        c.emit("say", "fence")
        assert next(a.events("told")) == [2]
        texts = [b.text() for _ in range(1)]
        assert texts == ['42["said","fence"]']
        a.emit("say_to_others", "psst")
        assert next(b.events("said")) == ["psst"]
        assert a.ask("echo", 1) == [1]


def test_binary_packets_whole_and_broken(app: App) -> None:
    with app.client() as client:
        client.say('452-1["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
        client.sock.sendall(masked(BINARY, b"one") + masked(BINARY, b"two"))
        assert client.text().startswith("462-1[")
        assert [client.frame(), client.frame()] == [(BINARY, b"one"), (BINARY, b"two")]
        client.say('451-["echo",{"_placeholder":true,"num":0}]')
        client.say('42["echo"]')  # in place of the attachment
        assert client.closing()[0] == 1008
    with app.client() as client:
        client.say('452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
        half = masked(BINARY, bytes(600_000))
        client.sock.sendall(half + half)  # together more than a packet may have
        assert client.closing()[0] == 1008


def test_a_session_that_nobody_knows_is_refused(app: App) -> None:
    polling = f"{app.url}/socket.io/?EIO=4&transport=polling"
    assert requests.get(f"{polling}&sid=nobody", timeout=PATIENCE).status_code == 400
    assert requests.post(f"{polling}&sid=nobody", data="42[]", timeout=PATIENCE).status_code == 400
    assert requests.get(polling.replace("EIO=4", "EIO=3"), timeout=PATIENCE).status_code == 400
    with Raw(app.port, path="/socket.io/?EIO=4&transport=websocket&sid=nobody") as client:
        assert client.answer.startswith(b"HTTP/1.1 400")


def test_a_probe_that_fails_leaves_the_session_as_it_was(app: App) -> None:
    polling = f"{app.url}/socket.io/?EIO=4&transport=polling"
    opened = requests.get(polling, timeout=PATIENCE).text
    match = re.search(r'"sid":"([^"]+)"', opened)
    assert match
    polling += f"&sid={match[1]}"
    requests.post(polling, data="40", timeout=PATIENCE)
    assert requests.get(polling, timeout=PATIENCE).text.startswith("40")
    with Raw(app.port, path=f"/socket.io/?EIO=4&transport=websocket&sid={match[1]}") as probe:
        probe.say("5")  # without a probe before it
        assert probe.closing()[0] == 1008
    requests.post(polling, data='421["echo","still here"]', timeout=PATIENCE)
    assert requests.get(polling, timeout=PATIENCE).text == '431["still here"]'
    for garbage in ("", "x", "\x1e\x1e", "4" * 10, "99"):
        requests.post(polling, data=garbage, timeout=PATIENCE)
    assert requests.get(polling, timeout=PATIENCE).status_code == 400


def test_a_probe_that_is_never_finished_is_given_up_and_another_may_come(serve: Callable[..., App]) -> None:
    app = serve(patience={"probe": 0.3})
    polling = "/socket.io/?EIO=4&transport=polling"
    sid = json.loads(requests.get(app.url + polling, timeout=PATIENCE).text[1:])["sid"]
    requests.post(f"{app.url}{polling}&sid={sid}", data="40", timeout=PATIENCE)
    path = f"/socket.io/?EIO=4&transport=websocket&sid={sid}"
    with Raw(app.port, path=path) as silent:
        assert silent.closing()[0] == 1008
    with Raw(app.port, path=path) as slow:
        slow.say("2probe")
        assert slow.text() == "3probe"
        assert slow.closing()[0] == 1008
    with Raw(app.port, path=path) as good:
        good.say("2probe")
        assert good.text() == "3probe"
        good.say("5")
        assert good.until("40") and good.ask("echo", 1) == [1]
