"""The servers that are measured: how each is prepared, started and stopped. One core each, a fresh database each time, killed by its own pid."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
WORK = ROOT / "var" / "bench"
SITE_PYTHON = ROOT / ".venv" / "bin" / "python"
PYTHON = BENCH / ".venv" / "bin" / "python"  # all that is measured and is Python: bench/pythons.py
SERVER_CORE, LOAD_CORE = 0, 1
START_TIMEOUT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of server: what it is called, and how the generator speaks to it."""

    name: str
    title: str
    dialect: str
    settings: tuple[tuple[str, str], ...] = ()  # of the site, other than the defaults

    @property
    def is_ours(self) -> bool:
        """Whether it is Chatsite."""
        return self.dialect == "chatsite"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("chatsite", "Chatsite", "chatsite"),
        Kind("durable", "Chatsite, an fsync a commit", "chatsite", (("SQLITE_SYNCHRONOUS", "FULL"),)),
        Kind("node", "Socket.IO on Node", "tutorial"),
        Kind("socketio", "python-socketio on eventlet", "tutorial"),
        Kind("channels", "Django Channels on uvicorn", "channels"),
    )
}


def site_environment(data: Path, database: str = "") -> dict[str, str]:
    """The environment of a site with all settings at their defaults, and its data in `data`; `database`: a URL, if it is not SQLite."""
    return {**os.environ, "DATA_DIR": str(data), "DATABASE_URL": database, "REDIS_URL": "", "DEBUG": "0"}


def manage(data: Path, *arguments: str, database: str = "") -> None:
    """Run one of the site's commands on the data in `data`."""
    command = [str(PYTHON), "manage.py", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=site_environment(data, database), capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)}: {ran.stderr}")


class Server:
    """A running server. Use as a context manager."""

    def __init__(self, kind: Kind, clients: int, rooms: int, folder: str = "") -> None:
        """Prepare fresh data for `clients` people in `rooms` rooms beside the lobby, in `folder`; `cookies` has a line for each."""
        self.kind = kind
        self.data = WORK / (folder or kind.name)
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        self.cookies = self.data / "cookies"
        self.port = free_port()
        if kind.is_ours:
            prepare_site(self.data, clients, rooms, self.cookies)
        else:
            lines = (f"room=room-{k % rooms + 1}\n" if rooms else "room=lobby\n" for k in range(clients))
            self.cookies.write_text("".join(lines))

    def __enter__(self) -> "Server":
        command, cwd, environment = self._command()
        self._log = (self.data / "log").open("wb")
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
        wait_for_port(self.port, self.process)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(3)
        self.process.kill()
        self.process.wait()
        self._log.close()

    @property
    def ports(self) -> list[int]:
        """Where it listens: a port a process."""
        return [self.port]

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [self.process.pid]

    def _command(self) -> tuple[list[str], Path, dict[str, str]]:
        port, database = str(self.port), str(self.data / "board.sqlite3")
        environment = {**os.environ, "BENCH_DATABASE": database, "NODE_ENV": "production"}
        match self.kind.name:
            case _ if self.kind.is_ours:
                serve = [str(PYTHON), "manage.py", "serve", f"127.0.0.1:{port}"]
                return serve, ROOT, {**site_environment(self.data), **dict(self.kind.settings)}
            case "node":
                return ["node", "server.js", port, database], BENCH / "peers" / "node", environment
            case name:
                return [str(PYTHON), f"{name}_server.py", port], BENCH / "peers", environment


def prepare_site(data: Path, clients: int, rooms: int, cookies: Path, database: str = "") -> None:
    """A migrated site with people, rooms, some history, and a signed-in session a person."""
    manage(data, "migrate", "-v0", database=database)
    people = ["--users", str(clients), "--rooms", str(rooms), "--messages", "1000"]
    manage(data, "populate", *people, "--cookies", str(cookies), database=database)


def free_port(wanted: int = 0) -> int:
    """A port that nobody listens on: that one, or OSError."""
    with socket.create_server(("127.0.0.1", wanted)) as found:
        return int(found.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once somebody listens. Raises RuntimeError if the process ends or nothing comes for a minute."""
    give_up = time.monotonic() + START_TIMEOUT
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} does not listen: see its log in {WORK}")
