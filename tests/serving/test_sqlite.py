"""The wait for SQLite's lock (chatsite/backends/sqlite3): in the order in which people came, with an end, and for nobody who only reads.

At its end a program is told to ask again, as on the socket. And the connections that are kept for who comes next.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from accounts.models import Site, User
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


def test_the_api_says_that_it_may_be_asked_again(
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
