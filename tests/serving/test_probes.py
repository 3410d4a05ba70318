"""What machines ask of the site: whether it lives and is ready, its figures, and a log that programs can read."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
import requests

from tests.support.people import PATIENCE
from tests.support.site import Site

pytestmark = pytest.mark.server


def get(site: Site, path: str, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(site.url + path, headers=named, timeout=PATIENCE, allow_redirects=False)


def figures(text: str) -> dict[str, float]:
    """The samples of Prometheus' text format, by name and labels."""
    assert all(
        re.fullmatch(r"# (HELP|TYPE) chatsite_\w+ .+|chatsite_\w+(\{le=\"[^\"]+\"\})? \S+", each)
        for each in text.splitlines()
    )
    return {name: float(value) for name, value in re.findall(r"^(chatsite_\S+) (\S+)$", text, re.MULTILINE)}


def test_it_lives_and_is_ready(site: Site) -> None:
    assert get(site, "/healthz", Host="whatever").json() == {"status": "ok"}
    for _ in range(2):
        answer = get(site, "/readyz", Host="whatever")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": "ok"})


def test_the_figures_tell_what_happened(site: Site) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    before = figures(get(site, "/metrics").text)
    with ana.client() as a, bo.client() as b:
        assert a.ask("message", {"room": room, "body": "counted"})["ok"]
        b.expect("message", room=room)
        b.ask("sync", {"rooms": {room: 0}})
        after = figures(get(site, "/metrics").text)

    def grown(name: str) -> float:
        return after[f"chatsite_{name}"] - before[f"chatsite_{name}"]

    assert grown("messages_total") == grown("batch_messages_count") == grown("commit_seconds_count") == 1
    assert grown("deliveries_total") >= 2 and grown("sync_messages_sum") >= 1
    assert after["chatsite_sockets"] >= 2 and after["chatsite_resident_memory_bytes"] > 10_000_000
    assert after["chatsite_commit_seconds_sum"] > 0 and after['chatsite_commit_seconds_bucket{le="+Inf"}'] >= 1


def test_the_figures_are_shown_to_nobody_through_a_proxy(site: Site) -> None:
    assert get(site, "/metrics", X_Forwarded_For="127.0.0.1").status_code == 404
    assert get(site, "/metrics", Authorization="Bearer ").status_code == 200


def test_the_figures_are_shown_to_no_page_of_strangers(site: Site) -> None:
    """Whoever owns a name may let it lead to this machine, and a browser here would read what comes as theirs."""
    port = site.url.rpartition(":")[2]
    for host, status in {
        "evil.example": 404,
        f"evil.example:{port}": 404,
        "localhost": 200,
        f"[::1]:{port}": 200,
    }.items():
        assert get(site, "/metrics", Host=host).status_code == status


def test_a_token_shows_the_figures_and_the_log_is_json(own_site: Callable[..., Site]) -> None:
    site = own_site(METRICS_TOKEN="let me see", LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    assert get(site, "/metrics").status_code == get(site, "/metrics", Authorization="Bearer let").status_code == 404
    assert get(site, "/metrics", Authorization="Bearer let me see", X_Forwarded_For="192.0.2.1").status_code == 200

    given = get(site, "/accounts/login/", X_Request_ID="from-the-proxy.7").headers["X-Request-ID"]
    assert given == "from-the-proxy.7"
    made = get(site, "/accounts/login/", X_Request_ID="no id!").headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    site.server.wait_for(made)
    lines = [json.loads(line) for line in site.server.lines if line.startswith("{")]
    told = {line["request"]: line for line in lines if line["logger"] == "chatsite.access"}
    assert "/accounts/login/" in told[given]["message"] and told[given]["level"] == "INFO"
    assert {"time", "process"} <= told[made].keys()


def test_what_failed_is_told_with_the_socket_that_said_it(own_site: Callable[..., Site]) -> None:
    site = own_site(LOG_FORMAT="json", SQLITE_TIMEOUT=1)
    ana = site.person("ana", lobby=True)
    site.server.forgive("message of ana.* failed").__enter__()
    with ana.client() as client, closing(sqlite3.connect(site.server.home / "db.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert client.ask("message", "into a locked file")["error"]["code"] == "unavailable"
        told = json.loads(site.server.wait_for(r"^{.*message of ana\S* failed.*")[0])
        assert (told["socket"], told["event"], told["level"]) == (client.sio.get_sid(), "message", "ERROR")
