"""The figures of all processes, for administrators, and for Prometheus."""

import json
import re

import pytest
import requests

from tests.docs.blocks import ROOT
from tests.docs.test_docs_protocol import documented, shape
from tests.support.people import PATIENCE
from tests.support.several import SeveralSite

pytestmark = pytest.mark.server


def test_an_administrator_sees_all_processes(site: SeveralSite) -> None:
    admin, ana, bo = site.admin(), site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    with admin.client() as a, ana.client() as b, bo.client() as c:
        refusal = b.ask("watch", {})
        assert refusal["error"]["code"] == "forbidden"
        assert a.ask("watch", {}) == {"ok": True}
        assert b.ask("message", {"room": room, "body": "counted"})["ok"]
        seen: dict[str, dict[str, object]] = {}
        while len(seen) < 2 or not any(sum(each["messages"]) for each in seen.values()):  # type: ignore[call-overload]
            figures = a.expect("figures")
            seen[figures["worker"]] = figures
        one = next(iter(seen.values()))
        assert shape({**one, "broker": None}) == shape(documented("figures"))
        assert len(one["messages"]) == len(one["deliveries"]) == len(one["lag"]) == 60  # type: ignore[arg-type]
        assert {each["broker"] for each in seen.values()} == {"up"}
        assert all(each["sockets"] for each in seen.values())

        # No longer an administrator: at the next word of theirs they hear no more.
        site.hand("change_person", user=admin.id, is_staff=False)
        assert a.ask("watch", {})["error"]["code"] == "forbidden"
        c.fence()
        b.fence()
        assert not b.all("figures") and not c.all("figures")


def test_the_dashboard_asks_for_figures_that_there_are(site: SeveralSite) -> None:
    dashboard = json.loads((ROOT / "deploy/grafana.json").read_text())
    asked = set(re.findall(r"chatsite_\w+", json.dumps(dashboard)))
    there = set(
        re.findall(r"^(chatsite_\w+)", requests.get(f"{site.url}/metrics", timeout=PATIENCE).text, re.MULTILINE)
    )
    assert len(dashboard["panels"]) >= 10 and "chatsite_broker_up" in asked
    assert asked <= there
