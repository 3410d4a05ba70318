"""Empty databases of both kinds, each of one's own: a SQLite file, a PostgreSQL database made for the occasion and dropped after it.

PostgreSQL is looked for at TEST_POSTGRES_URL (its owner may create databases). Where none answers, one is started. Without a server's programs the
tests are skipped and say so; in CI they fail.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.support.postgres import Postgres
from tests.support.server import environment, manage

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/postgres")
KINDS = ["sqlite", "postgresql"]
SHARED = "CHATSITE_TESTS_SHARED"


@contextmanager
def empty(kind: str, home: Path, template: str = "template1") -> Iterator[str]:
    """The DATABASE_URL of a new database without tables, or of a copy of `template`."""
    if kind == "sqlite":
        yield f"sqlite:///{home / 'other.sqlite3'}"
        return
    name = f"chatsite_{uuid.uuid4().hex[:12]}"
    with _postgres() as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[arg-type]
        try:
            yield _url_of(name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
    server.close()


def _url_of(name: str) -> str:
    return urlunsplit(urlsplit(running_postgres())._replace(path=f"/{name}"))


def _postgres() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(running_postgres(), autocommit=True)


@cache
def running_postgres() -> str:
    """The URL of the PostgreSQL at TEST_POSTGRES_URL; of one that is started for this run where none answers."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        try:
            own = Postgres()
        except FileNotFoundError as none:
            missing(f"no PostgreSQL at {POSTGRES} (TEST_POSTGRES_URL): {error}; {none}")
        atexit.register(own.__enter__().__exit__)
        return own.url
    return POSTGRES


def missing(what: str) -> NoReturn:
    """A service that a test needs does not answer: it is skipped with a line that says so; in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def cluster() -> Iterator[Postgres]:
    """A PostgreSQL of one's own, that may be stopped."""
    try:
        own = Postgres()
    except FileNotFoundError as error:
        missing(str(error))
    with own:
        yield own


@cache
def template() -> str:
    """The name of a PostgreSQL database that has its tables, to be copied from: made once a run, and dropped at its end."""
    name = f"chatsite_{uuid.uuid4().hex[:12]}"
    with _postgres() as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]

    def drop() -> None:
        with _postgres() as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]

    atexit.register(drop)
    with tempfile.TemporaryDirectory() as home:
        migrate(environment(Path(home), DATABASE_URL=_url_of(name)))
    return name


def begin_run() -> bool:
    """Have a place for what the workers of this run share. False: this run is a part of another, and has its."""
    is_first = SHARED not in os.environ
    if is_first:
        os.environ[SHARED] = tempfile.mkdtemp(prefix="chatsite-")
    return is_first


def end_run() -> None:
    """Leave nothing of it."""
    shutil.rmtree(os.environ.pop(SHARED))


@contextmanager
def first(name: str) -> Iterator[tuple[Path, bool]]:
    """A place, and whether the block is to make what is there: the first who asks in this run is; the others wait until that is done."""
    if begin_run():  # nobody did: it is no tests that run, but the bench or the faults
        atexit.register(end_run)
    place = Path(os.environ[SHARED]) / name
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place, not place.exists()


@cache
def sqlite_template() -> Path:
    """A SQLite file that has its tables, likewise; one for all workers of a run."""
    with first("db.sqlite3") as (place, is_mine):
        if is_mine:
            with tempfile.TemporaryDirectory() as home:
                migrate(environment(Path(home)))
                shutil.move(Path(home) / "db.sqlite3", place)
    return place


def furnish(home: Path) -> None:
    """Give a new site a database that has its tables: to make them takes longer than all that a test does with them."""
    if not (home / "db.sqlite3").exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(sqlite_template(), home / "db.sqlite3")


def migrate(process_environment: dict[str, str]) -> None:
    """Make the tables."""
    manage(process_environment, "migrate")


@contextmanager
def migrated(kind: str, home: Path) -> Iterator[dict[str, str]]:
    """The environment of a process of a site whose new database has its tables."""
    with empty(kind, home, *([template()] if kind == "postgresql" else [])) as url:
        if kind == "sqlite":
            shutil.copy(sqlite_template(), home / "other.sqlite3")
        yield environment(home, DATABASE_URL=url)


@contextmanager
def furnished(url: str, home: Path) -> Iterator[dict[str, str]]:
    """The environment of a process of a site whose database is this empty one, once it has its tables."""
    own = environment(home, DATABASE_URL=url)
    migrate(own)
    yield own
