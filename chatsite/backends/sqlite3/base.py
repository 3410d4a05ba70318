"""Django's SQLite backend with a lock wait that lets others work.

SQLite's own busy timeout sleeps in C, with the whole process: two greenlets that want to write would lock each other out and freeze everyone.
Here SQLite never waits (busy timeout 0); whoever finds the lock taken sleeps cooperatively and tries again, until a deadline (`OPTIONS["timeout"]`,
seconds). Under plain threads `time.sleep` does the same for them. Only statements outside a transaction and BEGIN are tried again: within a
transaction (always BEGIN IMMEDIATE here) the lock is held and nothing can be busy.

Invariant: those of one process who want to write get the lock in the order in which they came. Else what was said first, and again over another
connection, could be done once more after what was said last. Who reads waits for nobody.
"""

import random
import sqlite3
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeVar

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError as DjangoOperationalError

from chatsite.backends.sqlite3.spares import Spares

T = TypeVar("T")
DEFAULT_PATIENCE = 20.0  # seconds
WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE")


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


class Line:
    """Those of this process who wait to write to one database: only the first of them asks for the lock."""

    def __init__(self) -> None:
        self._waiting: deque[threading.Event] = deque()

    def patiently(self, work: Callable[[], T], patience: float) -> T:
        """As the function of that name, in one's turn."""
        if not self._waiting:
            try:
                return work()
            except (sqlite3.OperationalError, DjangoOperationalError) as error:
                if not _is_busy(error):
                    raise
        deadline, turn = time.monotonic() + patience, threading.Event()
        self._waiting.append(turn)
        try:
            if self._waiting[0] is not turn:
                turn.wait(patience)
            return patiently(work, max(0.0, deadline - time.monotonic()))
        finally:
            self._waiting.remove(turn)
            with suppress(IndexError):  # nobody is left
                self._waiting[0].set()


written: defaultdict[str, int] = defaultdict(int)  # rows that this process wrote, by the database's name: `checkpoints`
_lines: defaultdict[str, Line] = defaultdict(Line)  # by the database's name
_spares: defaultdict[str, Spares] = defaultdict(Spares)  # the same


@lru_cache(maxsize=1000)
def _question_marks(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements wait for the lock when they stand alone."""

    wrapper: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        return self._patiently(query, lambda: super(Cursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        return self._patiently(query, lambda: super(Cursor, self).executemany(query, param_list))

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        # Django's way through a regular expression takes longer than SQLite through many a statement.
        return _question_marks(query) if param_names is None else super().convert_query(query, param_names=param_names)

    def _patiently(self, query: str, work: Callable[[], T]) -> T:
        if self.connection.in_transaction:
            return work()
        if query.startswith(WRITES):
            return _lines[str(self.wrapper.settings_dict["NAME"])].patiently(work, self.wrapper.patience)
        return patiently(work, self.wrapper.patience)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for the wait, and for the connections that it keeps at hand: as many as `OPTIONS["spares"]` says, none by default."""

    @property
    def patience(self) -> float:
        """How long to wait for the lock, in seconds."""
        return float(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_PATIENCE))

    def get_connection_params(self) -> dict[str, Any]:
        params = {**super().get_connection_params(), "timeout": 0}
        params.pop("spares", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # The first statement of a fresh connection (PRAGMA journal_mode) can meet the lock of a recovery.
        opened = self._spares.take() or patiently(
            lambda: super(DatabaseWrapper, self).get_new_connection(conn_params), self.patience
        )
        self._changes = opened.total_changes
        return opened

    def _close(self) -> None:
        is_sound = self.connection is not None and not self.errors_occurred and not self.in_atomic_block
        if not is_sound or not self._spares.keep(self.connection, self.settings_dict["OPTIONS"].get("spares", 0)):
            super()._close()  # type: ignore[misc]

    @property
    def _spares(self) -> Spares:
        return _spares[str(self.settings_dict["NAME"])]

    def rows(self, query: str, params: Any, *, many: bool = False) -> list[Any]:
        """Run a statement and return its rows; `many`: once with each of `params`.

        Within a transaction, where the lock is held, past Django's cursors, which take longer than SQLite; by them where somebody listens.
        """
        if not self.in_atomic_block or self.needs_rollback or self.execute_wrappers or self.queries_logged:
            with self.cursor() as cursor:
                (cursor.executemany if many else cursor.execute)(query, params)
                return list(cursor.fetchall())
        connection = self.connection
        try:
            return list((connection.executemany if many else connection.execute)(_question_marks(query), params))
        except sqlite3.Error:
            with self.wrap_database_errors:
                raise

    def commit(self) -> None:
        super().commit()
        if self.connection is not None:
            changes = self.connection.total_changes
            written[str(self.settings_dict["NAME"])] += changes - self._changes
            self._changes = changes

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor
