"""Those who do not read, and those who send more than can be done: each costs at most its bound, and delays nobody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.engine.conftest import App
from tests.engine.wire import TEXT, Raw, masked
from tests.support.site import Site

pytestmark = pytest.mark.server

BOUND = 300_000  # bytes
ROUNDS, ROUND = 15, 20  # a flood comes in rounds, each well within the bound for one who reads
SIZE = 10_000  # bytes of each message: all together, with the 512 KiB that the kernel buffers at our end, well past the bound
SMALL = 4096  # bytes: the kernel's buffer at the end that does not read


def flood(reader: Raw, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Let everybody be told a lot, and read it."""
    for _ in range(ROUNDS):
        reader.emit("flood", ROUND, SIZE)
        assert numbers(reader, ROUND) == list(range(ROUND))
        meanwhile()


def numbers(client: Raw, count: int) -> list[int]:
    """Read so many messages of a flood."""
    told = client.events("flood")
    return [next(told)[0][0] for _ in range(count)]


@pytest.mark.parametrize("mute", [1, 20])
def test_who_never_reads_is_cut_off_and_nobody_waits(serve: Callable[..., App], mute: int) -> None:
    app = serve(bound=BOUND)
    deaf = [app.client(receive_buffer=SMALL) for _ in range(mute)]
    with app.client() as reader:
        before = app.state()
        flood(reader)
        after = app.until(lambda state: state["clients"] == 1)
        assert {reason for _, reason, _ in after["gone"]} == {"transport error"}
        assert after["rss_kb"] - before["rss_kb"] < (mute * 2 * BOUND + 10_000_000) // 1024
        assert (after["readers"], after["writers"]) == (before["readers"] - mute, 0)
    for client in deaf:
        assert client.is_at_end()


def test_who_reads_byte_by_byte_is_cut_off_and_nobody_waits(serve: Callable[..., App]) -> None:
    app = serve(bound=BOUND)
    slow = app.client(receive_buffer=SMALL)
    with app.client() as reader:
        flood(reader, meanwhile=lambda: slow.sock.recv(1))
        app.until(lambda state: state["clients"] == 1)
    assert slow.is_at_end()


def test_who_is_slow_but_within_the_bound_misses_nothing(serve: Callable[..., App]) -> None:
    app = serve(bound=ROUNDS * ROUND * SIZE * 2)
    with app.client() as reader, app.client(receive_buffer=SMALL) as slow:
        flood(reader)
        assert app.state()["writers"] == 1
        reader.emit("say", "after")
        assert numbers(slow, ROUNDS * ROUND) == list(range(ROUND)) * ROUNDS
        assert next(slow.events("said")) == ["after"]
        assert app.state()["writers"] == 0


def test_one_message_past_the_bound_is_enough(serve: Callable[..., App]) -> None:
    app = serve(bound=BOUND)
    with app.client(receive_buffer=SMALL) as deaf, app.client() as talker:
        talker.emit("say_to_others", "x" * 990_000)
        app.until(lambda state: state["clients"] == 1)
        assert deaf.is_at_end()


def test_a_message_that_the_kernel_takes_in_parts_comes_whole(serve: Callable[..., App]) -> None:
    app = serve(bound=10 * BOUND)
    with app.client(receive_buffer=SMALL) as slow, app.client() as talker:
        for letter in "xyz":
            talker.emit("say_to_others", letter * 990_000)
        assert [value[0] for _, (value,) in zip("xyz", slow.events("said"), strict=False)] == ["x", "y", "z"]


def test_who_is_told_more_than_the_bound_when_they_come_is_not_cut_off_for_it(serve: Callable[..., App]) -> None:
    """Somebody in thousands of rooms: they would come back, and be told the same, for ever."""
    app, large = serve(bound=BOUND), 10 * BOUND
    with app.client({"large": large}, receive_buffer=SMALL) as client:
        client.emit("say", "meanwhile")
        assert next(client.events("early")) == ["x" * large]
        assert next(client.events("said")) == ["meanwhile"]
    for upgrades in (False, True):
        polling = f"{app.url}/socket.io/?EIO=4&transport=polling"
        polling += "&sid=" + requests.get(polling, timeout=10).text.split('"')[3]
        requests.post(polling, data=f'40{{"large":{large}}}', timeout=10)
        if upgrades:
            with Raw(app.port, path=polling.removeprefix(app.url), receive_buffer=SMALL) as client:
                client.say("2probe")
                client.until("3probe")
                client.say("5")
                assert next(client.events("early")) == ["x" * large]
        else:
            assert len(requests.get(polling, timeout=10).text) > large


def test_who_does_not_poll_is_cut_off(serve: Callable[..., App]) -> None:
    app = serve(bound=BOUND)
    polling = f"{app.url}/socket.io/?EIO=4&transport=polling"
    sid = requests.get(polling, timeout=10).text.split('"')[3]
    requests.post(f"{polling}&sid={sid}", data="40", timeout=10)
    with app.client() as reader:
        flood(reader)
        app.until(lambda state: state["clients"] == 1)
    assert requests.get(f"{polling}&sid={sid}", timeout=10).status_code == 400


@pytest.mark.parametrize("size", [2_000, 300_000])
def test_who_sends_more_than_can_be_done_is_not_read(app: App, size: int) -> None:
    """The inbox is full (of packets, or bytes), the socket is not read, the kernel's buffers fill, the client stops sending; later it goes on."""
    packet = "x" * size
    with app.client() as eager, app.client() as other:
        before = app.state()["rss_kb"]
        eager.emit("hold", ack=0)
        eager.sock.setblocking(False)
        sent, rest = 0, b""
        try:
            while sent * size < 100_000_000:
                frame = masked(TEXT, f'42{sent + 1}["measure","{packet}"]', key=b"\0\0\0\0")
                rest = frame[eager.sock.send(frame) :]
                sent += 1
                if rest:
                    break
        except BlockingIOError:
            pass
        assert sent * size < 100_000_000, "100 MB went in without resistance"
        assert other.ask("echo", "no wait") == ["no wait"]
        assert app.state()["rss_kb"] - before < 10_000
        other.ask("release")
        eager.sock.settimeout(10)
        eager.sock.sendall(rest)
        answers = [eager.until("43") for _ in range(sent + 1)]
        assert answers == ["0[]", *(f"{number}[{size}]" for number in range(1, sent + 1))]


def test_a_client_whose_inbox_is_full_is_not_taken_for_dead(serve: Callable[..., App]) -> None:
    """Its pongs stand behind what is not read."""
    app = serve(ping_interval=0.2, ping_timeout=1)
    with app.client() as eager, app.client() as other:
        eager.emit("hold", ack=0)
        for number in range(1, 100):
            eager.emit("echo", number, ack=number)
        for _ in range(3):
            assert other.frame() == (TEXT, b"2")
            other.say("3")
        other.ask("release")
        assert [eager.until("43") for _ in range(100)] == ["0[]", *(f"{number}[{number}]" for number in range(1, 100))]


def test_a_post_is_answered_when_there_is_room_again(app: App) -> None:
    polling = f"{app.url}/socket.io/?EIO=4&transport=polling"
    polling += "&sid=" + requests.get(polling, timeout=10).text.split('"')[3]
    requests.post(polling, data="40", timeout=10)
    many = "\x1e".join(['42["hold"]', *(f'42["echo",{number}]' for number in range(100))])
    with app.client() as other, ThreadPoolExecutor(1) as thread:
        before = app.state()["requests"]
        posting = thread.submit(requests.post, polling, data=many, timeout=10)
        app.until(lambda state: state["requests"] > before)
        for number in range(20):
            assert other.ask("echo", number) == [number]
        assert app.state()["requests"] > before and not posting.done()
        assert requests.post(polling, data='42["echo",0]', timeout=10).status_code == 400, "a second one beside it"
        other.ask("release")
        assert posting.result().status_code == 200
    app.until(lambda state: state["sockets"] == 0)  # two at a time have ended the session


def test_a_crowd_that_takes_longer_than_a_slice_hears_everything(app: App) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(app.client()) for _ in range(300)]
        crowd[0].emit("flood", 2, 150_000)
        for client in crowd:
            assert numbers(client, 2) == [0, 1]


def test_a_member_who_was_cut_off_is_whole_after_a_sync(own_site: Callable[..., Site]) -> None:
    site = own_site(MESSAGE_BURST=10_000, EVENT_BURST=10_000, SYNC_RESET=10_000)
    deaf, talker = site.person("deaf"), site.person("talker")
    room = site.room(deaf, talker)
    port = site.server.port
    with (
        Raw.joined(port, Cookie=deaf.cookie, receive_buffer=SMALL) as member,
        Raw.joined(port, Cookie=talker.cookie) as talking,
    ):
        member.data("hello")
        for number in range(25):
            for _ in range(10):
                talking.emit("message", {"room": room, "body": f"{number} " + "long " * 1990})
            assert talking.ask("edit", {"room": room, "seq": 1, "body": f"edited {number}"})[0]["ok"]
        assert member.is_at_end()
        assert talking.ask("delete", {"room": room, "seq": 2})[0]["ok"]
    stored = site.stored(room)
    held: dict[int, Any] = {}
    with deaf.client() as back:
        version, more = 0, True
        while more:
            answer = back.ask("sync", {"rooms": {room: version}})["rooms"][room]
            held |= {message["seq"]: message for message in answer["messages"]}
            version, more = answer["version"], answer["more"]
    assert [held[seq] for seq in sorted(held)] == stored["messages"]
    assert version == stored["version"] == 250 + 25 + 1
