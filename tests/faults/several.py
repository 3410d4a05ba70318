"""Two processes on PostgreSQL with Redis between them and nginx before them, and what may befall each of these."""

import asyncio
import os
import re
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests

from tests.faults.partition import Partition
from tests.faults.saying import Explains
from tests.faults.site import Alone, Fault
from tests.faults.wire import Address
from tests.support.databases import cluster, furnished
from tests.support.hand import Hand
from tests.support.nginx import Nginx
from tests.support.server import PATIENCE, ROOT, Server
from tests.support.several import Redis

SERVES = re.compile(r"worker \d \(process (\d+)\) serves on port (\d+)")

AWAY = Explains(
    r"WARNING rooms\.realtime\.engine\.pubsub: the broker is away, |WARNING chatsite\.cache: Redis does not answer: "
)
# What a lost connection to PostgreSQL is called, by it, by its library and by psycopg; a deadlock, or a row that may not be, is none of these.
LOST = (
    r"terminating connection due to administrator command|terminating connection because of crash of another server process"
    r"|server closed the connection unexpectedly|the connection is (closed|lost)|Connection refused|Connection reset by peer"
    r"|the database system is (shutting down|starting up|in recovery mode|not yet accepting connections)"
)
CUT = Explains(
    r"WARNING psycopg\.pool: discarding (closed|broken) connection: <psycopg\.Connection \[BAD\]"
    r"|WARNING psycopg\.pool: closing returned connection: <psycopg\.Connection \[ACTIVE, pipeline=ABORTED\]"  # between two rows
    rf"|WARNING psycopg\.pool: error connecting in '[\w-]+': connection failed: .*({LOST})"
    r"|WARNING psycopg\.pool: reconnection attempt in pool '[\w-]+' failed after"
    rf"|WARNING psycopg: error ignored terminating <psycopg\.Pipeline \[BAD\] at \w+>: .*({LOST})"
    rf"|(the examiner could not look|the versions of the rooms could not be looked at|not all clients could be looked at): .*({LOST})",
    LOST,
)
EXPLAINS = {
    "worker killed": Explains(r"ERROR chatsite\.workers: worker \d \(process \d+\) ended with -9 and is started again"),
    "worker frozen": AWAY, "worker parted": AWAY, "broker restarted": AWAY, "broker silent": AWAY,
    "database cut": CUT, "database restarted": CUT,
}  # fmt: skip


class Several(Alone):
    """The set-up of deploy/several-machines.env, on one."""

    explains: Mapping[str, Explains] = EXPLAINS

    def __init__(self, home: Path, **settings: object) -> None:
        self.home, self.settings, self._hand = home, settings, None
        self.server = Server(home)
        self.faults: dict[str, Fault] = {
            "worker killed": self.worker_killed, "worker frozen": self.worker_frozen, "nginx killed": self.nginx_killed,
            "broker restarted": self.broker_restarted, "broker silent": self.broker_silent, "database cut": self.database_cut,
            "database restarted": self.database_restarted, "worker parted": self.worker_parted,
        }  # fmt: skip
        self._stack = ExitStack()

    @property
    def address(self) -> Address:
        return "127.0.0.1", self.nginx.port

    def hand(self, what: str, **how: Any) -> Any:
        if self._hand is None:
            own = {name: value for name, value in self.server.environment.items() if not name.startswith("MESSAGE_")}
            self._hand = Hand(own, ROOT)
        return self._hand(what, **how)

    async def start(self) -> None:
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        (self.home / "nginx").mkdir(parents=True)
        self.postgres = self._stack.enter_context(cluster())
        self._stack.enter_context(furnished(self.postgres.url, self.home))
        self.redis = self._stack.enter_context(Redis(self.home))
        self.line = self._stack.enter_context(Partition(self.redis.port))
        own = {
            "DATABASE_URL": self.postgres.url, "MESSAGE_QUEUE_URL": f"redis://127.0.0.1:{self.line.port}/0",
            "MESSAGE_QUEUE_CHANNEL": f"faults-{uuid.uuid4().hex[:12]}", "PRESENCE_GRACE": 0.3, "DATABASE_CONNECTIONS": 8,
        }  # fmt: skip
        self.server = Server(self.home, "serve", "--workers", "2", **own | self.settings)
        self._stack.callback(self.server.stop)
        self.server.start()
        self.nginx = Nginx(self.home / "nginx", self.home / "media", self.server.ports, tls=False)
        self._stack.enter_context(self.nginx)

    async def stop(self) -> None:
        self._let_go()
        await asyncio.to_thread(self._stack.close)

    def _let_go(self) -> None:
        if self._hand:
            self._hand.close()
            self._hand = None

    async def mend(self) -> None:
        for port in self.server.ports:
            await asyncio.to_thread(until, lambda port=port: is_whole(port))

    def workers(self) -> dict[int, int]:
        """The pids of the processes, by port."""
        return {int(port): int(pid) for pid, port in SERVES.findall("\n".join(self.server.lines))}

    def one(self, hard: float) -> int:
        """The pid of one of them."""
        pids = list(self.workers().values())
        return pids[int(hard * len(pids)) % len(pids)]

    # --- What may befall it ---

    async def worker_killed(self, hard: float, seconds: float) -> None:
        """SIGKILL for one; its parent starts it again."""
        begun, pid = len(self.server.lines), self.one(hard)
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(self.server.wait_for, SERVES.pattern, begun)

    async def worker_frozen(self, hard: float, seconds: float) -> None:
        """One stands still, and its connections with it."""
        pid = self.one(hard)
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def nginx_killed(self, hard: float, seconds: float) -> None:
        """The proxy dies with all connections through it."""
        await asyncio.to_thread(self.nginx.stop, signal.SIGKILL)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.nginx.start)

    async def broker_restarted(self, hard: float, seconds: float) -> None:
        """Redis dies, and forgets."""
        await asyncio.to_thread(self.redis.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.redis.start)

    async def broker_silent(self, hard: float, seconds: float) -> None:
        """A partition: the connections to Redis stand, and nothing comes through them, for longer than a probe takes."""
        os.kill(self.redis.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(5 + 2 * seconds)
        finally:
            os.kill(self.redis.pid, signal.SIGCONT)

    async def worker_parted(self, hard: float, seconds: float) -> None:
        """One is cut off from the broker, the other is not: it hears nothing for longer than a probe takes, or is refused."""
        await asyncio.to_thread(self.line.part, self.one(hard), is_silent=hard < 0.5)
        try:
            await asyncio.sleep(5 + 2 * seconds)
        finally:
            await asyncio.to_thread(self.line.join)

    async def database_cut(self, hard: float, seconds: float) -> None:
        """The database ends all connections; again and again for a while."""
        self._let_go()
        url = self.server.environment["DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as own:
            for _ in range(1 + round(4 * hard)):
                await own.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                await asyncio.sleep(seconds / 5)

    async def database_restarted(self, hard: float, seconds: float) -> None:
        """PostgreSQL ends, as by a crash or in order, and starts again; meanwhile nobody is let in."""
        self._let_go()
        await asyncio.to_thread(self.postgres.stop, "immediate" if hard < 0.5 else "fast")
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.postgres.start)


def is_whole(port: int) -> bool:
    """Whether a process serves, and hears the others."""
    try:
        told = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE).json()
    except requests.ConnectionError:
        return False
    return bool((told["status"], told["broker"], told["others"]) == ("ready", "up", 1))


def until(condition: Callable[[], bool]) -> None:
    """Return when it holds."""
    for _ in range(600):
        if condition():
            return
        signal.sigtimedwait([], 0.1)
    raise AssertionError("the site does not become whole")


@contextmanager
def several(folder: Path, seed: int) -> Iterator[Several]:
    """The site of a run: `python -m tests.faults --site tests.faults.several:several`."""
    home = folder / "data"
    home.mkdir()
    yield Several(home)
