"""The engine served without Django: `app` is shared, `serve(bound=...)` starts one with options of its own."""

import json
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.wire import PATIENCE, Raw

ROOT = Path(__file__).parents[2]


class App:
    """A running `echo_app`."""

    def __init__(self, **options: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.engine.echo_app", *(f"{k}={json.dumps(v)}" for k, v in options.items())],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def state(self) -> dict[str, Any]:
        """What the server holds."""
        with urllib.request.urlopen(f"{self.url}/state", timeout=PATIENCE) as answer:
            state: dict[str, Any] = json.load(answer)
            return state

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask for the state until it is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while not condition(state := self.state()):
            assert time.monotonic() < deadline, state
            select.select([], [], [], 0.02)
        return state

    def client(self, auth: Any = None, **options: Any) -> Raw:
        """A raw client in the default namespace."""
        return Raw.joined(self.port, auth, **options)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> str:
        """End it; return what it logged."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            _, log = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return log


@pytest.fixture(scope="session")
def shared_app() -> Iterator[App]:
    app = App()
    yield app
    log = app.stop()
    assert log.count("Traceback") == log.count("RuntimeError: as asked"), log


@pytest.fixture
def app(shared_app: App) -> App:
    """A server that the tests share."""
    return shared_app


@pytest.fixture
def serve() -> Iterator[Callable[..., App]]:
    """Start a server with options of `engine.make`."""
    apps: list[App] = []

    def start(**options: Any) -> App:
        apps.append(App(**options))
        return apps[-1]

    yield start
    for app in apps:
        app.stop()
