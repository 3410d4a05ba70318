"""Two hundred people talk at once while the server is killed with SIGKILL and started again, ten times.

What was acknowledged is there, once; what was not is retried and is there, once; and everybody ends up with the same room, in one order.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.engine.crowd import Crowd
from tests.support.site import Site

pytestmark = pytest.mark.server

PEOPLE, KILLS = 200, 10
BETWEEN = 150  # acknowledgements between a start and the next kill


async def live_through_it(site: Site, crowd: Crowd) -> None:
    await crowd.connect(site.server.port)
    for _ in range(KILLS):
        goal = crowd.acknowledged + BETWEEN
        await crowd.until(lambda: crowd.acknowledged >= goal)  # noqa: B023
        assert any(member.pending for member in crowd.members), "it is killed while people talk"
        site.server.kill()
        await crowd.until(lambda: all(member.transport is None for member in crowd.members))
        await asyncio.to_thread(site.server.start)
        await crowd.connect(site.server.port)
    goal = crowd.acknowledged + BETWEEN
    await crowd.until(lambda: crowd.acknowledged >= goal)
    crowd.is_talking = False
    await crowd.until(lambda: not any(member.pending or member.is_syncing for member in crowd.members))
    for member in crowd.members:
        member.sync()
    await crowd.until(lambda: not any(member.is_syncing for member in crowd.members))
    for member in crowd.members:
        member.transport.close()
    await crowd.until(lambda: all(member.transport is None for member in crowd.members))


def test_two_hundred_people_and_ten_kills(own_site: Callable[..., Site]) -> None:
    site = own_site(MESSAGE_BURST=100_000, EVENT_BURST=100_000, SYNC_RESET=100_000, PRESENCE_CROWD=1)
    people = [site.person() for _ in range(PEOPLE)]
    room = site.room(*people)
    crowd = Crowd(room, {person.handle: person.cookie for person in people})
    with ThreadPoolExecutor(1) as thread:  # a loop of its own: in this thread Playwright's may be running
        thread.submit(asyncio.run, live_through_it(site, crowd)).result()

    stored = site.stored(room)
    messages = stored["messages"]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    acknowledged = Counter(client_id for member in crowd.members for client_id in member.acknowledged)
    assert Counter(message["client_id"] for message in messages) == acknowledged
    assert len(messages) == acknowledged.total() > KILLS * BETWEEN
    for member in crowd.members:
        assert [member.held[seq] for seq in sorted(member.held)] == messages
        own = [message["client_id"] for message in messages if message["author"]["handle"] == member.name]
        assert own == member.acknowledged, "in the order in which they were said"
