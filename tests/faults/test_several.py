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
    assert not site.trouble({"worker parted": 0})


SHUT = "terminating connection due to administrator command"
ADMIN = f"AdminShutdown: {SHUT}\nCONTEXT:  while locking tuple (0,1)"
AGAIN = 'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "one_message_a_client_id"'
DEADLOCK = "DeadlockDetected: deadlock detected\nDETAIL:  Process 1 waits for ShareLock"
CHAINED = "\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File"


def failed(*errors: str) -> str:
    """What is logged of an event, with the errors that led to one another."""
    return "ERROR rooms.realtime.events: edit of p1 failed\nTraceback (most recent call last):\n  File" + "".join(
        f"\n{error}{CHAINED if n < len(errors) else ''}" for n, error in enumerate(errors, 1)
    )


@pytest.mark.parametrize(
    ("said", "fault", "is_explained"),
    [
        (failed(f"psycopg.errors.{ADMIN}", f"django.db.utils.OperationalError: {SHUT}"), "database cut", True),
        (failed(AGAIN, f"psycopg.errors.{ADMIN}"), "database cut", True),
        (failed(AGAIN), "database cut", False),
        (failed(f"psycopg.errors.{ADMIN}"), "database restarted", True),
        (failed(f"psycopg.errors.{ADMIN}"), "worker killed", False),
        (failed(f"psycopg.errors.{ADMIN}", f"psycopg.errors.{DEADLOCK}"), "database cut", False),
        (failed(f"psycopg.errors.{DEADLOCK}", "django.db.utils.OperationalError: deadlock detected"), "database cut", False),
        (failed("psycopg.OperationalError: consuming input failed: server closed the connection unexpectedly", "KeyError: 7"), "database cut", False),
        (failed("django.db.utils.IntegrityError: duplicate key value"), "database cut", False),
        (failed("django.db.utils.OperationalError: could not serialize access"), "database cut", False),
        ("WARNING psycopg: error ignored terminating <psycopg.Pipeline [BAD] at 0x7f>: the connection is lost", "database cut", True),
        ("WARNING psycopg: error ignored terminating <psycopg.Pipeline [BAD] at 0x7f>: the connection is lost", "broker silent", False),
        ("WARNING psycopg: error ignored terminating <psycopg.Pipeline [INTRANS] at 0x7f>: deadlock detected", "database cut", False),
        ("WARNING rooms.realtime.engine.pubsub: the broker is away, clients are kept whole: Connection refused", "broker restarted", True),
        ("WARNING rooms.realtime.engine.pubsub: the broker is away, clients are kept whole: Connection refused", "nginx killed", False),
        ("ERROR chatsite.workers: worker 1 (process 7) ended with -9 and is started again", "worker killed", True),
        ("ERROR chatsite.workers: worker 1 (process 7) ended with 1 and is started again", "worker killed", False),
    ],
)  # fmt: skip
def test_of_the_log_only_what_a_fault_explains_is_forgiven(
    tmp_path: Path, said: str, fault: str, is_explained: bool
) -> None:
    site = Several(tmp_path)
    site.server.lines = [
        "2026-01-31 09:30:00,125 INFO chatsite.server: serves",
        *f"2026-01-31 09:30:01,125 {said}".split("\n"),
    ]
    assert bool(site.trouble({fault: 1})) is not is_explained
    assert site.trouble({fault: 2}), "the fault came after it"


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
