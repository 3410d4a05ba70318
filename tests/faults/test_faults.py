"""One seed in the suite, everything shorter: each kind of fault comes once, and the verdict is clean. Longer ones: `make faults`.

And the harness itself: a site that loses, doubles or invents is found out.
"""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.run import Failed, Run
from tests.faults.site import Alone, disk

pytestmark = pytest.mark.server
SEED, SPEED = 4, 4.0
KINDS = {"killed", "stopped", "frozen", "full", "locked", "clock", "cut", "slow", "shuffled", "silent", "doubled"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Alone]:
    """A site of one's own, on a disk of its own."""
    with disk(tmp_path) as home:
        yield Alone(home, SYNC_RESET=60, SYNC_LIMIT=20, PAGE_SIZE=15, SQLITE_TIMEOUT=2)


def lived_through(site: Alone, seconds: float | None, log: list[str], **options: Any) -> Run:
    """A run of it; Failed as the verdict says."""

    async def live() -> Run:
        await site.start()
        try:
            run = Run(site, SEED, log=log.append, **options)
            await run.go(seconds)
            return run
        finally:
            await site.stop()

    with ThreadPoolExecutor(1) as thread:  # a loop of its own: in this thread Playwright's may be running
        return thread.submit(asyncio.run, live()).result()


def test_nothing_is_lost_nothing_doubled_whatever_happens(site: Alone) -> None:
    log: list[str] = []
    try:
        run = lived_through(site, None, log, people=3, speed=SPEED, pace=0.3)
    except BaseException:
        print("\n".join([*log, "--- the server's log", *site.log()[-200:]]))
        raise
    assert set(run.happened) == KINDS, "\n".join(log)
    assert run.summary()["answers"] > 50, run.summary()


def test_a_site_that_loses_and_changes_things_is_found_out(site: Alone) -> None:
    async def tampered(hard: float, seconds: float) -> None:
        await asyncio.sleep(2)
        with closing(sqlite3.connect(site.home / "db.sqlite3", timeout=10, isolation_level=None)) as database:
            database.execute("UPDATE rooms_message SET body = 'never said' WHERE seq = 1")
            database.execute("UPDATE rooms_message SET client_id = lower(hex(randomblob(16))) WHERE seq = 2")
            database.execute(
                "INSERT INTO rooms_follower (room_id, seq, user_id, is_following, last_read_seq, last_seq, answered_at)"
                " SELECT id, 99999, created_by_id, 1, 0, 0, '2026-01-01' FROM rooms_room WHERE kind = 'direct'"
            )

    site.faults = {"tampered": tampered}
    with pytest.raises(Failed) as told:
        lived_through(site, 4, [], people=3, transports=["websocket"], pace=0.1)
    said = str(told.value)
    assert re.search(r"acknowledged and not there once: Counter\(\{'[-0-9a-f]{36}': 1", said), said
    assert re.search(r"'never said'.*; acknowledged were", said), said
    assert "or follow what is no thread" in said, "the doctor looks, too"
