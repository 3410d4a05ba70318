"""The history case: what a page costs in a room of 10,000 messages and in one of 1,000,000, asked of the running server by one client.

The times are the server's: of HTTP by its own log, over a socket those of the client less the way there and back (bench/asking.py). The client's
side runs in the peers' environment (websocket-client).
"""

import json
import os
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

from bench.neighbours import Watch, used_by
from bench.servers import KINDS, LOAD_CORE, PYTHON, ROOT, SERVER_CORE, Server, manage
from bench.tools import Failed, percentiles

OPERATIONS = {
    "newest": "last page (API)",
    "middle": "page in the middle (API)",
    "around": "page around a permalink (API)",
    "sync": "`sync` of 100 changes",
    "rooms": "connect: session, and the list of 200 rooms with unread",
    "html": "last page (HTML, with the list of 200 rooms)",
}
PEOPLE, ROOMS = 20, 200
FOLDER = "history"
# What is asked by HTTP, as the server's log has it.
LINE = r'"GET %s HTTP/1\.1" 200 \d+ ([\d.]+)'
API = "/api/rooms/lobby/messages/"
ADDRESSES = {"newest": API, "middle": rf"{API}\?before=\d+", "around": rf"{API}\?around=\d+", "html": "/rooms/lobby/"}
# Everybody into all the rooms: populate puts each into one.
JOIN_ALL = """
from accounts.models import User
from rooms.models import Membership, Room
wanted = [Membership(room=room, user=user) for room in Room.objects.all() for user in User.objects.all()]
Membership.objects.bulk_create(wanted, batch_size=5000, ignore_conflicts=True)
"""


def measure(runs: int, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Ask everything of a short and of a long room, `runs` times by turns; quick: of one a tenth as long.

    Two servers run at the same time, and the one that is not asked has nothing to do: so a drift of the machine hits both.
    """
    sizes, times = ((10_000, 100_000), 60) if quick else ((10_000, 1_000_000), 400)
    rounds: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    servers = {size: prepared(size) for size in sizes}
    with ExitStack() as running:
        for server in servers.values():
            running.enter_context(server)
        for number in range(runs):
            for size, server in servers.items():
                say(f"history {number + 1}/{runs}: {size:,} messages")
                rounds[size].append(ask(server, times))
    say("")
    others = max(each.pop("others") for found in rounds.values() for each in found)
    return {"runs": runs, "sizes": {str(size): medians(found) for size, found in rounds.items()}, "others": others}


def medians(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure, however deep it lies."""
    return {
        key: medians([each[key] for each in found]) if isinstance(first, dict) else median(each[key] for each in found)
        for key, first in found[0].items()
    }


def prepared(size: int) -> Server:
    """A site with a room of `size` messages, not started yet."""
    server = Server(KINDS["chatsite"], PEOPLE, 0, f"{FOLDER}/{size}")
    manage(server.data, "populate", "--users", str(PEOPLE), "--rooms", "0", "--messages", str(size))
    few = ["--rooms", str(ROOMS), "--messages", str(50 * ROOMS)]
    manage(server.data, "populate", "--users", str(PEOPLE), *few, "--cookies", str(server.cookies))
    manage(server.data, "shell", "-v0", "-c", JOIN_ALL)
    return server


def ask(server: Server, times: int) -> dict[str, Any]:
    """Return the percentiles of each operation, asked `times` times of a running server."""
    watch = Watch(SERVER_CORE, lambda: used_by(server.process.pid))
    command = [str(PYTHON), "-m", "bench.asking", str(server.port), str(server.cookies), str(times)]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE}),
    )
    others = watch.others()
    if ran.returncode:
        raise Failed(ran.stderr)
    found: dict[str, Any] = json.loads(ran.stdout)
    log = (server.data / "log").read_text()
    client = {key: found[key] for key in ADDRESSES}
    served = {
        key: percentiles([float(s) for s in re.findall(LINE % address, log)][-times:])
        for key, address in ADDRESSES.items()
    }
    return {**found, **served, "client": client, "others": others}
