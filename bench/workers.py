"""The workers case: one and two processes on PostgreSQL and Redis, beside Node's Socket.IO with its two adapters for that.

All of it, the generator and the services too, shares the cores of this machine: nothing is bound to one. So what is told beside deliveries a second
is how many a second of the servers' own CPU brings, which is what more machines would multiply. PostgreSQL and Redis are looked for at
TEST_POSTGRES_URL and TEST_REDIS_URL, as by the tests; each run has a database of its own, which is dropped.
"""

import contextlib
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench.neighbours import used_by_children, used_by_services, used_of_machine
from bench.servers import BENCH, PYTHON, ROOT, WORK, free_port, prepare_site, site_environment, wait_for_port
from bench.tools import Failed, generate

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
SERVICES = frozenset({"postgres", "redis-server"})
LOAD = {"mode": "closed", "warmup": 1, "seconds": 4}


@dataclass(frozen=True, slots=True)
class Shape:
    """Who talks where."""

    title: str
    what: str
    load: dict[str, Any]


SHAPES = {
    "room": Shape("One room", "500 members, 32 messages outstanding", {"clients": 500, "outstanding": 32}),
    "rooms": Shape(
        "Many rooms", "1,000 clients in 100 rooms, 32 messages outstanding", {"clients": 1000, "rooms": 100, "outstanding": 32}
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A server of several processes."""

    title: str
    dialect: str
    processes: int
    adapter: str = ""  # of Node

    @property
    def is_ours(self) -> bool:
        """Whether it is Chatsite."""
        return not self.adapter


KINDS = {
    "chatsite-1": Kind("Chatsite, 1 worker", "chatsite", 1),
    "chatsite-2": Kind("Chatsite, 2 workers", "chatsite", 2),
    "node-1": Kind("Socket.IO on Node, 1 process", "tutorial", 1, "none"),
    "redis-2": Kind("Socket.IO on Node, 2 processes, Redis adapter", "tutorial", 2, "redis"),
    "cluster-2": Kind("Socket.IO on Node, 2 processes, cluster adapter", "tutorial", 2, "cluster"),
}


class Several:
    """A running server of several processes, on a database of its own. Use as a context manager."""

    def __init__(self, kind: Kind, database: str, cookies: Path) -> None:
        self.kind, self.database, self.cookies = kind, database, cookies
        self.data = cookies.parent
        self.ports = free_ports(kind.processes)

    def __enter__(self) -> "Several":
        self._log = (self.data / "log").open("wb")
        command, cwd, environment = self._command()
        self.process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=self._log, stderr=subprocess.STDOUT)
        try:
            for port in self.ports:
                wait_for_port(port, self.process)
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        self.process.kill()
        self.process.wait()
        self._log.close()

    @property
    def pids(self) -> list[int]:
        """The parent and its workers."""
        parent = self.process.pid
        return [parent, *map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]

    def _command(self) -> tuple[list[str], Path, dict[str, str]]:
        port, count = str(self.ports[0]), str(self.kind.processes)
        if not self.kind.is_ours:
            command = ["node", "scale.js", port, count, self.kind.adapter, self.database, REDIS]
            return command, BENCH / "peers" / "node", {**os.environ, "NODE_ENV": "production"}
        command = [str(PYTHON), "manage.py", "serve", f"127.0.0.1:{port}", "--workers", count]
        joined = {"REDIS_URL": REDIS, "MESSAGE_QUEUE_CHANNEL": f"bench-{uuid.uuid4().hex[:12]}"}
        return command, ROOT, {**site_environment(self.data, self.database), **joined}


def free_ports(count: int) -> list[int]:
    """So many ports in a row that nobody listens on."""
    while True:
        first = free_port()
        try:
            for port in range(first + 1, first + count):
                free_port(port)
        except OSError:
            continue
        return list(range(first, first + count))


def measure(shape: Shape, kind: Kind, options: dict[str, Any], prepared: "Prepared") -> dict[str, float]:
    """One run: what the generator tells, and the CPU of the services and of strangers, in cores. Raises Failed."""
    with (
        database(prepared.template if kind.is_ours else "template1") as url,
        Several(kind, url, prepared.cookies[kind.is_ours]) as server,
    ):
        before = time.monotonic(), used_of_machine(), used_by_services(SERVICES), used_by_children(), server_cpu(server)
        found = generate(server, {**LOAD, **shape.load, **options}, set(range(os.cpu_count() or 1)))
        after = time.monotonic(), used_of_machine(), used_by_services(SERVICES), used_by_children(), server_cpu(server)
    took, machine, services, generator, servers = (b - a for a, b in zip(before, after, strict=True))
    return {
        **found,
        "per_cpu_second": found["delivered"] / max(found["server_cpu_seconds"], 0.01),
        "services_cpu": services / took,
        "others": max(0.0, machine - services - generator - servers) / took,
    }


def server_cpu(server: Several) -> float:
    """Seconds of CPU that its processes have used."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in server.pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / ticks


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the runs of a shape have in common: a database to copy, and the generator's cookies, of peers and of ours."""

    template: str
    cookies: tuple[Path, Path]


@contextmanager
def preparing(shape: Shape) -> Iterator[Prepared]:
    """Make a site with the people and rooms of a shape, as a database to be copied."""
    data = WORK / "workers"
    shutil.rmtree(data, ignore_errors=True)
    clients, rooms = shape.load["clients"], shape.load.get("rooms", 0)
    folders = data / "peers", data / "site"
    for folder in folders:
        folder.mkdir(parents=True)
    names = (f"room-{k % rooms + 1}" if rooms else "lobby" for k in range(clients))
    (folders[0] / "cookies").write_text("".join(f"room={name}\n" for name in names))
    with database("template1") as url:
        prepare_site(folders[1], clients, rooms, folders[1] / "cookies", url)
        yield Prepared(urlsplit(url).path.strip("/"), (folders[0] / "cookies", folders[1] / "cookies"))
    shutil.rmtree(data)


@contextmanager
def database(template: str) -> Iterator[str]:
    """The URL of a new database, a copy of `template`; dropped in the end."""
    name = f"chatsite_bench_{uuid.uuid4().hex[:12]}"
    ask_postgres(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
    finally:
        ask_postgres(f'DROP DATABASE "{name}" WITH (FORCE)')


def ask_postgres(statement: str) -> None:
    """Have PostgreSQL do something, by the site's own driver. Raises Failed."""
    code = "import sys, psycopg; psycopg.connect(sys.argv[1], autocommit=True, connect_timeout=5).execute(sys.argv[2])"
    ran = subprocess.run([str(PYTHON), "-c", code, POSTGRES, statement], capture_output=True, text=True)
    if ran.returncode:
        raise Failed(f"PostgreSQL at {POSTGRES} (TEST_POSTGRES_URL): {ran.stderr.strip().splitlines()[-1]}")
