"""Somebody who talks all the while: each message is timed from being sent to being heard by another, and a page now and then.

Times are kept with the moment in which the message was sent, so that one conversation tells of before, during and after.
"""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.engine.wire import Raw
from tests.support.people import Person
from tests.support.site import Site

PACE = 0.03  # seconds between two messages
PATIENCE = 5.0  # seconds that a message may take before it counts as lost


@dataclass(frozen=True)
class Felt:
    """What was felt in a stretch of time, in seconds."""

    messages: list[float]
    pages: list[float]
    lost: int

    def message(self, share: float) -> float:
        """A quantile of what messages took."""
        return quantile(self.messages, share)

    def page(self, share: float) -> float:
        """A quantile of what pages took."""
        return quantile(self.pages, share)


def quantile(times: list[float], share: float) -> float:
    """Return the time within which that share was done; infinite, if nothing was."""
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("inf")


class Honest:
    """Two people in a room, one of whom talks, and a reader of its history."""

    def __init__(self, site: Site, speaker: Person, listener: Person, room: str) -> None:
        self.room, self.speaker = room, speaker
        self.talking = Raw.joined(site.server.port, Cookie=speaker.cookie)
        self.hearing = Raw.joined(site.server.port, Cookie=listener.cookie)
        self.sent: dict[str, float] = {}
        self.heard: dict[str, float] = {}
        self.pages: list[tuple[float, float]] = []
        self.is_on = True
        self.threads = [threading.Thread(target=work) for work in (self._talk, self._drain, self._hear, self._read)]
        for thread in self.threads:
            thread.start()

    def felt(self, since: float, until: float) -> Felt:
        """What was felt by what was begun between two moments (`time.perf_counter`)."""
        bodies = [body for body, begun in list(self.sent.items()) if since <= begun < until]
        heard = [self.heard[body] for body in bodies if body in self.heard]
        return Felt(heard, [took for begun, took in self.pages if since <= begun < until], len(bodies) - len(heard))

    def catch_up(self) -> None:
        """Wait until all that was said is heard, or will not be."""
        said = len(self.sent)
        until = time.monotonic() + PATIENCE
        while len(self.heard) < said and time.monotonic() < until:
            time.sleep(0.02)

    def end(self) -> None:
        """Stop."""
        self.is_on = False
        for client in (self.talking, self.hearing):
            with suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.talking.close()
        self.hearing.close()

    def _talk(self) -> None:
        n = 0
        with suppress(OSError):
            while self.is_on:
                n += 1
                self.sent[f"n{n}"] = time.perf_counter()
                self.talking.emit("message", {"room": self.room, "body": f"n{n}"})
                time.sleep(PACE)

    def _drain(self) -> None:
        with suppress(OSError, EOFError, AssertionError):
            while True:
                self.talking.text()

    def _hear(self) -> None:
        with suppress(OSError, EOFError, AssertionError, StopIteration):
            while True:
                body = self.hearing.data("message")["message"]["body"]
                self.heard[body] = time.perf_counter() - self.sent[body]

    def _read(self) -> None:
        while self.is_on:
            begun = time.perf_counter()
            with suppress(OSError):
                assert self.speaker.get(f"/api/rooms/{self.room}/messages/?before=5").status_code == 200
                self.pages.append((begun, time.perf_counter() - begun))
            time.sleep(0.2)
