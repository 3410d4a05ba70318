"""The audit log: what power did is written down with the deed or not done; nothing that stands there is changed or taken out, by any way."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from accounts import actions
from accounts.audit import record
from accounts.models import Act, AuditEntry, User
from accounts.models.audit import AppendOnly
from tests.support.databases import KINDS, migrated
from tests.support.server import ROOT

pytestmark = pytest.mark.django_db
LOG, PEOPLE = "/admin/accounts/auditentry/", "/admin/accounts/user/"


@pytest.fixture
def ana(person: Any) -> User:
    return person(handle="ana")  # type: ignore[no-any-return]


@pytest.fixture
def entry(admin: User, ana: User) -> AuditEntry:
    record(Act.PERSON_DEACTIVATED, admin, whom=ana, reason="gone")
    return AuditEntry.objects.get()


def told() -> list[tuple[str, str, str]]:
    return [(entry.act, entry.by_name, entry.whom_name) for entry in AuditEntry.objects.order_by("pk")]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: AuditEntry.objects.update(reason="x"),
        lambda entry: AuditEntry.objects.all().delete(),
        lambda entry: AuditEntry.objects.bulk_update([entry], ["reason"]),
    ],
)
def test_the_orm_refuses_what_would_change_it(entry: AuditEntry, attempt: Any) -> None:
    entry.reason = "another"
    with pytest.raises(AppendOnly):
        attempt(entry)
    assert AuditEntry.objects.get().reason == "gone"


WRITE = """
import django; django.setup()
from django.db import transaction
from accounts.audit import record
with transaction.atomic():
    record("person_made", None, name="Ana")
"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_database_refuses_it_too(tmp_path: Path, kind: str) -> None:
    with migrated(kind, tmp_path) as environment:
        subprocess.run([sys.executable, "-c", WRITE], cwd=ROOT, env=environment, check=True)
        url = environment["DATABASE_URL"]
        database: Any = sqlite3.connect(url.removeprefix("sqlite:///")) if kind == "sqlite" else psycopg.connect(url)
        for statement in ("UPDATE accounts_auditentry SET reason = 'x'", "DELETE FROM accounts_auditentry"):
            with pytest.raises((sqlite3.IntegrityError, psycopg.DatabaseError), match="append-only"):
                database.execute(statement)
            database.rollback()
        assert database.execute("SELECT act, reason FROM accounts_auditentry").fetchall() == [("person_made", "")]
        database.close()


def test_a_deed_that_fails_is_not_told_and_who_did_it_outlives_them(admin: User, ana: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.deactivate([ana], admin)
        raise RuntimeError
    assert told() == []
    actions.deactivate([ana], admin)
    ana.delete()
    assert told() == [("person_deactivated", "Root (@root)", "Ana (@ana)")]


def test_what_is_done_to_people_and_the_site_in_the_admin_is_told(admin_client: Client, ana: User) -> None:
    for action in ("deactivate", "activate", "sign_out"):
        admin_client.post(PEOPLE, {"action": action, "_selected_action": [ana.pk]})
    password = {"usable_password": "true", "password1": "words in a row 1", "password2": "words in a row 1"}
    assert admin_client.post(f"{PEOPLE}{ana.pk}/password/", {**password, "set-password": "1"}).status_code == 302
    changed = {"name": "Ann", "handle": "ana", "email": "ann@example.com", "is_staff": "on"}
    assert admin_client.post(f"{PEOPLE}{ana.pk}/change/", changed).status_code == 302
    group = {"name": "Clerks", "permissions": []}
    assert admin_client.post("/admin/auth/group/add/", group).status_code == 302
    admin_client.post(
        "/admin/auth/group/", {"action": "delete_selected", "_selected_action": [Group.objects.get().pk], "post": "yes"}
    )
    site = {"name": "Harbour", "signup_policy": "closed", "inviters": "everyone", "room_makers": "everyone"}
    admin_client.post("/admin/accounts/site/1/change/", site)
    admin_client.post("/admin/accounts/site/renew-invite/")
    acts = [
        "person_deactivated", "person_activated", "sessions_revoked", "password_set", "person_changed", "admin_edit", "admin_edit",
        "site_changed", "invite_renewed",
    ]  # fmt: skip
    assert [act for act, _, _ in told()] == acts
    assert {by for _, by, _ in told()} == {"Root (@root)"}
    details = [entry.details for entry in AuditEntry.objects.order_by("pk")]
    assert details[4]["changed"] == {
        "name": ["Ana", "Ann"],
        "email": ["ana@example.com", "ann@example.com"],
        "is_staff": [False, True],
    }
    assert (details[5]["name"], details[6]) == ("Clerks", {"kind": "group", "name": "Clerks", "deleted": True})
    assert details[7]["changed"]["signup_policy"] == ["invite", "closed"]


def test_the_log_is_searched_filtered_and_read_and_nothing_else(
    admin_client: Client, client: Client, person: Any, entry: AuditEntry
) -> None:
    for query, found in {
        "q=ana": 1,
        "q=gone": 1,
        "q=nobody": 0,
        "act=person_deactivated": 1,
        "act=role_given": 0,
    }.items():
        assert admin_client.get(f"{LOG}?{query}").context["cl"].result_count == found, query
    page = admin_client.get(f"{LOG}{entry.pk}/change/")
    assert page.status_code == 200 and b"gone" in page.content and b'name="_save"' not in page.content
    for path, data in (
        ("add/", {}),
        (f"{entry.pk}/change/", {"reason": "x"}),
        (f"{entry.pk}/delete/", {"post": "yes"}),
        ("", {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}),
    ):
        assert admin_client.post(LOG + path, data).status_code in (200, 403), path
    assert AuditEntry.objects.get().reason == "gone"
    client.force_login(person(is_staff=True))
    assert client.get(LOG).status_code == 403
