"""Makes a room long: millions of messages by one statement, as if they had been said. The site must not be running.

What is there is said again and again, by the same people: each new message is a copy of one of the first thousand with the next seq and version, so
the table may get new columns without a change here. Invariant: the room's counters and its writers' read marks agree with its messages, as
`manage.py doctor` wants them; who wrote nothing has read nothing.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

ROOM = "lobby"
PATTERN = 1_000  # messages that are there, to be said again
SPACING = 10  # seconds between two messages
EPOCH = 1_600_000_000  # when the first was said: ten million are said in the past
OWN = {
    "seq": "n.seq",
    "version": "n.seq + :ahead",
    "first_version": "n.seq + :ahead",
    "client_id": "printf('%032x', n.seq)",  # in order, else filling this index would take the most time
    "created_at": f"strftime('%Y-%m-%d %H:%M:%S', {EPOCH} + {SPACING} * n.seq, 'unixepoch')",
}


def lengthen(file: Path, wanted: int) -> None:
    """Let the lobby in the SQLite database `file` have `wanted` messages."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        # Nobody else is there, and what is lost with the power is made again.
        for pragma in ("synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
            db.execute(f"PRAGMA {pragma}")
        room, last, version = db.execute(
            "SELECT id, last_seq, version FROM rooms_room WHERE slug = ?", [ROOM]
        ).fetchone()
        if last < PATTERN:
            raise ValueError(f"{file}: {last} messages, at least {PATTERN} are needed to be said again")
        known = {"room": room, "last": last, "wanted": wanted, "ahead": version - last}
        columns = [name for _, name, *_ in db.execute("PRAGMA table_info(rooms_message)") if name != "id"]
        values = ", ".join(OWN.get(name, f"said.{name}") for name in columns)
        db.execute("BEGIN IMMEDIATE")
        if last == PATTERN:  # the times of the first thousand, once, so that all go on from them
            moment = OWN["created_at"].replace("n.seq", "seq")
            db.execute(f"UPDATE rooms_message SET created_at = {moment} WHERE room_id = ?", [room])
        db.execute(
            f"""
            WITH RECURSIVE n (seq) AS (SELECT :last + 1 WHERE :last < :wanted UNION ALL SELECT seq + 1 FROM n WHERE seq < :wanted)
            INSERT INTO rooms_message ({", ".join(columns)})
            SELECT {values} FROM n CROSS JOIN rooms_message AS said
            WHERE said.room_id = :room AND said.seq = (n.seq - 1) % {PATTERN} + 1
            """,
            known,
        )
        db.execute("UPDATE rooms_room SET last_seq = :wanted, version = :wanted + :ahead WHERE id = :room", known)
        writers = f"SELECT author_id FROM rooms_message WHERE room_id = :room AND seq <= {PATTERN}"
        db.execute(
            f"UPDATE rooms_membership SET last_read_seq = :wanted WHERE room_id = :room AND user_id IN ({writers})",
            known,
        )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
