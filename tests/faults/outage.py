"""`python -m tests.faults.outage [--seconds 60] [--times 3] [--workers 3]`: Redis is away under load and comes back; when is all as it was before?

A measurement, a line of figures an outage. That nothing is lost, doubled or out of order for anybody, however simple a client, is checked with it.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import websocket

from tests.many.test_broker import Talker
from tests.support.people import PATIENCE, Client, Person
from tests.support.several import Redis, SeveralSite, serving_several

LIMITS = {"MESSAGE_BURST": 10**6, "EVENT_BURST": 10**6, "SYNC_LIMIT": 10**6}
PEOPLE = 4  # who listen at each process; at the last nobody talks, and who is there is kept whole by the looks at the versions alone
PACE = 0.03  # seconds between an answer and the next word
BEFORE, AFTER = 5.0, 20.0  # seconds of talking
LATE = 0.5  # seconds after its acknowledgement at which a message is late


class Watch(threading.Thread):
    """Remembers what came over the wire, in that order, and when. (python-socketio's client hears each packet in a thread of its own.)"""

    def __init__(self, person: Person) -> None:
        super().__init__(daemon=True)
        self.heard: list[tuple[float, dict[str, Any]]] = []  # changes of the room
        self.greeted: list[float] = []
        address = person.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self._socket = websocket.create_connection(address, cookie=person.cookie, timeout=PATIENCE)
        self.start()

    def run(self) -> None:
        while packet := self._socket.recv():
            if packet[0] == "0":
                self._socket.send("40")
            elif packet == "2":
                self._socket.send("3")
            elif packet.startswith("42"):
                self._hear(json.loads(packet[2:])[1])

    def _hear(self, data: dict[str, Any]) -> None:
        if data["type"] == "hello":
            self.greeted.append(time.monotonic())
        elif data["type"] == "message":
            self.heard.append((time.monotonic(), data))

    def is_whole(self, stored: dict[str, Any]) -> bool:
        """Whether all has come: once, in order, and as it is stored."""
        return [data["message"] for _, data in self.heard] == stored["messages"]


class Steady(Talker):
    """Posts without an end; remembers when each was acknowledged, and how long that took."""

    def __init__(self, client: Client, room: str) -> None:
        self.at: dict[int, float] = {}  # by seq
        self.took: list[tuple[float, float]] = []
        super().__init__(client, room)

    def say(self) -> None:
        begun = time.monotonic()
        answer = self.client.ask("message", {"room": self.room, "body": f"{self.done}"})
        now = time.monotonic()
        self.took.append((now, now - begun))
        if answer["ok"]:
            self.at[answer["message"]["seq"]] = now
        else:
            self.refused.append(answer)
        time.sleep(PACE)


def outage(
    site: SeveralSite, redis: Redis, room: str, talking: Sequence[Client], watches: Sequence[Watch], seconds: float
) -> dict[str, Any]:
    """One; return what there is to tell of it."""
    talkers = [Steady(client, room) for client in talking]
    time.sleep(BEFORE)
    gone = time.monotonic()
    redis.stop()
    time.sleep(seconds)
    redis.start()
    back = time.monotonic()
    time.sleep(AFTER)
    for talker in talkers:
        talker.stop()
    time.sleep(BEFORE)
    stored = site.stored(room)
    assert all(watch.is_whole(stored) for watch in watches)
    said = {seq: at for talker in talkers for seq, at in talker.at.items()}
    heard = [(at, data["message"]["seq"]) for watch in watches for at, data in watch.heard]
    lags = [(at, at - said[seq], said[seq]) for at, seq in heard if seq in said]
    took = [spent for talker in talkers for at, spent in talker.took if gone < at < back]
    return {
        "away": round(back - gone, 1), "posted": len(said), "posted while away": sum(gone < at < back for at in said.values()),
        "longest answer while away": round(max(took), 2),
        "longest lag while away": round(max(lag for _, lag, at in lags if gone < at < back), 2),
        "whole again after": round(max((at for at, lag, _ in lags if lag > LATE), default=back) - back, 2),
        "greeted after": round(max(watch.greeted[-1] for watch in watches) - back, 2),
    }  # fmt: skip


def main() -> None:
    """Run for as often as asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long Redis is away")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--workers", type=int, default=3)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Redis(Path(folder)) as redis,
        serving_several(Path(folder), redis.url, asked.workers, **LIMITS) as site,
    ):
        people = sorted((site.person() for _ in range(PEOPLE * asked.workers)), key=lambda person: person.url)
        room = site.room(*people)
        watches = [Watch(person) for person in people]
        talking = [person.client() for person in people[:-PEOPLE:PEOPLE]]
        for _ in range(asked.times):
            print(json.dumps(outage(site, redis, room, talking, watches, asked.seconds)), flush=True)
        for client in talking:
            client.close()
        told = [line for line in site.server.trouble() if not ("Redis does not answer" in line or "the broker" in line)]
        assert not told, told
        print(f"{len(people)} people at {asked.workers} processes: all has come to all, once and in order.")


if __name__ == "__main__":
    main()
