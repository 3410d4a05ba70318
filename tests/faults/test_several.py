"""One seed of faults against two processes, PostgreSQL, Redis and nginx: each kind comes once, and the verdict is clean."""

from pathlib import Path

import pytest
import requests

from tests.faults.several import Several, is_whole, until
from tests.faults.test_faults import lived_through
from tests.support.server import PATIENCE

pytestmark = pytest.mark.server


@pytest.mark.parametrize("is_silent", [True, False], ids=["silent", "refused"])
def test_one_worker_is_cut_off_from_the_broker_and_the_other_is_not(tmp_path: Path, is_silent: bool) -> None:
    site = Several(tmp_path)
    site._start()
    try:
        (here, pid), (there, _) = site.workers().items()
        site.line.part(pid, is_silent=is_silent)
        until(lambda: broker_of(here) == "away")
        assert broker_of(there) == "up"
        site.line.join()
        until(lambda: is_whole(here) and is_whole(there))
    finally:
        site._stack.close()
    assert not site.trouble()


def broker_of(port: int) -> str:
    """How a process says that it stands with the broker."""
    return str(requests.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE).json()["broker"])


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
