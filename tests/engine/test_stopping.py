"""SIGTERM: what was received is done and acknowledged, clients are sent to come back, and the process ends by itself."""

import json
import signal
import subprocess
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.engine.conftest import App
from tests.engine.wire import TEXT, Raw, masked
from tests.support.site import Site

pytestmark = pytest.mark.server


EACH = 1000  # messages that each of eight clients sends at once


def post(room: str) -> bytes:
    """Return the frame of a message."""
    return masked(TEXT, f'421["message",{json.dumps({"room": room, "body": "x", "client_id": str(uuid.uuid4())})}]')


def drain(client: Raw) -> tuple[list[str], int]:
    """Return the texts up to the close frame, and its code."""
    texts: list[str] = []
    while True:
        opcode, payload = client.frame()
        if opcode != TEXT:
            return texts, int.from_bytes(payload[:2], "big")
        texts.append(payload.decode())


def test_what_is_under_way_is_finished(serve: Callable[..., App]) -> None:
    app = serve()
    with app.client() as busy, app.client() as idle:
        busy.emit("nap", 0.5, "done", ack=1)
        busy.emit("echo", "also done", ack=2)
        busy.emit("later", 0.5, "and this", ack=3)
        idle.ask("echo", "the other is at it by now")
        app.process.send_signal(signal.SIGTERM)
        texts, code = drain(busy)
        assert [text for text in texts if text.startswith("43")] == [
            '431["done"]',
            '432["also done"]',
            '433["and this"]',
        ]
        assert code == drain(idle)[1] == 1001
    assert "Traceback" not in app.stop()
    assert app.process.returncode == 0


def test_who_lags_behind_hears_the_rest(serve: Callable[..., App]) -> None:
    app = serve(bound=10_000_000)
    with app.client(receive_buffer=65_536) as slow, app.client() as talker:
        talker.emit("say_to_others", "x" * 990_000)
        app.until(lambda state: state["writers"] == 1)
        app.process.send_signal(signal.SIGTERM)
        assert drain(talker)[1] == 1001
        with suppress(subprocess.TimeoutExpired):  # it would be gone by then, if it did not wait
            app.process.wait(0.5)
        texts, code = drain(slow)
        assert [len(text) for text in texts] == [990_000 + len('42["said",""]')] and code == 1001
    assert "Traceback" not in app.stop()


def test_what_is_stored_was_acknowledged(own_site: Callable[..., Site]) -> None:
    """In both directions: nothing acknowledged is missing, and nobody has to wonder about what is there."""
    site = own_site(MESSAGE_BURST=10_000, EVENT_BURST=10_000)
    people = [site.person() for _ in range(8)]
    rooms = [site.room(person) for person in people]
    clients = [Raw.joined(site.server.port, Cookie=person.cookie) for person in people]
    for client in clients:
        client.data("hello")
    bursts = [b"".join(post(room) for _ in range(EACH)) for room in rooms]
    with ThreadPoolExecutor(len(clients)) as readers:
        for client, burst in zip(clients, bursts, strict=True):
            client.sock.sendall(burst)
        clients[-1].until("431")
        reading = [readers.submit(drain, client) for client in clients]
        assert site.server.stop() == 0
        ends = [each.result() for each in reading]
    stored = [len(site.stored(room)["messages"]) for room in rooms]
    acknowledged = []
    for client, (texts, code) in zip(clients, ends, strict=True):
        assert code == 1001
        answers = [json.loads(text[3:]) for text in texts if text.startswith("431")]
        assert all(answer["ok"] for (answer,) in answers)
        acknowledged.append(len(answers))
        client.close()
    acknowledged[-1] += 1
    assert acknowledged == stored
    assert sum(stored) < len(clients) * EACH, "it was stopped in the middle"
