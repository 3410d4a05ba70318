"""What tests fork (tests/support/forkserver.py) is as what is started by its command: else they would try something that nobody runs."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.people import web
from tests.support.server import Server

pytestmark = pytest.mark.server


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_forked_server_is_like_one_started_anew(command: Callable[..., Server], how: signal.Signals) -> None:
    def seen(is_forked: bool) -> tuple[object, ...]:
        """What others see of a server: its session and threads, what it answers, how it ends, and what it says."""
        server = command("serve", "--no-access-log", is_forked=is_forked, LANGUAGE_CODE="de").start()
        leads = os.getsid(server.pid) == server.pid
        threads = len(list(Path(f"/proc/{server.pid}/task").iterdir())) if Path("/proc").exists() else 1
        language = re.search(r'<html lang="(\w+)"', web().get(f"{server.url}/accounts/login/").text)
        code = server.stop(how)
        said = [re.sub(r"\d+", "0", line) for line in server.lines]
        return leads, threads, language and language[1], code, said

    forked, anew = seen(is_forked=True), seen(is_forked=False)
    assert forked == anew
    assert forked[0] and forked[2] == "de"


def test_who_is_told_to_end_at_once_ends(command: Callable[..., Server]) -> None:
    server = command("serve", is_forked=True)
    server.spawn()
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL


def test_a_start_that_fails_is_told_with_its_code(command: Callable[..., Server]) -> None:
    server = command("serve", "--workers", "2", is_forked=True)
    server.spawn()
    assert server.join() == 1
    assert "CommandError: 2 workers need a broker between them: set REDIS_URL" in server.lines
