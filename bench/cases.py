"""What is measured: the cases, the figures of each, and what must be reached against Node's Socket.IO in the same run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a case. `target` is the least ratio to Node's (how many times better), `bound` a limit on the number itself."""

    key: str  # in the generator's JSON
    title: str
    unit: str = ""
    higher_is_better: bool = False
    target: float | None = None
    bound: float | None = None

    def ratio(self, ours: float, theirs: float) -> float | None:
        """How many times better `ours` is than `theirs`; None where there is nothing to compare."""
        if not ours or not theirs or ours < 0 or theirs < 0:
            return None
        return ours / theirs if self.higher_is_better else theirs / ours


@dataclass(frozen=True, slots=True)
class Case:
    """A load: the generator's options, as they are and for a quick look."""

    name: str
    title: str
    what: str
    figures: tuple[Figure, ...]
    load: Mapping[str, Any]
    quick: Mapping[str, Any] = field(default_factory=dict)
    servers: tuple[str, ...] = ("chatsite", "durable", "node", "socketio", "channels")

    def options(self, quick: bool) -> dict[str, Any]:
        """The generator's options."""
        return {**self.load, **(self.quick if quick else {})}


LATENCY = (Figure("p50_ms", "p50", "ms"), Figure("p99_ms", "p99", "ms"))
QUICKLY = {"warmup": 1, "seconds": 2}

CASES = {
    case.name: case
    for case in (
        Case(
            "fanout",
            "Fan-out",
            "500 members in one room, 16 messages outstanding",
            (
                Figure("deliveries_per_second", "deliveries/s", higher_is_better=True, target=10),
                *LATENCY,
            ),
            {"mode": "closed", "clients": 500, "outstanding": 16, "warmup": 2, "seconds": 8},
            QUICKLY,
        ),
        Case(
            "rooms",
            "Small rooms",
            "1,000 clients in 100 rooms, 32 messages outstanding",
            (Figure("messages_per_second", "messages/s", higher_is_better=True, target=1.5), *LATENCY),
            {"mode": "closed", "clients": 1000, "rooms": 100, "outstanding": 32, "warmup": 2, "seconds": 8},
            QUICKLY,
        ),
        Case(
            "paced",
            "Paced",
            "500 members in one room, 50 messages a second",
            (Figure("p50_ms", "p50", "ms"), Figure("p99_ms", "p99", "ms", target=1)),
            {"mode": "paced", "clients": 500, "rate": 50, "warmup": 2, "seconds": 8},
            QUICKLY,
            ("chatsite", "node", "socketio", "channels"),
        ),
        Case(
            "idle",
            "Idle",
            "10,000 connections; then 2 messages a second to all of them",
            (
                Figure("kb_per_connection", "memory a connection", "kB", bound=8, target=2.5),
                Figure("connect_cpu_ms", "CPU to connect", "ms"),
                Figure("p50_ms", "p50", "ms"),
                Figure("p99_ms", "p99", "ms", target=1 / 0.7),
            ),
            {"mode": "paced", "clients": 10_000, "rate": 2, "settle": 3, "warmup": 1, "seconds": 15},
            {"clients": 2_000, "settle": 1, "seconds": 4},
            ("chatsite", "node", "socketio"),
        ),
        Case(
            "storm",
            "Storm",
            "2,000 clients cut at once while people talk, reconnecting (1 s ± 0.5 s later, as the official client does) and syncing",
            (
                Figure("whole_seconds", "cut to all whole", "s", bound=5),
                Figure("back_seconds", "cut to all back", "s"),
                Figure("connect_cpu_ms", "CPU to connect", "ms"),
            ),
            {"mode": "storm", "cut": "reset", "clients": 2000, "rate": 50},
            {"clients": 500},
            ("chatsite", "node"),
        ),
    )
}
HISTORY = "history"
