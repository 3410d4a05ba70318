"""Retries that come late, from who has heard no answer: what was done by a name of its own is not done again, nor after the server was killed."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.support.site import Site

pytestmark = pytest.mark.server


def test_a_retry_after_a_crash_undoes_nothing(own_site: Callable[..., Site]) -> None:
    site = own_site()
    ana = site.person("ana")
    room = site.room(ana)
    acts: dict[str, dict[str, Any]] = {
        "react": {"room": room, "seq": 1, "emoji": "🎉", "on": True, "client_id": str(uuid4())},
        "pin": {"room": room, "seq": 1, "client_id": str(uuid4())},
        "save": {"room": room, "seq": 1, "client_id": str(uuid4())},
        "follow": {"room": room, "seq": 1, "client_id": str(uuid4())},
        "involve": {"room": room, "involvement": "nothing", "client_id": str(uuid4())},
        "unread": {"room": room, "seq": 1, "client_id": str(uuid4())},
    }
    back: dict[str, dict[str, Any]] = {
        event: {"room": room, "seq": 1, "on": False, **({"emoji": "🎉"} if event == "react" else {})}
        for event in ("react", "pin", "save", "follow")
    } | {"involve": {"room": room, "involvement": "mentions"}, "read": {"room": room, "seq": 1}}
    with ana.client() as one, ana.client() as other:
        assert one.ask("message", {"room": room, "body": "hello"})["ok"]
        for event, payload in acts.items():
            assert one.ask(event, payload)["ok"], event
        for event, payload in back.items():
            assert other.ask(event, payload)["ok"], event
    site.server.kill()
    site.server.start()
    with ana.client() as late:
        told = {each["slug"]: each for each in late.hello()["rooms"]}[room]
        answers = {event: late.ask(event, payload) for event, payload in acts.items()}
        assert all(answer["ok"] for answer in answers.values()), answers
        assert "reactions" not in answers["react"]["message"] and "pinned_at" not in answers["pin"]["message"]
        assert answers["save"]["on"] is answers["follow"]["following"] is False
        assert answers["involve"]["involvement"] == "mentions" and answers["unread"]["last_read_seq"] == 1
        assert answers["react"]["version"] == answers["pin"]["version"] == told["version"]
        assert late.ask("react", {**acts["react"], "client_id": str(uuid4())})["message"]["reactions"]
        refused = late.ask("react", {**acts["react"], "client_id": "x"})
        assert (refused["error"]["code"], refused["error"]["field"]) == ("invalid", "client_id")
