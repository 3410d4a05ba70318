"""Group commit: one greenlet stores what all connections have posted meanwhile, in one transaction.

No timer: while one batch commits, the next one gathers; a quiet site commits each message at once. Invariant: nothing is acknowledged or published
before the commit that holds it; drafts of one connection are stored in the order they came (a connection waits for its draft before its next).
"""

from rooms import actions
from rooms.errors import ChatError
from rooms.realtime.engine import Batcher

MOST = 256  # drafts in one transaction


def make() -> Batcher[actions.Draft, actions.Posted]:
    """Return the writer: `submit(draft)` waits for the commit and returns the Posted, or raises the ChatError of the refusal."""
    return Batcher(_store, most=MOST)


def _store(drafts: list[actions.Draft]) -> list[actions.Posted | Exception]:
    results: list[actions.Posted | ChatError] = actions.post(drafts)
    return [*results]
