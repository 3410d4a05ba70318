"""Group commit: one greenlet stores what all connections have posted meanwhile, in one transaction.

No timer: while one batch commits, the next one gathers; a quiet site commits each message at once. A batch that waits for another process to let
go of its rooms gathers meanwhile, too: two who take turns at a lock would else store in twice as many turns what one stores. Invariant: nothing is
acknowledged or published before the commit that holds it; drafts of one connection are stored in the order they came (its next packet is taken when
its draft is stored); what waits of a session that is revoked meanwhile is not stored.
"""

from collections.abc import Collection
from time import monotonic

from django.db import OperationalError

from rooms import actions, broadcast, meters
from rooms.errors import ChatError
from rooms.realtime.engine import Batcher
from rooms.realtime.repair import drop_broken_connections
from rooms.realtime.session import Session, for_standing

MOST = 64  # drafts in one transaction: some 5 ms, in which nobody else has a turn; more would be no cheaper each (measured)


def make() -> Batcher[tuple[Session, actions.Draft], actions.Posted]:
    """Return the writer: `later((session, draft))` brings the Posted after the commit, or the ChatError of the refusal."""

    def store(drafts: list[actions.Draft]) -> list[actions.Posted | Exception]:
        return _store(drafts, joining)

    def joining(rooms: Collection[str]) -> list[actions.Draft]:
        more = batcher.more(lambda said: said[1].room in rooms and not said[0].is_over)
        return [draft for _, draft in more]

    batcher: Batcher[tuple[Session, actions.Draft], actions.Posted] = Batcher(for_standing(store), most=MOST)
    return batcher


def _store(drafts: list[actions.Draft], joining: actions.Joining) -> list[actions.Posted | Exception]:
    began = monotonic()
    results = _stored(drafts, joining)
    meters.commit.add(monotonic() - began)
    meters.batch.add(len(results))
    meters.messages.value += sum(isinstance(result, actions.Posted) and result.is_new for result in results)
    return results


def _stored(drafts: list[actions.Draft], joining: actions.Joining) -> list[actions.Posted | Exception]:
    said = list(drafts)

    def joined(rooms: Collection[str]) -> list[actions.Draft]:
        late = [*joining(rooms)]
        said.extend(late)
        return late

    try:
        return [*actions.post(drafts, joined)]
    except OperationalError:
        if not drop_broken_connections():
            raise
        return [*again(actions.post(said))]  # a retry is harmless: each draft has its client_id


def again(results: list[actions.Posted | ChatError]) -> list[actions.Posted | ChatError]:
    """What a commit stored before its connection broke, nobody was told of: tell it now."""
    for result in results:
        if isinstance(result, actions.Posted) and not result.is_new:
            broadcast.publish(broadcast.to_room(result.room.pk), result.news)
    return results
