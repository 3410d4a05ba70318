"""Group commit: one greenlet stores what all connections have posted meanwhile, in one transaction.

No timer: while one batch commits, the next one gathers; a quiet site commits each message at once. Invariant: nothing is acknowledged or published
before the commit that holds it; drafts of one connection are stored in the order they came (a connection waits for its draft before its next).
"""

from django.db import OperationalError, connections

from rooms import actions
from rooms.realtime.engine import Batcher

MOST = 64  # drafts in one transaction: some 5 ms, in which nobody else has a turn; more would be no cheaper each (measured)


def make() -> Batcher[actions.Draft, actions.Posted]:
    """Return the writer: `submit(draft)` waits for the commit and returns the Posted, or raises the ChatError of the refusal."""
    return Batcher(_store, most=MOST)


def _store(drafts: list[actions.Draft]) -> list[actions.Posted | Exception]:
    try:
        return [*actions.post(drafts)]
    except OperationalError:
        if not drop_broken_connections():
            raise
        return [*actions.post(drafts)]  # a retry is harmless: each draft has its client_id


def drop_broken_connections() -> bool:
    """Close those of this greenlet's database connections that an error has left unusable (a restart of the database); tell whether there were."""
    broken = [each for each in connections.all(initialized_only=True) if each.errors_occurred and not each.is_usable()]
    for connection in broken:
        connection.close()
    return bool(broken)
