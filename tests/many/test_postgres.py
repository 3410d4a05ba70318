"""PostgreSQL under the server: its waits hold nobody up, its connections are bounded, its plans take the indexes, and its loss loses nothing."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.faults.saying import is_explained, records
from tests.faults.several import AWAY, CUT
from tests.many.test_broker import Talker, caught_up, check
from tests.support.databases import cluster, empty, migrated
from tests.support.server import ROOT, environment
from tests.support.several import SeveralSite, serving_several

GREEN = """
from chatsite import green
green.patch()
import django, json, sys
django.setup()
import eventlet
from django.db import connection

def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall()
    connection.close()
    return found
"""
SLEEPERS = """
# While four wait in the database a fifth sees them there, all at once.
sleepers = [eventlet.spawn(ask, "SELECT pg_sleep(0.5)") for _ in range(4)]
while ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'") != [(4,)]:
    assert not all(sleeper.dead for sleeper in sleepers), "they waited one after another"
for sleeper in sleepers:
    sleeper.wait()
print(json.dumps("together"))
"""
CROWD = """
opened = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
counts = list(eventlet.GreenPool(60).imap(lambda _: ask(opened)[0][0], range(120)))
print(json.dumps([len(counts), max(counts)]))
"""
BROKEN = """
# The database ends all connections but that of who asks it to; whoever is given one of them after the other has waited in vain at the fifth.
import logging

logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
list(eventlet.GreenPool(8).imap(lambda _: ask("SELECT pg_sleep(0.2)"), range(8)))
others = "datname = current_database() AND pid <> pg_backend_pid()"
cut = ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
print(json.dumps([len(cut), ask("SELECT 1")]))
"""
RETURNING = """
# The database goes away under us, until three who try to reach it have all failed four times; who asks after its return has an answer soon.
import logging, os
failures = []

class Counted(logging.Handler):
    def emit(self, record):
        failures.append(record.getMessage())

logging.getLogger("psycopg.pool").addHandler(Counted())
logging.getLogger("psycopg.pool").propagate = False
connection.settings_dict["OPTIONS"]["pool"]["timeout"] = 4.0
ask("SELECT 1")
print("ready", flush=True)
sys.stdin.readline()
asking = eventlet.spawn(ask, "SELECT 1")
while len(failures) < 13:
    eventlet.sleep(0.05)
print("away", flush=True)
sys.stdin.readline()
print(json.dumps(ask("SELECT 2")))
os._exit(0)
"""
HELD = """
from django.db import transaction
from eventlet.event import Event
from accounts.models import User
from rooms import actions, meters
from rooms.models import Membership, Room
from rooms.realtime import session, writer

rooms = [actions.create_room(None, slug, slug=slug) for slug in ("a", "b")]
ana = User.objects.create_user(email="ana@example.com", handle="ana", name="ana", password=None)
Membership.objects.bulk_create(Membership(room=room, user=ana) for room in rooms)
connection.close()
held, release = Event(), Event()

def hold():
    with transaction.atomic():
        Room.objects.locked(["a"])
        held.send()
        release.wait()
    connection.close()
"""
GATHERING = """
def later(room, body):
    return posting.later((session.made("sid", ana, "key", {}), actions.Draft(ana, room, body)))

# Another holds the room; one message waits for it, three more come, then one for another room.
posting, said = writer.make(), []
holder = eventlet.spawn(hold)
held.wait()
first = later("a", "1")
while ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") != [(1,)]:
    assert not said
answers = [first, *(later("a", str(n)) for n in (2, 3)), later("b", "other"), later("a", "4")]
done = Event()
for answer in answers:
    answer.then(lambda posted: said.append((posted.message.body, posted.message.seq)))
answers[-1].then(lambda _: done.send())
release.send()
done.wait()
holder.wait()
print(json.dumps([said, meters.batch.counts[:3]]))
"""
SAVING = """
actions.post([actions.Draft(ana, "a", "1")])
connection.close()
holder = eventlet.spawn(hold)
held.wait()
with eventlet.Timeout(20):
    actions.save(ana, "a", 1, True)
release.send()
holder.wait()
print(json.dumps("saved"))
"""


def run_green(code: str, home: Path, **settings: object) -> object:
    """What a process on eventlet prints that runs `code`."""
    with migrated("postgresql", home) as own:
        process_environment = own | {name: str(value) for name, value in settings.items()}
        ran = subprocess.run(
            [sys.executable, "-c", GREEN + code], cwd=ROOT, env=process_environment, text=True, capture_output=True
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr, ran.stderr
    return json.loads(ran.stdout)


def test_who_waits_for_the_database_lets_others_run(tmp_path: Path) -> None:
    assert run_green(SLEEPERS, tmp_path) == "together"


def test_connections_are_bounded_and_who_finds_none_waits(tmp_path: Path) -> None:
    answered, most = run_green(CROWD, tmp_path, DATABASE_CONNECTIONS=8)  # type: ignore[misc]
    assert answered == 120 and 1 < most <= 8


def test_who_comes_after_all_connections_broke_is_given_one(tmp_path: Path) -> None:
    assert run_green(BROKEN, tmp_path, DATABASE_CONNECTIONS=8) == [7, [[1]]]


def test_what_comes_while_another_holds_the_room_is_stored_with_what_waits(tmp_path: Path) -> None:
    """In the order in which it came: what is for another room, and all after it, is the next batch."""
    said, batches = run_green(HELD + GATHERING, tmp_path)  # type: ignore[misc]
    assert said == [["1", 1], ["2", 2], ["3", 3], ["other", 1], ["4", 4]]
    assert batches == [0, 1, 1], "of one, two, up to four messages"


def test_who_saves_a_message_does_not_wait_for_the_room(tmp_path: Path) -> None:
    """They would wait for it with their membership in hand, which whoever has the room wants next: a deadlock."""
    assert run_green(HELD + SAVING, tmp_path) == "saved"


def test_a_database_that_was_away_for_long_is_reached_soon_after_its_return(tmp_path: Path) -> None:
    with cluster() as database:
        own = environment(tmp_path, DATABASE_URL=database.url)
        process = subprocess.Popen(
            [sys.executable, "-c", GREEN + RETURNING], cwd=ROOT, env=own, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout and process.stdin
        with process:
            for said, do in (("ready", lambda: database.stop("immediate")), ("away", database.start)):
                assert process.stdout.readline().strip() == said
                do()
                print(file=process.stdin, flush=True)
            answer, errors = process.communicate()
    assert answer.strip() == "[[2]]", errors


def test_plans_and_nonsense_on_postgres(tmp_path: Path) -> None:
    """The tests of what is read by which index, with PostgreSQL's own planner; and of what it would take for no value; and of posting."""
    files = [f"tests/rooms/test_{name}.py" for name in ("plans", "sync", "nonsense", "posting", "commits")]
    with empty("postgresql", tmp_path) as url:
        own = environment(tmp_path, DATABASE_URL=url) | {"CI": os.environ.get("CI", "")}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *files]
        ran = subprocess.run(command, cwd=ROOT, env=own, text=True, capture_output=True)
    assert ran.returncode == 0, ran.stdout[-4000:]


class Insistent(Talker):
    """Says each thing until it is acknowledged, as the outbox of a browser does."""

    def say(self) -> None:
        client_id = str(uuid.uuid4())
        said = {"room": self.room, "body": f"{self.done}", "client_id": client_id}
        while not (answer := self.client.ask("message", said))["ok"]:
            assert answer["error"]["code"] == "unavailable", answer
        self.acknowledged[client_id] = answer["message"]["seq"]


LIMITS = {"MESSAGE_BURST": 10**6, "EVENT_BURST": 10**6, "SYNC_LIMIT": 10**6}


def lived_through(site: SeveralSite, fault: Callable[[], None]) -> None:
    """People post by both processes while it comes again and again: what they have an answer to is stored once, and heard once and in order."""
    people = [site.person(f"p{n}") for n in range(3)]
    room = site.room(*people)
    clients = [person.client() for person in people]
    for client in clients:
        client.hello()
    talkers = [Insistent(client, room) for client in clients[:2]]
    for _ in range(3):
        for talker in talkers:
            talker.more(10)
        fault()
    for talker in talkers:
        talker.more(10)
        talker.stop()
    site.another_hand()
    for client in clients:
        caught_up(client, site, room)
        check(client, site, room)
    stored = {message["client_id"]: message["seq"] for message in site.stored(room)["messages"]}
    assert stored == talkers[0].acknowledged | talkers[1].acknowledged
    for client in clients:
        client.close()
    told = [record for _, record in records(site.server.lines) if site.server.is_trouble(record)]
    assert not [record for record in told if not is_explained(record, [CUT, AWAY])]


@pytest.mark.server
def test_connections_cut_by_the_database_under_load(tmp_path: Path) -> None:
    with (
        serving_several(tmp_path, **LIMITS) as site,
        psycopg.connect(site.server.environment["DATABASE_URL"], autocommit=True) as own,
    ):
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
        lived_through(site, lambda: own.execute(cut) and None)


@pytest.mark.server
@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_the_database_is_restarted_under_load(tmp_path: Path, how: str) -> None:
    """As by a crash, and in order; while it is away everything is refused, and asked again."""

    def restart() -> None:
        database.stop(how)
        database.start()

    with cluster() as database, serving_several(tmp_path, database=database.url, **LIMITS) as site:
        lived_through(site, restart)
