"""`manage.py serve --workers 2`: a parent that starts them, starts anew what crashes, and ends them in order."""

import os
import re
import select
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.support.databases import migrated
from tests.support.server import PATIENCE, ROOT, Server, environment
from tests.support.several import SeveralSite, running_redis, serving_several

pytestmark = pytest.mark.server


def workers_of(server: Server) -> dict[int, int]:
    """The pids of the processes that serve, by port."""
    told = re.findall(r"worker \d \(process (\d+)\) serves on port (\d+)", "\n".join(server.lines))
    return {int(port): int(pid) for pid, port in told}


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_crashed_worker_is_started_again_and_nothing_is_lost(tmp_path: Path) -> None:
    with serving_several(tmp_path) as site:
        ana, bo = site.person("ana"), site.person("bo")
        den = site.room(ana, bo)
        server = site.server
        assert ana.url != bo.url
        with server.forgive("ended with -9 and is started again"), ana.client() as a:
            b = bo.client()
            assert b.ask("message", {"room": den, "body": "the last word"})["ok"]
            os.kill(workers_of(server)[int(bo.url.rpartition(":")[2])], signal.SIGKILL)
            b.wait_for_end()
            server.wait_for(r"worker \d \(process \d+\) ended with -9 and is started again")
            assert a.expect("message", room=den)["message"]["body"] == "the last word"
            assert a.ask("message", {"room": den, "body": "meanwhile"})["ok"]
            begun = len(server.lines)
            server.wait_for(r"worker \d \(process \d+\) serves on port", since=begun)
            back = bo.client()
            assert back.hello()["rooms"][0]["version"] == 2
            assert a.ask("message", {"room": den, "body": "welcome back"})["ok"]
            assert back.expect("message", room=den)["message"]["body"] == "welcome back"
            back.close()
        assert [each["body"] for each in site.stored(den)["messages"]] == ["the last word", "meanwhile", "welcome back"]
        # SIGTERM reaches both, and the parent ends last.
        children = list(workers_of(server).values())
        assert server.stop() == 0
        assert len(children) == 2 and not any(is_running(pid) for pid in children)
        assert len([line for line in server.lines if line.endswith("chatsite.server: stopped")]) == 2
        assert not server.trouble()


def test_without_a_number_there_is_one_a_core(tmp_path: Path) -> None:
    with migrated("postgresql", tmp_path) as own:
        joined = {"MESSAGE_QUEUE_URL": running_redis(), "MESSAGE_QUEUE_CHANNEL": f"test-{uuid.uuid4().hex[:12]}"}
        few = {"DATABASE_URL": own["DATABASE_URL"], "DATABASE_CONNECTIONS": 8, "HOST": "127.0.0.1", "PORT": 0}
        server = Server(tmp_path, "serve", "--workers", host="", **few | joined).start()
        assert len(server.ports) == len(os.sched_getaffinity(0))
        assert server.stop() == 0


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    with serving_several(tmp_path) as site:
        ends = [os.pidfd_open(pid) for pid in workers_of(site.server).values()]
        os.kill(site.server.pid, signal.SIGKILL)
        for end in ends:
            assert select.select([end], [], [], PATIENCE)[0], "still there"
            os.close(end)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--workers", "2", "127.0.0.1:0"], "2 workers need a broker between them: set REDIS_URL"),
        (["--workers", "0", "127.0.0.1:0"], "--workers: at least one"),
        (["--workers", "9", "127.0.0.1:65530"], "65530 is no port"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(tmp_path: Path, words: list[str], told: str) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve", *words], cwd=ROOT, env=environment(tmp_path), text=True, capture_output=True
    )  # fmt: skip
    assert ended.returncode == 1 and told in ended.stderr and "Traceback" not in ended.stderr


def test_a_port_that_is_taken_ends_them_all(site: SeveralSite, tmp_path: Path) -> None:
    """Of three workers, the middle one finds its port taken: the site does not half start."""
    taken = site.server.ports[0]
    settings = {
        name: site.server.environment[name] for name in ("DATABASE_URL", "MESSAGE_QUEUE_URL", "MESSAGE_QUEUE_CHANNEL")
    }
    server = Server(tmp_path, "serve", "--workers", "3", f"127.0.0.1:{taken - 1}", host="", **settings)
    server.spawn()
    server.wait_for(re.escape(f"127.0.0.1:{taken}: that port is already in use"))
    assert server.join() == 1
    assert "did not start" in server.tail() and "Traceback" not in server.tail()
