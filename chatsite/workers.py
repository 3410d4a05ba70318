"""The parent of several server processes: it starts them, starts anew what crashes, and passes SIGTERM on. It serves nobody itself.

Between it and each there is a pair of sockets. By it a worker learns the key of a new site, and tells its address when it serves; its end, on either
side, is the other's death: a worker whose parent was killed stops, too. Each listens by itself, so that a dead one refuses, and the proxy goes to the
next.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

import eventlet
from django.conf import settings
from django.core.management import CommandError
from django.db import connections

from chatsite.addresses import Address, parse
from chatsite.waiting import catch

log = logging.getLogger("chatsite.workers")

STEADY = 10.0  # seconds after which a worker that ends did not fail at the start
LONGEST_PAUSE = 30.0  # seconds between two starts of one that fails again and again


class Worker:
    """One process, and those that come after it in its place."""

    def __init__(self, number: int, address: Address, options: list[str]) -> None:
        self.number, self.address, self.options = number, address, options
        self.process: Any = None
        self._line: Any = None

    def start(self) -> bool:
        """Start the process and wait until it serves. Returns whether it does."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, sys.argv[0], "serve", str(self.address), "--parent", str(theirs.fileno()), *self.options],
                pass_fds=[theirs.fileno()], process_group=0,  # Ctrl-C is for the parent, who passes it on
            )  # fmt: skip
        self._line = ours
        ours.sendall(f"{settings.FIRST_RUN_KEY}\n".encode())
        told = ours.recv(1024)
        if told:
            self.address = parse(os.fsdecode(told))
            log.info("worker %d (process %d) serves on %s", self.number, self.process.pid, self.address.where)
        return bool(told)

    def wait(self) -> int:
        """Wait until the process has ended; return its exit code."""
        while self._line.recv(16):
            pass
        self._line.close()
        return int(self.process.wait())

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self.is_alive:
            self.process.send_signal(number)


class Workers:
    """All of them."""

    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers
        self.stopping = False

    def start(self) -> None:
        """Start all, and tend them from then on. Raises CommandError if one does not come up."""
        started = list(eventlet.GreenPool().imap(Worker.start, self.workers))
        if not all(started):
            self.stop()
            failed = [str(worker.number) for worker, up in zip(self.workers, started, strict=True) if not up]
            raise CommandError(f"worker {', '.join(failed)} did not start")
        self.tended = [eventlet.spawn(self._tend, worker) for worker in self.workers]

    def stop(self) -> None:
        """End all in order; kill what does not end."""
        self.stopping = True
        for worker in self.workers:
            worker.signal(signal.SIGTERM)
        until = monotonic() + settings.STOP_TIMEOUT + STEADY
        while any(worker.is_alive for worker in self.workers) and monotonic() < until:
            eventlet.sleep(0.02)
        for worker in self.workers:
            worker.signal(signal.SIGKILL)

    def _tend(self, worker: Worker) -> None:
        pause = 0.0
        while True:
            began = monotonic()
            code = worker.wait()
            if self.stopping:
                return
            pause = 0.0 if monotonic() - began > STEADY else min(LONGEST_PAUSE, pause * 2 or 1.0)
            log.error(
                "worker %d (process %d) ended with %d and is started again", worker.number, worker.process.pid, code
            )
            eventlet.sleep(pause)
            if self.stopping:
                return
            worker.start()


def run(address: Address, count: int, options: list[str], out: Any) -> None:
    """Have `count` workers serve, each at an address of its own, until SIGTERM or SIGINT."""
    connections.close_all()
    workers = Workers([Worker(number, address.of_worker(number), options) for number in range(1, count + 1)])
    workers.start()
    wait_for_end = catch(signal.SIGTERM, signal.SIGINT)
    out.write(f"Chatsite is at {', '.join(worker.address.url for worker in workers.workers)} (stop with Ctrl-C)")
    out.flush()
    wait_for_end()
    workers.stop()


def reporter(fd: int) -> Callable[[str], None]:
    """To be called in a worker, with the socket to its parent. Returns what to call with its address when it serves; from then on it ends with it."""
    line = socket.socket(fileno=fd)
    told = line.makefile("r")
    settings.FIRST_RUN_KEY = told.readline().strip()

    def watch() -> None:
        told.read()
        os.kill(os.getpid(), signal.SIGTERM)

    def report(address: str) -> None:
        line.sendall(os.fsencode(address))
        eventlet.spawn(watch)

    return report
