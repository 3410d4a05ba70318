"""A real `manage.py serve` in a process of its own, with its own DATA_DIR, on a port of its own.

Invariant: every process started here is stopped here, by its pid; whatever the server prints is kept, and can be waited for.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.forkserver import ROOT, Forked

PATIENCE = 30.0  # seconds to wait for a process before the test fails
TROUBLE = re.compile(r"Traceback \(most recent call last\)|\b(WARNING|ERROR|CRITICAL)\b")
# What the world does, told in one line: an origin that is not ours, a session that is no more (once a process), a body that is too large.
USUAL = re.compile(r"engineio\.server: .* \(further occurrences of|django\.security\.\w+: ")
READY = r"Chatsite is at (.+) \(stop|Starting development server at (\S+)"


def environment(home: Path, **settings: object) -> dict[str, str]:
    """The environment of a process of the site that lives in `home`: nothing of the developer's own but the path."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    chosen = {
        "DATA_DIR": home,
        "STATIC_ROOT": home / "static",  # none collected: what is served are the sources
        "PYTHONUNBUFFERED": 1,
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
    } | settings
    return kept | {name: str(value) for name, value in chosen.items()}


def manage(process_environment: dict[str, str], *words: str) -> None:
    """Run a command of manage.py to its end. Raises subprocess.CalledProcessError."""
    subprocess.run(
        [sys.executable, "manage.py", *words, "--verbosity=0"], cwd=ROOT, env=process_environment, check=True
    )


class Server:
    """A site that is served. `start`, then `url`; `stop` or `kill` at the end."""

    def __init__(
        self,
        home: Path,
        *command: str,
        host: str = "127.0.0.1",
        project: Path = ROOT,
        is_forked: bool = False,
        **settings: object,
    ) -> None:
        """`home`: its DATA_DIR; `command`: of manage.py; `host` "": no address on the command line; `settings`: of its environment.
        `is_forked`: by a fork server, where how it starts is not what is tried."""
        self.home, self.command, self.host, self.project = home, command or ("serve",), host, project
        self.is_forked = is_forked
        self.environment = environment(home, **settings)
        self.port = 0  # any free one; the same again after a restart
        self.ports: list[int] = []  # of all workers
        self.sockets: list[Path] = []  # instead, where it listens by Unix sockets
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._process: subprocess.Popen[str] | Forked | None = None
        self._reader: threading.Thread | None = None
        self._forgiven: list[re.Pattern[str]] = []

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Start the process; do not wait until it serves."""
        assert self._process is None
        words = [*self.command, *([f"{self.host}:{self.port}"] if self.host else [])]
        if self.is_forked:
            self._process = Forked(words, self.environment)
        else:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", *words],
                cwd=self.project, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def start(self) -> "Server":
        """Start the process and wait until it listens."""
        begun = len(self.lines)
        self.spawn()
        ready = self.wait_for(READY, since=begun)
        told = ready[1] or ready[2]
        self.ports = [int(port) for port in re.findall(r"http://\S+?:(\d+)/", told)]
        self.sockets = [Path(path) for path in re.findall(r"unix:([^,]+)", told)]
        self.port = next(iter(self.ports), 0)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process with a signal; return its exit code."""
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        return self.join()

    def kill(self) -> None:
        """End the process as a loss of power would."""
        self.stop(signal.SIGKILL)

    def join(self) -> int:
        """Wait until the process has ended by itself; return its exit code."""
        process, reader = self._process, self._reader
        assert process is not None and reader is not None
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the server did not end:\n" + self.tail()) from None
        finally:
            reader.join(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()
            with suppress(ProcessLookupError):  # the child of an autoreloader
                os.killpg(process.pid, signal.SIGKILL)
            self._process = None
        return code

    def wait_for(self, pattern: str, since: int = 0, timeout: float = PATIENCE) -> re.Match[str]:
        """Wait for a line that has `pattern`, looking from line `since` on; fail if it does not come."""
        match = self.says(pattern, since, timeout)
        assert match, f"the server never said {pattern!r}:\n{self.tail()}"
        return match

    def says(self, pattern: str, since: int = 0, timeout: float = PATIENCE) -> re.Match[str] | None:
        """Wait for a line that has `pattern`; None if it does not come, or the process ends without."""
        wanted = re.compile(pattern)

        def found() -> re.Match[str] | None:
            return next((match for line in self.lines[since:] if (match := wanted.search(line))), None)

        with self._said:
            self._said.wait_for(lambda: found() or self._has_ended(), timeout)
            return found()

    def tail(self, lines: int = 40) -> str:
        """The end of what it said."""
        return "\n".join(self.lines[-lines:])

    def trouble(self, since: int = 0) -> list[str]:
        """The lines since `since` that tell of something gone wrong and were not announced with `forgive`."""
        return [line for line in self.lines[since:] if self.is_trouble(line)]

    def is_trouble(self, text: str) -> bool:
        """Whether a line, or several of one record, tell of something gone wrong that was not announced with `forgive`."""
        return bool(TROUBLE.search(text)) and not any(each.search(text) for each in [USUAL, *self._forgiven])

    @contextmanager
    def forgive(self, pattern: str) -> Iterator[None]:
        """The test expects the log to have lines with `pattern`."""
        self._forgiven.append(re.compile(pattern))
        yield

    def absolve(self) -> None:
        """Forgive nothing any more."""
        self._forgiven.clear()

    def _has_ended(self) -> bool:
        return self._reader is None or not self._reader.is_alive()

    def _read(self, process: "subprocess.Popen[str] | Forked") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._said:
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self._said.notify_all()
