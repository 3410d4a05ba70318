"""A bounded pool of greenlets that do what clients ask for.

A greenlet of its own for every request would mean a database connection for every request; handlers in the hub would mean that one
slow handler stops everybody. So: whoever has something to do stands in one queue, each at most once, and a worker does one of its
jobs and puts it behind the others if it has more. Invariants: at most one worker is at one subject at a time, and takes its jobs in
order; workers hold the hub for `SLICE` seconds a turn at most, besides the job that they are at.
"""

import logging
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

import eventlet
from eventlet import hubs
from greenlet import getcurrent

log = logging.getLogger(__name__)

SLICE = 0.008  # seconds of each turn of the hub
IDLE = 30.0  # seconds without work after which a worker is told so

TOLD = float("inf")  # in place of the time since when it is idle: it has been told

Hook = Callable[[], Any]


class Subject(Protocol):
    """Something that has jobs waiting."""

    queued: bool

    def work(self) -> bool | None:
        """Do the first job; tell whether there are more. None: it goes on without a worker, and `Pool.back` says when it is done."""


class Pool:
    """Workers, made when they are first needed.

    `after_job` runs in the worker after each job; `on_idle` runs in it when it has had none for IDLE seconds (close a database
    connection there: it belongs to the worker's greenlet).
    """

    def __init__(self, size: int, *, after_job: Hook | None = None, on_idle: Hook | None = None) -> None:
        self.size = size
        self.after_job = after_job
        self.on_idle = on_idle
        self.ready: deque[Subject] = deque()
        self.idle: list[
            tuple[Any, float]
        ] = []  # greenlets that wait, with since when; the one last used is taken first
        self.workers = 0
        self.busy = 0  # at a job, or waiting for something in it
        self.away = 0  # subjects whose job goes on without a worker
        self.deadline = 0.0  # of this turn
        self.scheduled = False
        self.sweeper: Any = None

    def put(self, subject: Subject) -> None:
        """Let a worker see to `subject`; it is no matter if it stands in the queue already."""
        if not subject.queued:
            subject.queued = True
            self.ready.append(subject)
            self._schedule()

    @property
    def is_quiet(self) -> bool:
        """Nothing waits and nothing is being done."""
        return not self.ready and not self.busy and not self.away

    def back(self, subject: Subject, more: bool) -> None:
        """The job that went on without a worker is done; `more`: there are others."""
        self.away -= 1
        subject.queued = False
        if more:
            self.put(subject)

    def _schedule(self) -> None:
        if not self.scheduled:
            self.scheduled = True
            hubs.get_hub().schedule_call_global(0, self._pump)

    def _pump(self) -> None:
        """In the hub: let workers run, one after another. Each comes back here when it waits for something or has nothing to do."""
        self.scheduled = False
        self.deadline = monotonic() + SLICE
        while self.ready and monotonic() < self.deadline:
            if self.idle:
                self.idle.pop()[0].switch()
            elif self.workers < self.size:
                self.workers += 1
                eventlet.spawn(self._worker)  # begins in the hub's next turn
                break
            else:
                return  # all are at something; the first to end it goes on here
        if self.ready:
            self._schedule()

    def _worker(self) -> None:
        self.deadline = max(self.deadline, monotonic() + SLICE)
        told: Hook | None = None
        while True:
            if self.ready and monotonic() < self.deadline:
                self._do(self.ready.popleft())
                told = None
                continue
            if self.ready:
                self._schedule()
            self.idle.append((getcurrent(), TOLD if told else monotonic()))
            if self.on_idle and not self.sweeper and not told:
                self.sweeper = hubs.get_hub().schedule_call_global(IDLE, self._sweep)
            told = hubs.get_hub().switch()
            if told:
                self._call(told)

    def _do(self, subject: Subject) -> None:
        self.busy += 1
        more: bool | None = False
        try:
            more = subject.work()
        except (Exception, eventlet.Timeout):
            log.exception("a job failed")
            more = True  # there may be: it will say
        finally:
            self.busy -= 1
        if more is None:
            self.away += 1
        elif more:
            self.ready.append(subject)
        else:
            subject.queued = False
        if self.after_job:
            self._call(self.after_job)

    def _call(self, hook: Hook) -> None:
        try:
            hook()
        except (Exception, eventlet.Timeout):
            log.exception("a worker's hook failed")

    def _sweep(self) -> None:
        """In the hub: tell those that have long been idle, once each."""
        self.sweeper = None
        now = monotonic()
        rested = [worker for worker, since in self.idle if now - since >= IDLE]
        self.idle = [(worker, since) for worker, since in self.idle if now - since < IDLE]
        if any(since != TOLD for _, since in self.idle):
            self.sweeper = hubs.get_hub().schedule_call_global(IDLE, self._sweep)
        for worker in rested:
            worker.switch(self.on_idle)  # comes back to `idle` by itself
