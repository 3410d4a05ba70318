"""The database as one file, of either kind, and back: SQLite's backup API, PostgreSQL's pg_dump and pg_restore.

Invariant: a dump is of one moment, however much is written meanwhile, and nobody who writes waits for it.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

PATIENCE = 60.0  # seconds for a lock of SQLite


class Failed(Exception):
    """It could not be done; the message says why."""


def kind() -> str:
    """`sqlite` or `postgresql`. Raises Failed for another."""
    if connection.vendor not in ("sqlite", "postgresql"):
        raise Failed(f"a {connection.vendor} database is backed up by its own means")
    return connection.vendor


def file_name() -> str:
    """What a dump is called."""
    return "database.sqlite3" if kind() == "sqlite" else "database.dump"


def dump(path: Path) -> None:
    """Write the database, as it is now, to a new file. Raises Failed."""
    if kind() == "postgresql":
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
        return
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source = sqlite3.connect(_name(connection), timeout=PATIENCE)
    with closing(source), closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    check(path)


def check(path: Path) -> None:
    """Whether a dump is whole. Raises Failed."""
    if kind() == "postgresql":
        _run("pg_restore", "--list", str(path), to_database=False)
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            [[said]] = copy.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        raise Failed(f"the database in it is damaged: {error}") from None
    if said != "ok":
        raise Failed(f"the database in it is damaged: {said}")


def load(path: Path) -> None:
    """Put a dump in the place of the (empty) database, all of it or nothing. Raises Failed."""
    connection.close()
    if kind() == "postgresql":
        _run(
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--clean",
            "--if-exists",
            "--exit-on-error",
            "--single-transaction",
            str(path),
        )
        return
    name = Path(_name(connection))
    for ending in ("-wal", "-shm", "-journal"):  # of the empty one
        name.with_name(name.name + ending).unlink(missing_ok=True)
    shutil.move(path, name)  # which may be on another disk


def others() -> int:
    """How many others are connected to it, where that can be asked."""
    if kind() != "postgresql":
        return 0
    with connection.cursor() as cursor:
        mine = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")
        return int(cursor.fetchone()[0])


def _name(wrapper: BaseDatabaseWrapper) -> str:
    return str(wrapper.settings_dict["NAME"])


def _run(command: str, *options: str, to_database: bool = True) -> None:
    """Run a command of PostgreSQL's, as ourselves; the password goes by the environment."""
    args, secrets = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    *address, name = args[1:]
    target = [*address, f"--dbname={name}"] if to_database else []
    try:
        done = subprocess.run(
            [command, *target, *options],
            env={**os.environ, **(secrets or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Failed(f"{command} is not here: apt install postgresql-client") from None
    if done.returncode:
        raise Failed(f"{command}: {done.stderr.strip() or done.returncode}")
