"""`manage.py serve`: one command from an empty directory to a site; settings from the environment or .env; an orderly end."""

import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import requests
import websocket

from tests.support.databases import KINDS, empty
from tests.support.people import PATIENCE, web
from tests.support.server import ROOT, Server, environment
from tests.support.site import Site

pytestmark = pytest.mark.server
Command = Callable[..., Server]


def get(server: Server, path: str, **options: Any) -> requests.Response:
    return requests.get(server.url + path, timeout=PATIENCE, allow_redirects=False, **options)


def test_the_first_start_makes_what_is_missing(command: Command, tmp_path: Path) -> None:
    server = command("serve", new=True).start()
    server.wait_for(r"The database is brought up to date, in \d+ steps\.")
    assert get(server, "/").headers["Location"] == "/welcome/"
    key = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and len(key.read_text()) >= 50
    assert (tmp_path / "data" / "db.sqlite3").exists()
    assert server.stop() == 0 and server.trouble() == []
    before = key.read_text()
    server.start()
    assert key.read_text() == before


def test_sessions_outlive_a_restart(own_site: Callable[..., Site]) -> None:
    site = own_site()
    ana = site.person("ana", lobby=True)
    site.server.stop()
    site.server.start()
    assert ana.get("/api/rooms/lobby/messages/").status_code == 200
    with ana.client() as client:
        assert client.hello()


def test_sessions_that_are_over_are_not_kept(own_site: Callable[..., Site]) -> None:
    site = own_site()
    ana, bo = site.person("ana"), site.person("bo")
    site.hand("end_session", key=ana.session, expire=True)
    site.server.stop()
    site.server.start()
    end = monotonic() + PATIENCE
    while ana.session in (kept := site.hand("sessions")) and monotonic() < end:
        sleep(0.05)
    assert ana.session not in kept and bo.session in kept


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_a_signal_ends_it_in_order(own_site: Callable[..., Site], how: signal.Signals) -> None:
    """Who is connected is sent away to come back; what they were told is stored; the exit code is that of a good end."""
    site = own_site()
    ana = site.person("ana", lobby=True)
    socket = websocket.create_connection(
        f"{site.url}/socket.io/?EIO=4&transport=websocket".replace("http:", "ws:"), cookie=ana.cookie, timeout=PATIENCE
    )
    socket.send("40")
    socket.send('420["message","one last word"]')
    while not socket.recv().startswith("430["):
        pass
    assert site.server.stop(how) == 0
    while (frame := socket.recv_data())[0] != websocket.ABNF.OPCODE_CLOSE:
        pass
    assert int.from_bytes(frame[1][:2]) == 1001  # going away: clients reconnect
    assert any("stopping: no new connections" in line for line in site.server.lines)
    assert site.stored("lobby")["messages"][0]["body"] == "one last word"


def test_clients_come_back_to_a_restarted_site(own_site: Callable[..., Site]) -> None:
    site = own_site()
    ana = site.person("ana", lobby=True)
    client = ana.client()
    client.sio.reconnection, client.sio.reconnection_delay = True, 0.1
    client.hello()
    site.server.stop()
    client.wait_for_end()
    site.server.start()
    assert client.hello()["user"]["id"] == ana.id
    assert client.ask("message", "back again")["ok"]
    client.close()


def test_host_and_port_come_from_the_environment(command: Command, free_port: int) -> None:
    server = command("serve", host="", HOST="127.0.0.1", PORT=free_port).start()
    assert server.port == free_port
    assert get(server, "/welcome/").status_code == 200


def test_settings_come_from_dot_env_and_the_environment_wins(project: Path, tmp_path: Path) -> None:
    (project / ".env").write_text("MAX_BODY=123\nPAGE_SIZE=7\nSESSION_DAYS=3\n")
    asked = "from django.conf import settings as s; print(s.MAX_BODY, s.PAGE_SIZE, s.SESSION_COOKIE_AGE)"
    answer = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", asked],
        cwd=project, env=environment(tmp_path / "data", PAGE_SIZE=9), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout.split() == ["123", "9", str(3 * 86_400)]


@pytest.mark.parametrize(
    ("address", "told"),
    [("127.0.0.1:x", "neither a port number nor"), ("taken", "already in use"), ("99999", "99999 is no port")],
)
def test_an_address_that_cannot_be_had_is_told_in_a_line(command: Command, address: str, told: str) -> None:
    if address == "taken":
        other = command("serve").start()
        other.stop()
        other.start()  # on that port by its number, as people start it, and not on any free one
        address = f"127.0.0.1:{other.port}"
    server = command("serve", address, host="")
    server.spawn()
    server.wait_for(told)
    assert server.join() == 1
    assert "Traceback" not in server.tail()


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_of_ones_own_is_migrated_only_when_asked(command: Command, kind: str, tmp_path: Path) -> None:
    with empty(kind, tmp_path) as url:
        server = command("serve", DATABASE_URL=url)
        server.spawn()
        server.wait_for(r"The database lacks \d+ migrations. Apply them first: manage.py migrate")
        assert server.join() == 1 and "Traceback" not in server.tail()
        manage = [sys.executable, "manage.py"]
        tables = "from django.db import connection; print('TABLES', len(connection.introspection.table_names()))"
        seen = subprocess.run(
            [*manage, "shell", "--no-imports", "-c", tables],
            cwd=ROOT,
            env=server.environment,
            capture_output=True,
            text=True,
        )
        assert "TABLES 0" in seen.stdout
        subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=ROOT, env=server.environment, check=True)
        server.start()
        assert get(server, "/welcome/").status_code == 200
        server.stop()


def welcome(server: Server, **more: str) -> requests.Response:
    """Fill in the first-run page."""
    form = {"site_name": "Home", "name": "Ana", "email": "ana@example.com", "password": "a few words in a row", **more}
    return web().post(f"{server.url}/welcome/", data=form, timeout=PATIENCE, allow_redirects=False)


def test_whom_others_can_reach_asks_for_the_key_of_the_console(command: Command) -> None:
    server = command("serve", host="0.0.0.0").start()
    key = server.wait_for(r"asks for this key, once: (\S+)$")[1]
    assert 'name="key"' in get(server, "/welcome/").text
    for wrong in ({}, {"key": ""}, {"key": "wrong"}, {"key": key[:-1]}):
        assert welcome(server, **wrong).status_code == 200
    assert get(server, "/").headers["Location"] == "/welcome/"
    assert welcome(server, key=key).status_code == 302
    assert welcome(server, key=key).status_code in (302, 404)
    assert get(server, "/").headers["Location"].startswith("/accounts/login/")
    server.stop()
    begun = len(server.lines)
    server.start()
    assert not any("key" in line for line in server.lines[begun:])


def test_on_loopback_nobody_is_asked_for_a_key(command: Command) -> None:
    server = command("serve").start()
    assert 'name="key"' not in get(server, "/welcome/").text
    assert not any(re.search(r"asks for this key", line) for line in server.lines)
    assert welcome(server).status_code == 302


def test_the_first_person_finds_a_lobby_and_can_talk(command: Command) -> None:
    server = command("serve").start()
    browser = web()
    form = {"site_name": "Home", "name": "Ana", "email": "ana@example.com", "password": "a few words in a row"}
    page = browser.post(f"{server.url}/welcome/", data=form, timeout=PATIENCE)
    assert page.status_code == 200 and page.url == f"{server.url}/rooms/lobby/"
    browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
    said = browser.post(f"{server.url}/rooms/lobby/messages/", data={"body": "hello, *world*"}, timeout=PATIENCE)
    assert "hello, <em>world</em>" in said.text
    assert server.trouble() == []
