"""What both serving commands do before they serve: bring the embedded database up to date, and guard the first-run page of a public address."""

import ipaddress
import secrets
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import first_run


def prepare_database() -> None:
    """Migrate the embedded database; nothing is applied unasked to any other. Raises CommandError where one is behind."""
    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not behind:
        return
    if not settings.DATABASE_IS_EMBEDDED:
        raise CommandError(f"The database lacks {len(behind)} migrations. Apply them first: manage.py migrate")
    call_command("migrate", verbosity=0, interactive=False)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host in ("", "localhost"):
        return host == "localhost"
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def guard_first_run(host: str, port: int, out: Any) -> None:
    """On a new site that others can reach, only who reads this console may become its admin."""
    if not first_run.is_needed():
        return
    if settings.BEHIND_TLS or not is_loopback(host):  # a proxy reaches us by loopback, and the world reaches the proxy
        settings.FIRST_RUN_KEY = secrets.token_urlsafe(9)
        print(f"New site. The first-run page asks for this key, once: {settings.FIRST_RUN_KEY}", file=out)
