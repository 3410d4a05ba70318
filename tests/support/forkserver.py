"""Processes of the site forked from one that has imported the libraries: to import them is 0.7 of the second of work that a server's start costs.

Invariant: what is forked is otherwise a process like one started anew. It has a session, an output, signals and an exit code of its own, and imports
what may ask the settings (our code, and the models of Django's apps) by itself, by its own environment. A fork server has one thread. One for servers
is patched as manage.py always does it, before all else; eventlet's hub begins in the forked process.

Tests of how a process starts start it anew.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    "cryptography.fernet", "cryptography.x509", "django.contrib.admin.views.main", "django.contrib.messages.storage.fallback",
    "django.contrib.sessions.backends.db", "django.contrib.staticfiles.finders", "django.contrib.staticfiles.storage", "django.core.mail",
    "django.core.management.commands.runserver", "django.db.backends.sqlite3.base", "django.db.migrations.executor", "django.forms",
    "django.template.loader", "django.templatetags.i18n", "django.views.i18n", "emoji", "environ", "fido2.server", "linkify_it", "markdown_it",
    "mdit_py_plugins.tasklists", "nh3", "orjson", "PIL.ImageOps", "pydantic.fields", "pydantic.main", "pygments.formatters.html",
    "pygments.lexers", "segno", "whitenoise.middleware", "whitenoise.storage",
)  # fmt: skip
OF_SERVERS = ("engineio.async_drivers.eventlet", "eventlet.websocket", "eventlet.wsgi", "socketio")
SIZE = 4  # bytes of a number that is told
# As they are before the patch: the fork server itself waits for nobody but in the system.
Socket, waitpid = socket.socket, os.waitpid


class Forked:
    """A forked process, with what tests use of `subprocess.Popen`: `pid`, `returncode`, `stdin` and `stdout`, as text."""

    def __init__(self, words: list[str], environment: dict[str, str], *, is_asked: bool = False) -> None:
        """`words`: "hand", or a command of manage.py with what follows it. `is_asked`: it has a stdin, and its stderr is ours, not its stdout."""
        (reads, asks), (answers, tells) = os.pipe(), os.pipe()
        line, theirs = socket.socketpair()
        with theirs:
            given = [theirs.fileno(), reads, tells, 2 if is_asked else tells]
            socket.send_fds(_fork_server(words[0] == "serve"), [b"!"], given)
        os.close(reads)
        os.close(tells)
        self.stdin, self.stdout = os.fdopen(asks, "w"), os.fdopen(answers)
        if not is_asked:
            self.stdin.close()
        line.sendall(json.dumps([words, environment]).encode() + b"\n")
        self.pid = int.from_bytes(line.recv(SIZE, socket.MSG_WAITALL))
        assert self.pid, "the fork server is gone"
        self.returncode: int | None = None
        self._has_ended = threading.Event()
        threading.Thread(target=self._hear_of_its_end, args=(line,), daemon=True).start()

    def poll(self) -> int | None:
        """The exit code, or what signal ended it, negated; None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; return its exit code. Raises subprocess.TimeoutExpired."""
        if not self._has_ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal if it runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _hear_of_its_end(self, line: socket.socket) -> None:
        with line:
            told = line.recv(SIZE, socket.MSG_WAITALL)
        self.returncode = os.waitstatus_to_exitcode(int.from_bytes(told)) if told else 255
        self._has_ended.set()


@cache
def _fork_server(of_servers: bool) -> socket.socket:
    """Where to ask a fork server; it ends with this process."""
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    command = [sys.executable, "-m", "tests.support.forkserver", *(["serve"] if of_servers else [])]
    with theirs:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment | {"PYTHONUNBUFFERED": "1"}, stdin=theirs, start_new_session=True
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# --- The other side ---


def main() -> None:
    """Prepare; in each forked process, run what it is asked to."""
    asked = Socket(fileno=os.dup(0))  # forked processes have a stdin of their own
    import manage  # patches, where the command line is that of a server

    for name in LIBRARIES + (OF_SERVERS if "serve" in sys.argv else ()):
        importlib.import_module(name)
    assert threading.active_count() == 1 and not {"chatsite.settings", "rooms", "accounts"} & sys.modules.keys()
    gc.collect()
    gc.freeze()
    words = fork_when_asked(asked)
    if words == ["hand"]:
        from tests.support import hand

        hand.main()
    elif words:
        sys.argv = ["manage.py", *words]
        manage.execute_from_command_line(sys.argv)


def fork_when_asked(asked: socket.socket) -> list[str]:
    """Return in each forked process, with the words; in the fork server at the end of all who might ask, with none."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # of keepers, whose ends nobody waits for
    while True:
        said, given, _, _ = socket.recv_fds(asked, 1, 4)
        if not said:
            return []
        if not os.fork():
            asked.close()
            return keep(Socket(fileno=given[0]), given[1:])
        for each in given:
            os.close(each)


def keep(line: socket.socket, files: list[int]) -> list[str]:
    """Between the fork server and each forked process stands a keeper, who tells its pid and its end. Return in the process itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with line.makefile() as request:
        words, environment = json.loads(request.readline())
    pid = os.fork()
    if pid:
        for each in (*range(3), *files):
            os.close(each)
        line.sendall(pid.to_bytes(SIZE))
        _, status = waitpid(pid, 0)
        line.sendall(status.to_bytes(SIZE))
        os._exit(0)
    line.close()
    os.setsid()
    for place, each in enumerate(files):
        os.dup2(each, place)
        os.close(each)
    os.environ.clear()
    os.environ.update(environment)
    return list(words)


if __name__ == "__main__":
    main()
