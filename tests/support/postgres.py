"""A PostgreSQL of one's own: a cluster made for the occasion, that can be stopped, crashed and started again at the same address."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

# What makes a cluster is not on the path everywhere: Debian has it beside its version.
PLACES = os.pathsep.join(
    [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
)


def program(name: str) -> str | None:
    """Where a program of the server's is; None where there is none."""
    return shutil.which(name, path=PLACES)


class Postgres:
    """One that runs. A context manager; it may be stopped in each of pg_ctl's ways and started again.

    Its files lie outside of what a test keeps: PostgreSQL refuses to run as root, so that root runs it as `postgres`, who may not look in there.
    """

    def __init__(self) -> None:
        """Raises FileNotFoundError without the server's programs."""
        found = program("initdb"), program("pg_ctl")
        if not all(found):
            raise FileNotFoundError("no initdb and pg_ctl: apt install postgresql")
        self._initdb, self._pg_ctl = found
        self._as: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if is_root() else {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.home = Path()

    @property
    def url(self) -> str:
        """The address of its first database, as its owner."""
        return f"postgres://chat@127.0.0.1:{self.port}/postgres"

    def start(self) -> Self:
        """Start it, and wait until it answers: after a crash it has mended itself then."""
        told = f"-p {self.port} -h 127.0.0.1 -k '' -c max_connections=200"
        self._run(self._pg_ctl, "start", "-w", "-D", str(self.home / "data"), "-l", str(self.home / "log"), "-o", told)
        return self

    def stop(self, how: str = "fast") -> None:
        """End it. `how`: "fast" cuts all connections in order, "immediate" is a crash."""
        self._run(self._pg_ctl, "stop", "-w", "-D", str(self.home / "data"), "-m", how)

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="postgres-"))
        if self._as:
            shutil.chown(self.home, "postgres", "postgres")
        try:
            self._run(
                self._initdb, "--no-sync", "-D", str(self.home / "data"), "-U", "chat", "-A", "trust", "-E", "UTF8"
            )
            return self.start()
        except BaseException:
            shutil.rmtree(self.home)
            raise

    def __exit__(self, *_: object) -> None:
        if (self.home / "data/postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.home)

    def _run(self, *command: str | None) -> None:
        # The server keeps what it was given as its output: a pipe would not end.
        with tempfile.TemporaryFile("w+") as said:
            ran = subprocess.run(command, stdout=said, stderr=said, cwd="/", **self._as)  # type: ignore[arg-type]
            said.seek(0)
            assert ran.returncode == 0, said.read()


def is_root() -> bool:
    """Whether we are root, as whom PostgreSQL does not run."""
    return os.geteuid() == 0
