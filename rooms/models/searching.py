"""Where in a room a moment lies: by halving, as numbers are given in the order of time. No index by time, which every message would pay for."""

from datetime import datetime

from rooms.models import rows
from rooms.models.message import Message
from rooms.models.room import Room

# The numbers still in question are low to high; the message in the middle says in which half to go on.
IS_EARLY = """(
  SELECT created_at < %s FROM {table} WHERE room_id = %s AND seq >= (low + high) / 2 ORDER BY seq LIMIT 1
)"""
HALVING = f"""
WITH RECURSIVE halves(low, high) AS (
  SELECT CAST(1 AS bigint), CAST(%s AS bigint) UNION ALL
  SELECT CASE WHEN {IS_EARLY} THEN (low + high) / 2 + 1 ELSE low END, CASE WHEN {IS_EARLY} THEN high ELSE (low + high) / 2 END
  FROM halves WHERE low < high
)
SELECT seq FROM {{table}} WHERE room_id = %s AND {{which}} AND seq >= (SELECT MAX(low) FROM halves) ORDER BY seq LIMIT 1
"""


def first_since(room: Room, moment: datetime, *, threads: bool = False) -> int | None:
    """The number of the first message of the room's log from `moment` on. One query; of a million, forty looks at an index.

    `threads`: of all that is said in the room.
    """
    [at] = rows.prepared(Message, "created_at", [moment])
    which = "TRUE" if threads else "thread IS NULL"
    found = rows.query(Message, HALVING.replace("{which}", which), [room.last_seq + 1, *(at, room.pk) * 2, room.pk])
    return int(found[0][0]) if found else None
