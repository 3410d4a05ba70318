"""Work that computes for long (password hashes, images, long texts) leaves the hub here: `run(work, *args)`.

In a process that serves, `green` points this at a pool of real threads; everywhere else it is a plain call. Invariants: of images, few at a time are
in work, whoever sent them and for what: each may take some hundred megabytes while it is. What Python itself computes is one thing at a time: it
takes turns with the hub, and more of it would take as many turns for each of the hub's.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

AT_ONCE = 2  # images

_runner: Callable[..., Any] | None = None
_workshop = threading.BoundedSemaphore(AT_ONCE)
_desk = threading.BoundedSemaphore(1)


def use(runner: Callable[..., Any]) -> None:
    """Let `runner(work, *args)` do the work from now on."""
    global _runner, _workshop, _desk
    _runner = runner
    # Anew: what waits for a turn has been made cooperative by now.
    _workshop = threading.BoundedSemaphore(AT_ONCE)
    _desk = threading.BoundedSemaphore(1)


def run(work: Callable[..., T], *args: Any) -> T:
    """Return `work(*args)`, done where it holds nobody else up. Exceptions come through."""
    return work(*args) if _runner is None else _runner(work, *args)


def run_large(work: Callable[..., T], *args: Any) -> T:
    """The same, for what takes a lot of memory: once it has its turn."""
    with _workshop:
        return run(work, *args)


def run_alone(work: Callable[..., T], *args: Any) -> T:
    """The same, for what Python computes itself: once nothing else is computed so."""
    with _desk:
        return run(work, *args)
