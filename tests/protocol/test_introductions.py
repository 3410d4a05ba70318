"""Somebody looks otherwise now: those who share a room hear of it, once, however much changed; strangers do not."""

from typing import Any

import pytest

from rooms.realtime.introductions import Introductions
from tests.support.site import Site


@pytest.mark.server
def test_who_shares_a_room_hears_of_a_new_name(site: Site) -> None:
    """Once, though they share two, and name and status were changed one after the other."""
    ana, bo, cy = site.person("ana"), site.person("bo"), site.person("cy")
    rooms = [site.room(ana, bo), site.room(ana, bo), site.room(cy)]
    with bo.client() as near, cy.client() as far, ana.client() as own:
        for client in (near, far, own):
            client.hello()
        form = {"name": "Ana Berg", "handle": ana.handle, "status_emoji": "🌴", "status": "Away"}
        assert ana.post("/accounts/profile/", data=form).status_code == 302
        told = near.expect("user")["user"]
        assert told == {**ana.brief, "name": "Ana Berg", "status_emoji": "🌴", "status": "Away"}
        own.expect("user")
        far.ask("message", {"room": rooms[2], "body": "meanwhile"})
        for client in (near, far):
            client.fence()
        assert (len(near.all("user")), len(far.all("user"))) == (1, 0)


def test_the_last_of_many_changes_is_told() -> None:
    told: list[Any] = []
    timers: list[Any] = []
    introductions = Introductions(
        lambda to, data: told.append((to, data["user"]["name"])), lambda seconds, call: timers.append(call)
    )
    for name in ("A", "B", "C"):
        introductions.tell({"id": 1, "name": name}, {"room:2", "room:1"})
    introductions.tell({"id": 2, "name": "D"}, {"user:2"})
    assert told == [] and len(timers) == 2
    for timer in timers:
        timer()
    assert told == [(["room:1", "room:2"], "C"), (["user:2"], "D")]
    introductions.tell({"id": 1, "name": "E"}, {"room:1"})
    assert len(timers) == 3
