"""`manage.py serve unix:PATH`: a socket for the proxy on the same machine, and for nobody else; what comes by it has no address of its own."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
import websocket

from tests.support.databases import furnish
from tests.support.hand import Hand
from tests.support.people import PATIENCE, Person
from tests.support.server import ROOT, Server, environment
from tests.support.site import Site
from tests.support.unix import connected, get

pytestmark = pytest.mark.server
Command = Callable[..., Server]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where sockets are: the path of one has 107 bytes at most, and a test's own folder takes most of them."""
    made = Path(tempfile.mkdtemp(prefix="run-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "site.sock"


@pytest.fixture
def site_at(command: Command, path: Path) -> Iterator[Callable[..., Site]]:
    """Serve a site at `path`, with settings."""
    sites: list[Site] = []

    def start(**settings: Any) -> Site:
        server = command("serve", f"unix:{path}", host="", **settings)
        server.start()
        sites.append(Site(server, Hand(server.environment, ROOT)))
        return sites[-1]

    yield start
    for site in sites:
        site.hand.close()


def talking(path: Path, person: Person, **headers: str) -> websocket.WebSocket:
    """Somebody's Socket.IO client, let in. Raises WebSocketBadStatusException."""
    joined = websocket.create_connection(
        "ws://127.0.0.1/socket.io/?EIO=4&transport=websocket", socket=connected(path), cookie=person.cookie, timeout=PATIENCE,
        header={name.replace("_", "-"): value for name, value in headers.items()},
    )  # fmt: skip
    joined.send("40")
    while not joined.recv().startswith("40"):
        pass
    return joined


def say(client: websocket.WebSocket, words: str) -> dict[str, Any]:
    client.send(f'421["message","{words}"]')
    while not (answer := client.recv()).startswith("431"):
        pass
    return orjson.loads(answer[3:])[0]  # type: ignore[no-any-return]


def test_a_site_is_served_by_a_socket_for_its_group_and_nobody_else(site_at: Callable[..., Site], path: Path) -> None:
    before = os.umask(0)
    try:
        site = site_at()
    finally:
        os.umask(before)
    assert site.server.sockets == [path] and not site.server.ports
    assert stat.S_ISSOCK(path.stat().st_mode) and stat.S_IMODE(path.stat().st_mode) == 0o660
    ana = site.person("ana", lobby=True)
    answer, text = get(path, "/healthz")
    assert answer.status == 200 and orjson.loads(text)["status"] == "ok"
    for page in ("/rooms/lobby/", "/accounts/sessions/"):
        assert get(path, page, Cookie=ana.cookie)[0].status == 200
    assert get(path, "/accounts/login/")[0].status == 200
    client = talking(path, ana)
    assert say(client, "by a socket")["ok"]
    assert [each["body"] for each in site.stored("lobby")["messages"]] == ["by a socket"]
    # Who comes by it is this machine; who comes through a proxy is not.
    assert get(path, "/metrics")[0].status == 200
    assert get(path, "/metrics", X_Forwarded_For="203.0.113.7")[0].status == 404
    site.server.wait_for(r'access: 127\.0\.0\.1 "GET /rooms/lobby/')
    # SIGTERM: clients are sent away, the file goes with the process.
    assert site.server.stop() == 0
    while (frame := client.recv_frame()).opcode != websocket.ABNF.OPCODE_CLOSE:
        pass
    assert int.from_bytes(frame.data[:2]) == 1001
    assert not path.exists() and not site.server.trouble()


def test_whom_a_proxy_sends_counts_by_their_own_address(site_at: Callable[..., Site], path: Path) -> None:
    site = site_at(TRUSTED_PROXIES=1, CONNECTIONS_PER_ADDRESS=1)
    ana = site.person("ana", lobby=True)
    clients = [talking(path, ana, X_Forwarded_For="203.0.113.1"), talking(path, ana, X_Forwarded_For="203.0.113.2")]
    with site.server.forgive("1 sockets from 203.0.113.1"), pytest.raises(websocket.WebSocketBadStatusException):
        talking(path, ana, X_Forwarded_For="198.51.100.9, 203.0.113.1")
    clients += [talking(path, ana) for _ in range(3)]  # the machine itself is not counted
    for client in clients:
        assert say(client, "in")["ok"]
        client.close()
    assert get(path, "/rooms/lobby/", Cookie=ana.cookie)[0].status == 200
    assert not site.server.trouble()


def test_without_trust_in_a_proxy_its_word_counts_for_nothing(site_at: Callable[..., Site], path: Path) -> None:
    site = site_at(CONNECTIONS_PER_ADDRESS=1)
    ana = site.person("ana", lobby=True)
    clients = [talking(path, ana, X_Forwarded_For="203.0.113.1") for _ in range(3)]
    for client in clients:
        assert say(client, "in")["ok"]
        client.close()
    assert not site.server.trouble()


def test_what_a_dead_process_left_is_taken_over(site_at: Callable[..., Site], path: Path) -> None:
    server = site_at().server
    server.kill()
    assert path.exists()
    with pytest.raises(ConnectionRefusedError):
        connected(path)
    server.start()
    assert get(path, "/healthz")[0].status == 200
    assert server.stop() == 0 and not path.exists()


def test_a_living_one_is_refused_and_lives_on(site_at: Callable[..., Site], tmp_path: Path, path: Path) -> None:
    server = site_at().server
    assert refused(tmp_path, f"unix:{path}") == f"CommandError: unix:{path}: another process listens there"
    assert get(path, "/healthz")[0].status == 200
    assert server.stop() == 0


def test_one_that_has_no_time_lives_too(tmp_path: Path, path: Path) -> None:
    """Its queue is full: it accepts nobody just now."""
    busy = socket.socket(socket.AF_UNIX)
    busy.bind(str(path))
    busy.listen(0)
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for each in waiting:
        each.setblocking(False)
        with suppress(BlockingIOError):
            each.connect(str(path))
    assert "another process listens there" in refused(tmp_path, f"unix:{path}")
    assert path.exists()
    for each in (*waiting, busy):
        each.close()


def test_what_is_no_socket_is_left_alone(tmp_path: Path, path: Path) -> None:
    path.write_text("of value")
    assert refused(tmp_path, f"unix:{path}").endswith("there is something else, which is no socket")
    assert path.read_text() == "of value"


def test_what_cannot_be_is_told_in_a_line(tmp_path: Path, folder: Path) -> None:
    long = folder / ("n" * (108 - len(str(folder)) - 1))
    locked = folder / "locked"
    locked.mkdir(0o500)
    for path, why in {
        long: "too long for a Unix socket: 108 bytes, at most 107",
        folder / "none" / "site.sock": "there is no such folder",
        locked / "site.sock": "no permission there",
    }.items():
        assert refused(tmp_path, f"unix:{path}") == f"CommandError: unix:{path}: {why}"
    for words in ("unix:", f"unix:{folder}/"):
        assert "has no path of a socket" in refused(tmp_path, words)


def test_a_path_of_the_greatest_length_is_one(command: Command, folder: Path) -> None:
    path = folder / ("n" * (107 - len(str(folder)) - 1))
    command("serve", f"unix:{path}", host="").start()
    assert get(path, "/healthz")[0].status == 200


def test_a_new_site_asks_for_the_key_of_the_console(command: Command, path: Path) -> None:
    """The world may reach the proxy."""
    server = command("serve", f"unix:{path}", host="").start()
    server.wait_for(r"asks for this key, once: (\S+)$")
    assert 'name="key"' in get(path, "/welcome/")[1]


def refused(home: Path, address: str) -> str:
    """What a server says that does not start."""
    furnish(home)
    # Root may write anywhere, but for this.
    weakly = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    command = [*weakly, sys.executable, "manage.py", "serve", address]
    ended = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 1 and not ended.stdout
    return ended.stderr.strip()
