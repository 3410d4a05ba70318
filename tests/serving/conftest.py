"""Processes that a test starts and sees end."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import furnish
from tests.support.server import ROOT, Server


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A command of manage.py to start: `command("runserver", DEBUG=1)`. It is stopped at the end of the test. `new`: it finds no database."""
    with ExitStack() as stack:

        def make(*words: str, new: bool = False, **options: Any) -> Server:
            if not new and "DATABASE_URL" not in options:
                furnish(tmp_path / "data")
            server = Server(tmp_path / "data", *words, **options)
            stack.callback(server.stop)
            return server

        yield make


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone of the project, whose files a test may change."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("chatsite", "accounts", "rooms", "templates", "static"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", clone)
    (clone / "node_modules").symlink_to(ROOT / "node_modules")
    return clone


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
