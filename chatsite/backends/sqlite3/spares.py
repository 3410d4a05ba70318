"""Connections that nobody needs for now, kept for whoever asks next: to open one, and to read the schema and the first pages again, takes a request
longer than all else that it asks of the database (measured: 2 to 3 ms).

Invariants: a connection is kept as a new one would be, without a transaction or an error behind it; the one that was used last is taken first, so
that what is kept beyond the need of the moment is not touched, and is closed after REST seconds.
"""

import sqlite3
from collections import deque
from time import monotonic

REST = 60.0  # seconds


class Spares:
    """The connections to one database."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, sqlite3.Connection]] = (
            deque()
        )  # since when; the one that was used last on the right

    def __len__(self) -> int:
        return len(self._kept)

    def take(self) -> sqlite3.Connection | None:
        """One that is at hand."""
        return self._kept.pop()[1] if self._kept else None

    def keep(self, connection: sqlite3.Connection, most: int) -> bool:
        """Keep a connection, where fewer than `most` are; tell whether it is."""
        while self._kept and monotonic() - self._kept[0][0] > REST:
            self._kept.popleft()[1].close()
        if connection.in_transaction or len(self._kept) >= most:
            return False
        self._kept.append((monotonic(), connection))
        return True
