"""The pool of connections to PostgreSQL of a process that serves.

Invariant: while the database is away somebody tries to reach it every second, so that a second after its return there is a connection again. By
itself psycopg's pool waits twice as long before each attempt as before the last, and lets nobody else try meanwhile: after a minute, another minute.
"""

from typing import Any

AGAIN = 2.0  # seconds after which an attempt, of three, is over and another begins


def options(most: int) -> dict[str, Any]:
    """Return what `psycopg_pool.ConnectionPool` is made with. `most`: connections at a time; who asks for more waits."""
    return {
        "min_size": 1, "max_size": max(8, most), "timeout": 10.0, "max_idle": 60.0,
        "reconnect_timeout": AGAIN, "reconnect_failed": _try_again,
    }  # fmt: skip


def _try_again(pool: Any) -> None:
    pool.check()  # what it has; where that is nothing, it grows
