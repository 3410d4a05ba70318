"""The growth case: what a delivery, a message and reading cost as a room gets more people and messages, and a site more rooms.

One process on SQLite, bound to a core as in the other cases. What is told is CPU of the server (deliveries, messages) or its time (pages, `sync`, the
list of rooms), and how the dearest size compares with the smallest: it must stay within MOST. Sizes take turns, run by run; the long room is grown
from one size to the next in one file, which is removed in the end.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.history import ADDRESSES, JOIN_ALL, LINE
from bench.longer import lengthen
from bench.neighbours import Watch, used_by
from bench.servers import KINDS, LOAD_CORE, PYTHON, ROOT, SERVER_CORE, WORK, Server, manage
from bench.tools import Failed, allow_files, drive, percentiles

MOST = 1.5  # times what it costs at the smallest size
WRITERS, READERS, ROOMS_EACH = 20, 20, 20
IN_A_ROOM, RATE = 10, 500  # people; messages a second

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Curve:
    """One thing that grows, and what is measured of it."""

    key: str
    title: str
    grows: str
    unit: str
    sizes: tuple[int, ...]
    lines: dict[str, str]  # what is measured, by key


MEMBERS = Curve(
    "members", "A delivery", "members in one room", "µs of CPU", (1_000, 2_000, 5_000, 10_000),
    {"delivery": "a delivery, 16 messages outstanding"},
)  # fmt: skip
ROOMS = Curve(
    "rooms", "A message", f"rooms of {IN_A_ROOM}", "ms of CPU", (10, 100, 1_000),
    {"message": f"a message to {IN_A_ROOM}, {RATE} a second"},
)  # fmt: skip
MESSAGES = Curve(
    "messages", "What is read", "messages in a room", "ms, median", (10_000, 100_000, 1_000_000, 10_000_000),
    {
        "newest": "last page",
        "middle": "page in the middle",
        "sync": "`sync` of 100 changes",
        "rooms": f"connect: session, and {ROOMS_EACH} rooms with unread",
    },
)  # fmt: skip
CURVES = (MEMBERS, ROOMS, MESSAGES)
QUICK = {"members": (1_000, 2_000), "rooms": (10, 100), "messages": (10_000, 100_000)}


def measure(runs: int, quick: bool, say: Callable[[str], None]) -> JSON:
    """Return the figures of each curve, by line and size, and the largest share of a core that others used."""
    found: JSON = {"runs": runs}
    others = []
    for curve in CURVES:
        sizes = QUICK[curve.key] if quick else curve.sizes
        points = (
            read_points(sizes, 60 if quick else 300, say)
            if curve is MESSAGES
            else loads(curve, sizes, runs, quick, say)
        )
        others += [point.pop("others") for point in points.values()]
        found[curve.key] = {line: {str(size): points[size][line] for size in sizes} for line in curve.lines}
    return {**found, "others": max(others)}


def loads(curve: Curve, sizes: tuple[int, ...], runs: int, quick: bool, say: Callable[[str], None]) -> dict[int, JSON]:
    """What a delivery (members) or a message (rooms) costs, by size: medians of the runs."""
    allow_files(max(sizes) * (IN_A_ROOM if curve is ROOMS else 1))
    servers = {size: _server(curve, size) for size in sizes}
    found: dict[int, list[JSON]] = {size: [] for size in sizes}
    for number in range(runs):
        for size, server in servers.items():
            say(f"growth {number + 1}/{runs}: {size:,} {curve.grows}")
            with server:
                found[size].append(cost(curve, size, server, 2 if quick else 4))
    for server in servers.values():
        shutil.rmtree(server.data)
    line = next(iter(curve.lines))
    return {
        size: {line: statistics.median(each[line] for each in every), "others": max(each["others"] for each in every)}
        for size, every in found.items()
    }


def _server(curve: Curve, size: int) -> Server:
    clients, rooms = (size, 0) if curve is MEMBERS else (size * IN_A_ROOM, size)
    return Server(KINDS["chatsite"], clients, rooms, folder=f"{curve.key}-{size}")


def cost(curve: Curve, size: int, server: Server, seconds: int) -> JSON:
    """One run."""
    if curve is MEMBERS:
        figures = drive(server, {"mode": "closed", "clients": size, "outstanding": 16, "warmup": 1, "seconds": seconds})
        found = {"delivery": figures["server_cpu_seconds"] / figures["delivered"] * 1e6}
    else:
        load = {"mode": "paced", "clients": size * IN_A_ROOM, "rooms": size, "rate": RATE}
        figures = drive(server, {**load, "warmup": 1, "seconds": seconds})
        found = {"message": figures["server_cpu_seconds"] / figures["posted"] * 1e3}
    if wrong := {key: figures[key] for key in ("lost", "doubled", "reordered", "refused") if figures[key]}:
        raise Failed(f"{size:,} {curve.grows}: {wrong}")
    return {**found, "others": figures["others"]}


def read_points(sizes: tuple[int, ...], times: int, say: Callable[[str], None]) -> dict[int, JSON]:
    """What reading takes, by the number of messages in the room; by one client, one request at a time."""
    server = Server(KINDS["chatsite"], WRITERS, 0, folder="long")
    people = ["--users", str(WRITERS + READERS), "--rooms", str(ROOMS_EACH - 1)]
    manage(server.data, "populate", *people, "--messages", "0", "--cookies", str(server.cookies))
    manage(server.data, "shell", "-v0", "-c", JOIN_ALL)
    found = {}
    for size in sizes:
        say(f"growth: {size:,} {MESSAGES.grows}")
        lengthen(server.data / "db.sqlite3", size)
        with server:
            found[size] = _asked(server, times)
    shutil.rmtree(server.data)
    return found


def _asked(server: Server, times: int) -> JSON:
    watch = Watch(SERVER_CORE, lambda: used_by(server.process.pid))
    command = [str(PYTHON), "-m", "bench.asking", str(server.port), str(server.cookies), str(times)]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE})
    )
    others = watch.others()
    if ran.returncode:
        raise Failed(ran.stderr)
    told: JSON = json.loads(ran.stdout)
    log = (server.data / "log").read_text()
    for key in ("newest", "middle"):
        told[key] = percentiles([float(seconds) for seconds in re.findall(LINE % ADDRESSES[key], log)][-times:])
    return {**{key: told[key]["p50_ms"] for key in MESSAGES.lines}, "others": others}


def ratio(values: dict[str, float]) -> float:
    """How many times as dear as at the smallest size it is where it is dearest."""
    smallest = values[min(values, key=int)]
    return max(values.values()) / smallest if smallest else float("inf")


def remove() -> None:
    """What an interrupted run may have left: up to three gigabytes."""
    for left in (each for name in ("members-*", "rooms-*", "long") for each in WORK.glob(name)):
        shutil.rmtree(left, ignore_errors=True)
