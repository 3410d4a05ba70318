"""The wait for SQLite's lock (chatsite/backends/sqlite3): in the order in which people came, with an end, and for nobody who only reads.

At its end a program is told to ask again, as on the socket. And the connections that are kept for who comes next.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from accounts.models import Site, User
from chatsite.backends.sqlite3 import checkpoints
from chatsite.backends.sqlite3.base import _spares
from chatsite.backends.sqlite3.spares import Spares
from tests.support.people import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def holder() -> Iterator[sqlite3.Connection]:
    """Another program that holds the lock."""
    Site.current()
    with closing(
        sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


class Writer(threading.Thread):
    """Writes once it may; `asked` is set when it has begun to wait."""

    def __init__(self, name: str, order: list[str]) -> None:
        super().__init__(name=name)
        self.order, self.asked = order, threading.Event()

    def run(self) -> None:
        connection.ensure_connection()
        self.asked.set()
        try:
            with transaction.atomic():
                self.order.append(self.name)
        except OperationalError:
            self.order.append(f"{self.name}: given up")
        finally:
            connections.close_all()


def test_writers_get_the_lock_in_the_order_in_which_they_came(holder: sqlite3.Connection) -> None:
    from chatsite.backends.sqlite3 import base

    order: list[str] = []
    line = base._lines[str(connection.settings_dict["NAME"])]
    writers = [Writer(str(n), order) for n in range(12)]
    for n, writer in enumerate(writers):
        writer.start()
        assert writer.asked.wait(PATIENCE)
        while len(line._waiting) <= n:  # it is in the line
            threading.Event().wait(0.001)
    assert Site.objects.get().name, "who reads waits for nobody"
    holder.execute("ROLLBACK")
    for writer in writers:
        writer.join(PATIENCE)
    assert order == [writer.name for writer in writers]
    assert not line._waiting


def test_who_waits_too_long_is_told_and_the_others_go_on(
    holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    hasty = [Writer(f"hasty {n}", order) for n in range(3)]
    for writer in hasty:
        writer.start()
    for writer in hasty:
        writer.join(PATIENCE)
    assert sorted(order) == [f"hasty {n}: given up" for n in range(3)]
    holder.execute("ROLLBACK")
    with transaction.atomic():
        assert Site.objects.select_for_update().get()


def test_the_api_says_that_it_may_be_asked_again_and_a_page_what_to_do(
    holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    holder.execute("ROLLBACK")
    ana = User.objects.create_user(handle="ana", email="ana@example.com")
    browser = Client(raise_request_exception=False)
    browser.force_login(ana)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    holder.execute("BEGIN IMMEDIATE")
    with caplog.at_level("CRITICAL"):
        answer = browser.post("/api/rooms/lobby/messages/", {"body": "hello"}, content_type="application/json")
    assert answer.status_code == 503 and answer["Retry-After"] == "1"
    error = answer.json()["error"]
    assert (error["code"], error["retry_after"]) == ("unavailable", 1)
    with caplog.at_level("CRITICAL"):
        page = browser.post("/accounts/theme/", {"theme": "dark"})
    assert (
        page.status_code == 500 and "Something went wrong" in page.text and 'href="/">Back to the rooms<' in page.text
    )


@pytest.fixture
def spares(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spares]:
    """Two connections may be kept, as where the site is served."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "spares", 2)
    kept = _spares[str(connection.settings_dict["NAME"])]
    yield kept
    connection.close()
    while spare := kept.take():
        spare.close()


def test_who_comes_next_has_the_connection_of_who_went(spares: Spares) -> None:
    Site.current()
    first = connection.connection
    connection.close()
    assert Site.objects.get().name
    assert connection.connection is first and not len(spares)


def test_no_more_connections_are_kept_than_may_be(spares: Spares) -> None:
    ready, go = threading.Barrier(4), threading.Event()

    def ask() -> None:
        Site.objects.exists()
        ready.wait(PATIENCE)
        go.wait(PATIENCE)
        connections.close_all()

    people = [threading.Thread(target=ask) for _ in range(3)]
    for person in people:
        person.start()
    ready.wait(PATIENCE)
    go.set()
    for person in people:
        person.join(PATIENCE)
    assert len(spares) == 2


def test_what_a_connection_is_left_with_reaches_nobody_else(spares: Spares) -> None:
    Site.current()
    with transaction.atomic():
        Site.objects.update(name="Half done")
        connection.close()
    assert not len(spares) and Site.objects.get().name != "Half done"
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
    connection.close()
    assert not len(spares), "an error may have left it unusable"


def test_a_connection_that_nobody_has_needed_for_long_is_closed(
    spares: Spares, monkeypatch: pytest.MonkeyPatch
) -> None:
    Site.current()
    first = connection.connection
    connection.close()
    monkeypatch.setattr("chatsite.backends.sqlite3.spares.REST", -1.0)
    with closing(sqlite3.connect(":memory:")) as another:
        assert not spares.keep(another, 0) and not len(spares)
    with pytest.raises(sqlite3.ProgrammingError):
        first.execute("SELECT 1")


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> checkpoints.Checkpoints:
    """Who writes the log back, of which nothing is left so far; ten rows are worth it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    monkeypatch.setattr(checkpoints, "BULK", 10)
    monkeypatch.setattr(checkpoints, "LONG", 20)
    return checkpoints.Checkpoints(name_of_database())


def test_the_log_is_written_back_beside_the_work(beside: checkpoints.Checkpoints) -> None:
    write(9)
    beside.look()
    assert in_the_file_itself() == 0, "too little to be worth it"
    write(1)
    beside.look()
    assert in_the_file_itself() == 10
    first = number_of_log()
    write(1)
    assert number_of_log() == first + 1, "it begins anew"


def test_the_log_is_written_back_while_another_program_writes(
    beside: checkpoints.Checkpoints, holder: sqlite3.Connection
) -> None:
    holder.execute("ROLLBACK")
    write(10)
    holder.execute("BEGIN IMMEDIATE")
    beside.look()
    assert in_the_file_itself() == 10
    holder.execute("ROLLBACK")
    write(1)


def test_who_still_reads_what_was_keeps_no_writer_waiting(
    beside: checkpoints.Checkpoints, holder: sqlite3.Connection
) -> None:
    holder.execute("ROLLBACK")
    holder.execute("BEGIN")
    assert holder.execute("SELECT COUNT(*) FROM accounts_user").fetchone() == (0,)
    write(10)
    beside.look()
    assert in_the_file_itself() == 0, "it is still read"
    write(10)
    holder.execute("ROLLBACK")
    beside.look()
    assert in_the_file_itself() == 20


def name_of_database() -> str:
    return str(connection.settings_dict["NAME"])


def write(count: int) -> None:
    """So many people, a transaction each."""
    first = User.objects.count()
    for n in range(first, first + count):
        with transaction.atomic():
            User.objects.bulk_create([User(handle=f"p{n}", email=f"p{n}@example.com")])


def in_the_file_itself() -> int:
    """The people whom the database has without its log."""
    with closing(sqlite3.connect(f"file:{name_of_database()}?immutable=1", uri=True)) as file:
        found: int = file.execute("SELECT COUNT(*) FROM accounts_user").fetchone()[0]
    return found


def number_of_log() -> int:
    """How often the log has begun anew (https://sqlite.org/fileformat2.html, section 4.1)."""
    with Path(f"{name_of_database()}-wal").open("rb") as log:
        return int.from_bytes(log.read(16)[12:], "big")
