"""The log of an SQLite database is written back beside the work, in a thread: not by the commit that happens to make it too long.

That one would wait for the disk twice, and everybody with it (90 ms, traced once on a busy disk). Invariant: who writes
waits at most for what came while the bulk was written back; should we fail, `wal_autocheckpoint` still bounds the log.
"""

import logging
import sqlite3
import time
from contextlib import closing

from chatsite import offload
from chatsite.backends.sqlite3 import base

log = logging.getLogger(__name__)

EVERY = 0.1  # seconds between two looks
BULK = 3_000  # rows written that are worth a thread's while: some 4,000 pages of the log
LONG = 8_000  # pages after which the log begins anew: 32 MiB
PATIENCE = 0.1  # seconds that the thread waits for a moment without a writer, for that


class Checkpoints:
    """Writes back the log of one database."""

    def __init__(self, database: str) -> None:
        self._database, self._done = database, base.written[database]

    def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            time.sleep(EVERY)
            try:
                self.look()
            except sqlite3.Error as error:
                log.warning("the log of the database was not written back: %s", error)
                time.sleep(10)

    def look(self) -> None:
        """Write back what has gathered, if it is much."""
        written = base.written[self._database]
        if written - self._done >= BULK:
            self._done = written
            offload.run(self._write_back)

    def _write_back(self) -> None:
        """In a thread. First what there is, with nobody stopped; then, if the log shall begin anew, the rest, in a moment without a writer."""
        with closing(sqlite3.connect(self._database, timeout=PATIENCE, isolation_level=None)) as connection:
            _busy, pages, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if done == pages >= LONG:  # nobody still reads what was before: to wait for them would keep writers waiting
                connection.execute("PRAGMA wal_checkpoint(RESTART)")
