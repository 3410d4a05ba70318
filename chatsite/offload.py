"""Work that computes for long (password hashes, images) leaves the hub here: `run(work, *args)`.

In a process that serves, `green` points this at a pool of real threads; everywhere else it is a plain call.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_runner: Callable[..., Any] | None = None


def use(runner: Callable[..., Any]) -> None:
    """Let `runner(work, *args)` do the work from now on."""
    global _runner
    _runner = runner


def run(work: Callable[..., T], *args: Any) -> T:
    """Return `work(*args)`, done where it holds nobody else up. Exceptions come through."""
    return work(*args) if _runner is None else _runner(work, *args)
