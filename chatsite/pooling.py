"""The pool of connections to PostgreSQL of a process that serves.

Invariants: while the database is away somebody tries to reach it every second, so that a second after its return there is a connection again; where
one is found broken, all are looked at, so that nobody is given a second. By itself psycopg's pool waits twice as long before each attempt as before
the last: after an absence of a minute, another minute; and who meets five broken connections, one after another, waits for 7 s and is refused.
"""

from contextlib import suppress
from typing import Any

AGAIN = 2.0  # seconds after which an attempt, of three, is over and another begins


def options(most: int) -> dict[str, Any]:
    """Return what `psycopg_pool.ConnectionPool` is made with. `most`: connections at a time; who asks for more waits."""
    return {
        "min_size": 1, "max_size": max(8, most), "timeout": 10.0, "max_idle": 60.0,
        "reconnect_timeout": AGAIN, "reconnect_failed": _try_again,
    }  # fmt: skip


def check_together() -> None:
    """Have all connections checked where one is found broken: a restart of the database, or of what stands before it, breaks them together."""
    import psycopg_pool
    from django.db import connection

    check = psycopg_pool.ConnectionPool.check_connection

    def checked(found: Any) -> None:
        try:
            check(found)
        except Exception:
            with suppress(psycopg_pool.PoolClosed):
                connection.pool.check()  # type: ignore[attr-defined]
            raise

    psycopg_pool.ConnectionPool.check_connection = staticmethod(checked)  # type: ignore[method-assign,assignment]


def _try_again(pool: Any) -> None:
    pool.check()  # what it has; where that is nothing, it grows
