"""Django's SQLite backend with a lock wait that lets others work.

SQLite's own busy timeout sleeps in C, with the whole process: two greenlets that want to write would lock each other out and freeze everyone.
Here SQLite never waits (busy timeout 0); whoever finds the lock taken sleeps cooperatively and tries again, until a deadline (`OPTIONS["timeout"]`,
seconds). Under plain threads `time.sleep` does the same for them. Only statements outside a transaction and BEGIN are tried again: within a
transaction (always BEGIN IMMEDIATE here) the lock is held and nothing can be busy.
"""

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError as DjangoOperationalError

T = TypeVar("T")
DEFAULT_PATIENCE = 20.0  # seconds


def _is_busy(error: Exception) -> bool:
    return "database is locked" in str(error) or "database table is locked" in str(error)


def patiently(work: Callable[[], T], patience: float) -> T:
    """Return `work()`, tried again while the database is locked, for up to `patience` seconds; then its own error."""
    deadline = time.monotonic() + patience
    pause = 0.001
    while True:
        try:
            return work()
        except (sqlite3.OperationalError, DjangoOperationalError) as error:
            if not _is_busy(error) or time.monotonic() >= deadline:
                raise
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 1.5, 0.05)


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements wait for the lock when they stand alone."""

    wrapper: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        return self._patiently(lambda: super(Cursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        return self._patiently(lambda: super(Cursor, self).executemany(query, param_list))

    def _patiently(self, work: Callable[[], T]) -> T:
        if self.connection.in_transaction:
            return work()
        return patiently(work, self.wrapper.patience)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for the wait."""

    @property
    def patience(self) -> float:
        """How long to wait for the lock, in seconds."""
        return float(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_PATIENCE))

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "timeout": 0}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # The first statement of a fresh connection (PRAGMA journal_mode) can meet the lock of a recovery.
        return patiently(lambda: super(DatabaseWrapper, self).get_new_connection(conn_params), self.patience)

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor
