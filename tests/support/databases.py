"""Empty databases of both kinds, each of one's own: a SQLite file, a PostgreSQL database made for the occasion and dropped after it.

PostgreSQL is looked for at TEST_POSTGRES_URL (its owner may create databases). Where there is none the tests fail and say so;
WITHOUT_POSTGRES=1 skips them instead.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.support.server import ROOT, environment

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/postgres")
KINDS = ["sqlite", "postgresql"]


@contextmanager
def empty(kind: str, home: Path) -> Iterator[str]:
    """The DATABASE_URL of a new database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{home / 'other.sqlite3'}"
        return
    name = f"chatsite_{uuid.uuid4().hex[:12]}"
    try:
        server = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        if os.environ.get("WITHOUT_POSTGRES"):
            pytest.skip(f"no PostgreSQL: {error}")
        pytest.fail(
            f"PostgreSQL is needed at {POSTGRES} (TEST_POSTGRES_URL; WITHOUT_POSTGRES=1 to go without): {error}"
        )
    with server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
    server.close()


@contextmanager
def migrated(kind: str, home: Path) -> Iterator[dict[str, str]]:
    """The environment of a process of a site whose new database has its tables."""
    with empty(kind, home) as url:
        process_environment = environment(home, DATABASE_URL=url)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=process_environment, check=True
        )
        yield process_environment
