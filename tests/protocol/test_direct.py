"""Direct conversations over the wire: opened by a bot or by two at once, seen by who is in them and by nobody else."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.hand import Hand
from tests.support.server import ROOT
from tests.support.site import Site

pytestmark = pytest.mark.server


def test_who_is_written_to_hears_of_it_and_of_what_is_said(site: Site) -> None:
    ana, bo, eve = site.person("ana"), site.person("bo"), site.person("eve")
    with ana.client() as here, bo.client() as there, eve.client() as elsewhere:
        for client in (here, there, elsewhere):
            client.hello()
        room = here.ask("direct", {"people": [bo.handle]})["room"]
        assert (room["kind"], room["name"], room["people"]) == ("direct", bo.name, [bo.brief])
        told = there.expect("room", room=room["slug"])
        assert (told["name"], told["people"], told["last_seq"]) == (ana.name, [ana.brief], 0)
        assert there.ask("direct", {"people": [ana.id]})["room"]["slug"] == room["slug"]
        assert here.ask("message", {"room": room["slug"], "body": "hello"})["ok"]
        assert there.expect("message", room=room["slug"])["message"]["body"] == "hello"
        mark = there.ask("read", {"room": room["slug"], "seq": 0})
        assert (mark["unread"], mark["mentions"]) == (1, 1)
        assert there.ask("message", {"room": room["slug"], "body": "hi"})["ok"]
        elsewhere.fence()
        assert not [each for each in elsewhere.heard if room["slug"] in str(each)]
        for event, payload in {
            "message": {"body": "me too"}, "read": {"seq": 1}, "typing": {}, "involve": {"involvement": "nothing"},
            "edit": {"seq": 1, "body": "x"}, "delete": {"seq": 1}, "react": {"seq": 1, "emoji": "👍"},
        }.items():  # fmt: skip
            assert elsewhere.ask(event, {"room": room["slug"], **payload})["error"]["code"] == "not_found", event
        assert (
            elsewhere.ask("sync", {"rooms": {room["slug"]: 0}})["rooms"][room["slug"]]["error"]["code"] == "not_found"
        )
    for path in ("", "people/", "settings/", "threads/1/"):
        assert eve.get(f"/rooms/{room['slug']}/{path}").status_code == 404, path
    for path in ("messages/", "people/"):
        assert eve.get(f"/api/rooms/{room['slug']}/{path}").status_code == 404, path
    with bo.client() as again:
        [shown] = again.hello()["rooms"]
        assert (shown["name"], shown["unread"], shown["mentions"]) == (ana.name, 0, 0)


def test_what_is_no_conversation_is_refused_with_its_code(site: Site) -> None:
    ana, gone = site.person("ana"), site.person("gone", is_active=False)
    crowd = [site.person("p").id for _ in range(8)]
    wrong = {
        "invalid": [{}, {"people": 1}, {"people": []}, {"people": [ana.id]}, {"people": crowd}, {"people": [True]},
                    {"people": [[]]}, {"people": ["\0"]}, {"people": ["x" * 65]}, {"people": crowd[:1] * 101}],
        "not_found": [{"people": [10**12]}, {"people": ["nobody-of-this-name"]}, {"people": [gone.handle]}],
    }  # fmt: skip
    with ana.client() as client:
        for code, payloads in wrong.items():
            for payload in payloads:
                assert client.ask("direct", payload)["error"]["code"] == code, payload
        assert client.hello()["rooms"] == []
        assert len(client.ask("direct", {"people": [*crowd[:7], ana.handle]})["room"]["people"]) == 7


def test_opened_at_the_same_moment_from_many_sides_it_is_one_room(site: Site) -> None:
    """Two processes beside the server, and two people through it, each set of people in one moment."""
    ana = site.person("ana")
    others = [site.person("bo") for _ in range(12)]
    hands = [Hand(site.server.environment, ROOT) for _ in range(2)]

    def by_api(person_, other_) -> str:  # type: ignore[no-untyped-def]
        return str(person_.post("/api/direct/", json={"people": [other_.id]}).json()["room"]["slug"])

    try:
        with ThreadPoolExecutor(4) as threads:
            for bo in others:
                opened = [
                    threads.submit(hands[0], "direct", by=ana.id, people=[bo.id]),
                    threads.submit(hands[1], "direct", by=bo.id, people=[ana.id]),
                    threads.submit(by_api, ana, bo),
                    threads.submit(by_api, bo, ana),
                ]
                assert len({each.result(30) for each in opened}) == 1
    finally:
        for hand in hands:
            hand.close()
