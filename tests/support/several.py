"""A site that several processes serve, on PostgreSQL and with a broker between them; its people are spread over the processes.

The broker is looked for at TEST_REDIS_URL; where none answers, one is started. Without redis-server, or a PostgreSQL that answers, the tests are
skipped and say so; in CI they fail.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, Self

import redis

from tests.support.databases import furnished, migrated, missing
from tests.support.hand import Hand
from tests.support.server import PATIENCE, ROOT, Server
from tests.support.site import GRACE, Site

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


class SeveralSite(Site):
    """A site of several processes; each new person uses the next of them."""

    def __init__(self, server: Server, hand: Hand) -> None:
        super().__init__(server, hand)
        self._ports = cycle(server.ports or [0])  # none by Unix sockets: they come by what stands in front

    @property
    def url(self) -> str:
        """The address of one of the processes, in turns."""
        return f"http://127.0.0.1:{next(self._ports)}"

    def another_hand(self) -> Hand:
        """The hand anew, after its database connection was cut."""
        self.hand.close()
        self.hand = Hand(self.hand.environment, ROOT)
        return self.hand


@contextmanager
def serving_several(
    home: Path, broker: str = "", workers: int = 2, database: str = "", sockets: Path | None = None, **settings: Any
) -> Iterator[SeveralSite]:
    """A site of one's own, served by so many processes until the end of the block.

    `broker`, `database`: their URLs, by default the Redis of this machine, and a database made for it; `sockets`: a Unix socket for ports."""
    broker = broker or running_redis()
    with furnished(database, home) if database else migrated("postgresql", home) as environment:
        # PostgreSQL has a hundred connections for all the sites that tests of one run keep at a time.
        few = {"DATABASE_CONNECTIONS": 8}
        own = {"PRESENCE_GRACE": GRACE, "DATABASE_URL": environment["DATABASE_URL"]} | few | settings
        joined = {"MESSAGE_QUEUE_URL": broker, "MESSAGE_QUEUE_CHANNEL": f"test-{uuid.uuid4().hex[:12]}"}
        command = ["serve", "--workers", str(workers), *([f"unix:{sockets}"] if sockets else [])]
        server = Server(home, *command, host="" if sockets else "127.0.0.1", **own | joined)
        site = None
        try:
            server.start()
            hand = Hand({name: value for name, value in server.environment.items() if name not in joined}, ROOT)
            site = SeveralSite(server, hand)
            yield site
        finally:
            if site:
                site.hand.close()
            server.stop()


@cache
def running_redis() -> str:
    """The URL of the Redis at TEST_REDIS_URL; of one that is started for this run where none answers."""
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=5).ping()
    except redis.ConnectionError as error:
        if not shutil.which("redis-server"):
            missing(f"no Redis at {REDIS} (TEST_REDIS_URL), nor redis-server: {error}")
        home = tempfile.TemporaryDirectory()
        own = Redis(Path(home.name)).start()
        atexit.register(home.cleanup)
        atexit.register(own.stop)
        return own.url
    return REDIS


class Redis:
    """A Redis of one's own, that can be stopped and started again at the same address. A context manager."""

    def __init__(self, home: Path) -> None:
        found = shutil.which("redis-server")
        if not found:
            missing("no redis-server: apt install redis-server")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._command = [
            found, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(home),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process
        return self._process.pid

    def start(self) -> Self:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"Ready to accept connections" in line:
                return self
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        """End it, as a crash would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
