"""The nginx site as it is shipped, in front of two workers that listen by Unix sockets; as ever, one dies and all goes on."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.many.test_nginx import behind, check_files, come_back, talking
from tests.support.nginx import Nginx
from tests.support.several import serving_several
from tests.support.unix import get

pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),  # the certificate is our own
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the sockets are: a short path, for that is all that one may have."""
    made = Path(tempfile.mkdtemp(prefix="run-"))
    yield made
    shutil.rmtree(made)


def sockets(path: Path) -> float:
    """How many clients a worker has, by its own word."""
    return float(re.search(r"^chatsite_sockets (\S+)$", get(path, "/metrics")[1], re.MULTILINE)[1])  # type: ignore[index]


def test_the_shipped_site_before_two_workers(
    folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("nginx")
    settings = {"BEHIND_TLS": True, "ALLOWED_HOSTS": "127.0.0.1", "ACCEL_REDIRECT": "/media/"}
    with serving_several(tmp_path, sockets=folder / "site.sock", **settings) as site:
        server = site.server
        first, second = server.sockets
        assert (first, second) == (folder / "site.1.sock", folder / "site.2.sock")
        with Nginx(home, tmp_path / "media", server.sockets) as front:
            people = [behind(site.person(f"p{n}"), front.port) for n in range(24)]
            room = site.room(*people)
            clients = talking(people, room, lambda: all(map(sockets, server.sockets)))
            check_files(people[:6], room)
            assert people[0].get(f"/rooms/{room}/").status_code == 200
            server.wait_for(r'access: 127\.0\.0\.1,127\.0\.0\.1 "GET /rooms/')  # whom nginx saw, and this machine
            for path in server.sockets:
                answer, text = get(path, "/healthz")
                assert answer.status == 200 and orjson.loads(text)["broker"] == "up"

            # A worker is killed: the other serves its people, and another takes its place, and its socket.
            with server.forgive("ended with -9"), server.forgive("Invalid session"):
                begun = len(server.lines)
                pid = re.search(
                    rf"process (\d+)\) serves on unix:{re.escape(str(first))}$", "\n".join(server.lines), re.M
                )
                assert pid
                os.kill(int(pid[1]), signal.SIGKILL)
                come_back(people[:6], room, len(clients))
                server.wait_for(rf"serves on unix:{re.escape(str(first))}", since=begun)
                assert get(first, "/healthz")[0].status == 200
            for client in clients:
                if client.sio.connected:
                    client.close()
        assert server.stop() == 0
        assert not list(folder.iterdir()) and not server.trouble()
