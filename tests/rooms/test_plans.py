"""What a log is read by: for every question about a room's messages the database takes an index, and never looks through all of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from rooms import actions, history, kept
from rooms.models import Membership, Message, Room, Saved
from rooms.models.searching import first_since

pytestmark = pytest.mark.django_db
NOW = timezone.now()

QUESTIONS: dict[str, Callable[[Room, Message, User], Any]] = {
    "latest": lambda room, root, who: history.page(room),
    "before": lambda room, root, who: history.page(room, before=30),
    "after": lambda room, root, who: history.page(room, after=3),
    "around": lambda room, root, who: history.page(room, around=20),
    "since": lambda room, root, who: first_since(room, NOW),
    "thread": lambda room, root, who: history.thread(root, around=20),
    "changes": lambda room, root, who: Message.objects.since(room, 5, 200),
    "pinned": lambda room, root, who: Message.objects.pinned(room),
    "kept": lambda room, root, who: kept.kept(Membership.objects.get(room=room, user=who)),
    "saved": lambda room, root, who: Saved.objects.page(who, 10**6, 50),
    "unread": lambda room, root, who: Membership.objects.standing([who.pk]),
    "unread of one": lambda room, root, who: Membership.objects.with_unread().get(room=room, user=who),
    "saved numbers": lambda room, root, who: Saved.objects.numbers([who.pk]),
}


@pytest.fixture
def filled(den: Room, ana: User, say: Callable[..., list[Message]]) -> Room:
    say(den, ana, *(f"message {n}" for n in range(40)))
    say(den, ana, *(f"answer {n}" for n in range(5)), thread=1)
    for seq in (2, 3):
        actions.pin(ana, "den", seq, True)
        actions.save(ana, "den", seq, True)
    den.refresh_from_db()
    return den


def asked(question: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The SELECTs that it takes, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        question()
    return [(sql, params) for sql, params in seen if sql.lstrip().startswith(("SELECT", "WITH"))]


def scanned(sql: str, params: Any) -> list[str]:
    """The tables that are read from end to end."""
    tables = {Message._meta.db_table, Saved._meta.db_table}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            plan = [row[3] for row in cursor.fetchall()]
            return [
                line for line in plan if line.startswith("SCAN") and tables & set(line.split()) and "INDEX" not in line
            ]
        cursor.execute("SET LOCAL enable_seqscan = off")  # of a table of forty rows it would read all, rightly
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [[plan]] = cursor.fetchall()
    return [
        node["Relation Name"]
        for node in _nodes(plan if isinstance(plan, list) else json.loads(plan))
        if node.get("Relation Name") in tables and node["Node Type"] == "Seq Scan"
    ]


def _nodes(plan: Any) -> list[dict[str, Any]]:
    if isinstance(plan, list):
        return [node for each in plan for node in _nodes(each)]
    inner = [*plan.get("Plans", []), *([plan["Plan"]] if "Plan" in plan else [])]
    return [plan, *_nodes(inner)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_reads_all_messages(filled: Room, ana: User, name: str) -> None:
    root = Message.objects.at(filled, 1)
    assert root
    queries = asked(lambda: QUESTIONS[name](filled, root, ana))
    assert queries
    for sql, params in queries:
        assert not scanned(sql, params), sql


def test_the_check_looks(filled: Room) -> None:
    assert scanned(f"SELECT id FROM {Message._meta.db_table} WHERE html = %s", ["x"])
