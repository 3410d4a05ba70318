"""`manage.py runserver`: Django's own command, with Socket.IO and static files in it, that starts again when the code changes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.support.databases import empty
from tests.support.people import PATIENCE, Person, web
from tests.support.server import Server

pytestmark = pytest.mark.server
Command = Callable[..., Server]
STATIC = ["css/chatsite.css", "js/core/timeline.js", "npm/socket.io-client/socket.io.esm.min.js", "admin/css/base.css"]


@pytest.mark.parametrize("debug", [0, 1])
def test_django_socket_io_and_static_files_together(command: Command, debug: int) -> None:
    server = command("runserver", "--noreload", DEBUG=debug).start()
    assert any("Django version" in line for line in server.lines)
    assert any("System check identified no issues" in line for line in server.lines)
    for path in STATIC:
        assert requests.get(f"{server.url}/static/{path}", timeout=PATIENCE).status_code == 200, path
    browser = web()
    form = {"site_name": "Home", "name": "Ana", "email": "ana@example.com", "password": "a few words in a row"}
    page = browser.post(f"{server.url}/welcome/", data=form, timeout=PATIENCE)
    assert page.status_code == 200 and page.url.endswith("/rooms/lobby/")
    ana = Person(server.url, 1, "ana", "Ana", browser.cookies["sessionid"])
    with ana.client() as client:
        assert client.hello()["user"] == {**ana.brief, "is_staff": True}
        assert client.ask("message", "hello")["ok"]
        client.expect("message", room="lobby")
    assert not [line for line in server.trouble() if "This is a development server" not in line]


def test_it_starts_again_when_the_code_changes(command: Command, project: Path) -> None:
    server = command("runserver", project=project, new=True).start()
    begun, changed = len(server.lines), project / "rooms" / "errors.py"
    for _ in range(60):  # the first change may come before the reloader's first look
        os.utime(changed)
        if server.says("errors.py changed, reloading", since=begun, timeout=0.5):
            break
    ready = server.wait_for(r"Starting development server at http://\S+?:(\d+)/", since=begun)
    assert requests.get(f"http://127.0.0.1:{ready[1]}/welcome/", timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize("words", [(), ("--noreload",)], ids=["reload", "noreload"])
def test_it_migrates_no_database_of_ones_own(command: Command, tmp_path: Path, words: tuple[str, ...]) -> None:
    with empty("sqlite", tmp_path) as url:
        server = command("runserver", *words, DATABASE_URL=url)
        server.spawn()
        server.wait_for(r"The database lacks \d+ migrations. Apply them first: manage.py migrate")
        assert server.join() == 1 and "Traceback" not in server.tail()
    assert b"CREATE TABLE" not in (tmp_path / "other.sqlite3").read_bytes()


def test_whom_others_can_reach_asks_for_the_key_of_the_console(command: Command) -> None:
    server = command("runserver", "--noreload", host="0.0.0.0").start()
    server.wait_for(r"asks for this key, once: (\S+)$")
    assert 'name="key"' in requests.get(f"{server.url}/welcome/", timeout=PATIENCE).text
