"""One seed of faults against two processes, PostgreSQL, Redis and nginx: each kind comes once, and the verdict is clean."""

from pathlib import Path

import pytest

from tests.faults.several import Several
from tests.faults.test_faults import lived_through

pytestmark = pytest.mark.server


def test_nothing_is_lost_nothing_doubled_among_several(tmp_path: Path) -> None:
    site = Several(tmp_path)
    log: list[str] = []
    try:
        run = lived_through(site, None, log, people=3, speed=4.0, pace=0.3)
    except BaseException:
        print("\n".join([*log, "--- the server's log", *site.log()[-200:]]))
        raise
    assert set(run.happened) >= site.faults.keys(), "\n".join(log)
    assert run.summary()["answers"] > 50, run.summary()
