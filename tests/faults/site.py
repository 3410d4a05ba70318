"""The site under test: what the harness asks of one, and the plainest there is: one process, SQLite, a disk of its own that can be full.

Another site (many processes, PostgreSQL, a proxy of its own) is another class with the same names, whose `faults` are what may befall it, and a
function as `alone` that opens one: `python -m tests.faults --site some.module:function`.
"""

import asyncio
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.faults.saying import Explains, records, unexplained
from tests.faults.wire import Address
from tests.support.hand import Hand
from tests.support.server import ROOT, Server

Fault = Callable[[float, float], Awaitable[None]]  # (how hard, 0 to 1; seconds): brings it about, and ends it
COMPILER = [shutil.which("cc") or shutil.which("tcc") or "cc", "-shared", "-fPIC", "-nostdlib"]
DISK = 48  # megabytes
FULL = "database or disk is full|disk I/O error|No space left on device|File too large|unable to open database file"
LOCKED = "database is locked"
# What a fault makes the server say: with a traceback, and it is an answer to the client all the same.
EXPLAINS = {"full": Explains(FULL, FULL), "locked": Explains(LOCKED, LOCKED)}
# How different sites are: of some of them clients fall so far behind that they are told to begin anew.
SETTINGS: list[dict[str, object]] = [
    {}, {"SYNC_RESET": 60, "SYNC_LIMIT": 20, "PAGE_SIZE": 15}, {"SQLITE_TIMEOUT": 3, "WORKERS": 8},
]  # fmt: skip


class Site(Protocol):
    """What the harness asks."""

    faults: Mapping[str, Fault]
    address: Address  # where clients go; the same after a restart
    hand: Callable[..., Any]  # tests/support/hand.py, in its database

    async def start(self) -> None:
        """Serve."""

    async def stop(self) -> None:
        """End what is left of it."""

    async def mend(self) -> None:
        """Whatever befell it is over: it serves."""

    def doctor(self) -> str:
        """What `manage.py doctor` finds; "" where that is nothing."""

    def trouble(self, begun: Mapping[str, int]) -> list[str]:
        """Records of its log that no fault explains. `begun`: how many lines it had when each kind of fault first came."""

    def log(self) -> list[str]:
        """All of it."""


class Alone:
    """One process on SQLite."""

    explains: Mapping[str, Explains] = EXPLAINS

    def __init__(self, home: Path, **settings: object) -> None:
        """`home`: its DATA_DIR, which is there and empty."""
        self.home = home
        self._clock = home.parent / f"{home.name}.clock"
        self.server = Server(home, PRESENCE_GRACE=0.3, **self._clockwork(), **settings)
        self._hand: Hand | None = None
        self.is_on_a_disk_of_its_own = os.path.ismount(home)
        self.faults: dict[str, Fault] = {
            "killed": self.killed, "stopped": self.stopped, "frozen": self.frozen, "full": self.full,
            "locked": self.locked, "clock": self.clock,
        }  # fmt: skip

    def _clockwork(self) -> dict[str, object]:
        """A clock that can be set, in the processes of the site."""
        library = self._clock.with_suffix(".so")
        subprocess.run([*COMPILER, "-o", library, Path(__file__).parent / "clock.c"], check=True)
        self._set_clock(0)
        return {"LD_PRELOAD": library, "CLOCK_FILE": self._clock}

    def _set_clock(self, seconds: int) -> None:
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    @property
    def address(self) -> Address:
        return "127.0.0.1", self.server.port

    def hand(self, what: str, **how: Any) -> Any:
        if self._hand is None:
            self._hand = Hand(self.server.environment, ROOT)
        return self._hand(what, **how)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)

    async def stop(self) -> None:
        if self._hand:
            self._hand.close()
            self._hand = None
        await asyncio.to_thread(self.server.stop)

    async def mend(self) -> None:
        if not self.server.is_running:
            await self.start()

    def doctor(self) -> str:
        answer = subprocess.run(
            [sys.executable, "manage.py", "doctor", "--data"],
            cwd=ROOT,
            env=self.server.environment,
            text=True,
            capture_output=True,
        )
        return "" if answer.returncode == 0 else answer.stdout + answer.stderr

    def log(self) -> list[str]:
        return self.server.lines

    def trouble(self, begun: Mapping[str, int]) -> list[str]:
        troubles = [(at, record) for at, record in records(self.server.lines) if self.server.is_trouble(record)]
        return unexplained(troubles, self.explains, begun)

    # --- What may befall it ---

    async def killed(self, hard: float, seconds: float) -> None:
        """SIGKILL, and a moment later it is started again."""
        await asyncio.to_thread(self.server.kill)
        await asyncio.sleep(seconds)
        await self.start()

    async def stopped(self, hard: float, seconds: float) -> None:
        """SIGTERM: an orderly end; started again."""
        code = await asyncio.to_thread(self.server.stop)
        assert code == 0, f"SIGTERM: exit code {code}"
        await asyncio.sleep(seconds)
        await self.start()

    async def frozen(self, hard: float, seconds: float) -> None:
        """SIGSTOP; it goes on after a while."""
        os.kill(self.server.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(self.server.pid, signal.SIGCONT)

    async def full(self, hard: float, seconds: float) -> None:
        """No byte more fits on the disk. Where no disk of its own could be mounted: no file may grow (EFBIG)."""
        if not self.is_on_a_disk_of_its_own:
            return await self._no_file_grows(seconds)
        ballast = self.home / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                block = bytes(65_536)
                while len(block):
                    try:
                        file.write(block)
                    except OSError:
                        block = block[: len(block) // 2]
                deadline = time.monotonic() + seconds
                while time.monotonic() < deadline:  # what is given back meanwhile is taken again
                    try:
                        file.write(bytes(4096))
                    except OSError:
                        await asyncio.sleep(0.05)
        finally:
            ballast.unlink(missing_ok=True)

    async def _no_file_grows(self, seconds: float) -> None:
        pid, kind = self.server.pid, resource.RLIMIT_FSIZE
        before = resource.prlimit(pid, kind)
        resource.prlimit(pid, kind, (4096, before[1]))
        try:
            await asyncio.sleep(seconds)
        finally:
            resource.prlimit(pid, kind, before)

    async def locked(self, hard: float, seconds: float) -> None:
        """Another process holds the database's lock."""
        holder = (
            "import sqlite3, sys, time; database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None);"
            "database.execute('BEGIN IMMEDIATE'); time.sleep(float(sys.argv[2])); database.execute('ROLLBACK')"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", holder, str(self.home / "db.sqlite3"), str(seconds)
        )
        assert await process.wait() == 0

    async def clock(self, hard: float, seconds: float) -> None:
        """The clock jumps, forwards or back, by up to two hours; and to where it was."""
        self._set_clock(round((hard - 0.5) * 14_400))
        await asyncio.sleep(seconds)
        self._set_clock(0)


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A small disk at a new place in `folder`; a plain directory where nothing may be mounted."""
    home = folder / "data"
    home.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=700", "tmpfs", home], capture_output=True
        ).returncode
        == 0
    )
    try:
        yield home
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", home], check=True)


@contextmanager
def alone(folder: Path, seed: int) -> Iterator[Site]:
    """What `python -m tests.faults` opens where it is not told of another (`--site module:name`): a new site in an empty folder."""
    with disk(folder) as home:
        yield Alone(home, **random.Random(f"{seed}/kind").choice(SETTINGS))
