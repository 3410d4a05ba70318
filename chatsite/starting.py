"""What both serving commands do before they serve: occupy the site, bring its own database up to date, guard a public first-run page."""

import fcntl
import ipaddress
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import first_run


class Occupied(Exception):
    """The site is served, or somebody has it for themselves."""


def occupy(folder: Path) -> None:
    """Note that a process serves the site in `folder`, until it ends. Any number may. Raises CommandError while one restores it."""
    try:
        _lock(folder, fcntl.LOCK_SH)
    except Occupied:
        raise CommandError("A backup is being restored. Start the server when that is done.") from None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the site in `folder` for oneself: nobody serves it, nor begins to. Raises Occupied."""
    handle = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def _lock(folder: Path, how: int) -> int:
    """The system holds it for the process, and lets go of it however that ends."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Occupied from None
    return handle


def prepare_database(out: Any) -> None:
    """Migrate the embedded database, and say so on `out`; nothing is applied unasked to any other. Raises CommandError where one is behind."""
    executor = MigrationExecutor(connection)
    behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not behind:
        return
    if not settings.DATABASE_IS_EMBEDDED:
        raise CommandError(f"The database lacks {len(behind)} migrations. Apply them first: manage.py migrate")
    print(f"The database is brought up to date, in {len(behind)} steps.", file=out, flush=True)
    call_command("migrate", verbosity=0, interactive=False)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host in ("", "localhost"):
        return host == "localhost"
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def guard_first_run(host: str, out: Any) -> None:
    """On a new site that others can reach, by `host` or ("") by what stands in front, only who knows the key of this console may become its admin."""
    if settings.FIRST_RUN_KEY or not first_run.is_needed():
        return
    if settings.BEHIND_TLS or not is_loopback(host):  # a proxy reaches us by loopback, and the world reaches the proxy
        settings.FIRST_RUN_KEY = secrets.token_urlsafe(9)
        print(f"New site. The first-run page asks for this key, once: {settings.FIRST_RUN_KEY}", file=out)
