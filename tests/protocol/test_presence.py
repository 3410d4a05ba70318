"""Presence, and what changes while people are connected: a reload is not announced, tabs follow each other, the admin's word holds at once."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import socketio

from tests.support.people import Client, Person
from tests.support.site import Site

pytestmark = pytest.mark.server


@pytest.fixture
def admin(site: Site) -> Person:
    return site.admin()


@pytest.fixture
def den(site: Site, ana: Person, bo: Person) -> str:
    return site.room(ana, bo, slug="den", name="Den")


def comings(client: Client, person: Person) -> list[str]:
    return [data["type"] for data in client.heard if data["type"] in ("join", "leave") and data["user"] == person.brief]


# --- Who is here ---


def test_hello_says_who_is_online(site: Site, den: str, ana: Person, bo: Person) -> None:
    with ana.client() as a:
        a.hello()
        a.expect("join", room=den, user=ana.brief)
        with bo.client() as b:
            hello = b.hello()
            assert hello["online"][den] == {"count": 1, "users": [ana.id]}
            assert hello["user"] == {**bo.brief, "is_staff": False}
            limits = {"grace": 0.3, "page_size": 50, "max_body": 10000, "max_file": 25_000_000, "max_files": 10}
            assert hello["server"] == limits
            [room] = hello["rooms"]
            assert (room["slug"], room["unread"], room["can_post"]) == (den, 0, True)
            assert a.expect("join", user=bo.brief)["online"] == 2
        assert a.expect("leave", user=bo.brief)["online"] == 1


def test_a_reload_is_not_announced(site: Site, den: str, ana: Person, bo: Person, own_site: Any) -> None:
    site = own_site(PRESENCE_GRACE=20)
    ana, bo = site.person("ana"), site.person("bo")
    den = site.room(ana, bo)
    with ana.client() as a:
        bo.client().close()
        a.expect("join", user=bo.brief)
        for _ in range(3):
            with bo.client() as b:
                assert b.hello()["online"][den]["count"] == 2
        with bo.client() as b:
            assert b.ask("message", {"room": den, "body": "back"})["ok"]
            a.expect("message", room=den)
            assert comings(a, bo) == ["join"]


def test_a_second_tab_is_not_announced(site: Site, den: str, ana: Person, bo: Person) -> None:
    with ana.client() as a, bo.client() as first:
        a.expect("join", user=bo.brief)
        with bo.client() as second:
            second.hello()
        # One tab is left: what Bo says in it comes after whatever the other's end could have announced.
        later = site.person("later")
        site.hand("admit", room=den, user=later.id)
        with later.client():
            a.expect("join", user=later.brief)
        a.expect("leave", user=later.brief)
        assert first.ask("typing", {"room": den})["ok"]
        a.expect("typing", user=bo.brief)
        assert comings(a, bo) == ["join"]


def test_a_crowd_gets_a_count(own_site: Callable[..., Site]) -> None:
    site = own_site(PRESENCE_CROWD=3)
    people = [site.person(f"p{n}") for n in range(6)]
    room = site.room(*people)
    clients = []
    try:
        for person in people:
            clients.append(person.client())
            clients[-1].hello()
        clients[0].expect("presence", room=room, online=6)
        assert len(clients[0].all("join")) == 3
    finally:
        for client in clients:
            client.close()


def test_typing_is_told_to_the_room_and_stored_nowhere(site: Site, den: str, ana: Person, bo: Person) -> None:
    outsider = site.person("outsider")
    with ana.client() as a, bo.client() as b, outsider.client() as o:
        o.hello()
        assert b.ask("typing", {"room": den}) == {"ok": True}
        assert a.expect("typing") == {"type": "typing", "room": den, "user": bo.brief}
        o.fence()
        assert o.all("typing") == []
    assert site.stored(den)["version"] == 0


def test_a_room_in_front_is_told_to_ones_own_devices_only(site: Site) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room, other = site.room(ana, bo), site.room(bo)
    with ana.client() as here, ana.client() as there, bo.client() as neighbour:
        assert here.ask("front", {"room": room}) == {"ok": True}
        assert there.expect("front") == {"type": "front", "room": room}
        assert here.ask("front", {"room": other})["error"]["code"] == "not_found"
        neighbour.fence()
        assert neighbour.all("front") == []


def test_a_read_mark_goes_to_the_same_persons_other_tabs_only(site: Site, den: str, ana: Person, bo: Person) -> None:
    site.say(den, bo, "one", "two", "three")
    with ana.client() as first, ana.client() as second, bo.client() as other:
        assert first.hello()["rooms"][0]["unread"] == 3
        other.hello()
        answer = first.ask("read", {"room": den, "seq": 2})
        assert answer == {"ok": True, "last_read_seq": 2, "unread": 1, "mentions": 0}
        heard = second.expect("read")
        assert heard == {"type": "read", "room": den, "last_read_seq": 2, "unread": 1, "mentions": 0}
        other.fence()
        assert other.all("read") == []


# --- What happens beside the sockets is heard by them ---


def test_what_is_said_by_form_and_by_api_is_heard(site: Site, den: str, ana: Person, bo: Person) -> None:
    with bo.client() as b:
        b.hello()
        assert ana.post(f"/rooms/{den}/messages/", data={"body": "by form"}).status_code == 302
        assert b.expect("message", room=den)["message"]["body"] == "by form"
        answer = ana.post(f"/api/rooms/{den}/messages/", json={"body": "by API"}).json()
        assert answer["ok"] and b.expect("message", room=den)["message"] == answer["message"]


def test_joining_by_the_page_opens_the_room_in_every_tab(site: Site, den: str, ana: Person) -> None:
    newcomer = site.person("newcomer")
    with ana.client() as a, newcomer.client() as n:
        assert n.hello()["rooms"] == []
        assert newcomer.post(f"/rooms/{den}/join/").status_code == 302
        assert n.expect("room", room=den)["name"] == "Den"
        a.expect("join", room=den, user=newcomer.brief)
        assert a.ask("message", {"room": den, "body": "welcome"})["ok"]
        n.expect("message", room=den)
        assert newcomer.post(f"/rooms/{den}/leave/").status_code == 302
        assert n.expect("room", room=den, gone=True)["reason"]
        a.expect("leave", room=den, user=newcomer.brief)
        assert a.ask("message", {"room": den, "body": "bye"})["ok"]
        n.fence()
        assert len(n.all("message")) == 1
        assert n.ask("typing", {"room": den})["error"]["code"] == "not_found"


# --- What the admin does ---


def room_form(site: Site, den: str, **changes: Any) -> dict[str, Any]:
    """The admin's form of a room, filled in as it is, with `changes`."""
    room = site.stored(den)
    form = {name: room[name] for name in ("name", "topic", "kind")}
    inline = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
    return form | {f"memberships-{name}": value for name, value in inline.items()} | changes


def test_renaming_a_room(site: Site, den: str, ana: Person, admin: Person) -> None:
    page = f"/admin/rooms/room/{site.hand('room_id', room=den)}/change/"
    with ana.client() as a:
        a.hello()
        assert admin.post(page, data=room_form(site, den, name="Lair", topic="Tea")).status_code == 302
        heard = a.expect("room", room=den)
        assert (heard["name"], heard["topic"], heard["slug"]) == ("Lair", "Tea", den)


def test_archiving_a_room_and_opening_it_again(site: Site, den: str, ana: Person, admin: Person) -> None:
    chosen = {"_selected_action": site.hand("room_id", room=den)}
    with ana.client() as a:
        a.hello()
        assert admin.post("/admin/rooms/room/", data={"action": "archive", **chosen}).status_code == 302
        assert a.expect("room", room=den)["can_post"] is False
        assert a.ask("message", {"room": den, "body": "too late"})["error"]["code"] == "archived"
        assert admin.post("/admin/rooms/room/", data={"action": "unarchive", **chosen}).status_code == 302
        assert a.expect("room", room=den)["can_post"] is True
        assert a.ask("message", {"room": den, "body": "in time"})["ok"]


def test_taking_a_member_out_and_in(site: Site, den: str, ana: Person, bo: Person, admin: Person) -> None:
    page = f"/admin/rooms/room/{site.hand('room_id', room=den)}/change/"
    membership = site.hand("membership_id", room=den, user=bo.id)
    inline = {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1, "memberships-0-id": membership}
    inline |= {
        "memberships-0-user": bo.id,
        "memberships-0-role": "member",
        "memberships-0-room": site.hand("room_id", room=den),
    }
    with ana.client() as a, bo.client() as b:
        b.hello()
        a.expect("join", room=den, user=bo.brief)  # else nobody says that he left
        out = room_form(site, den, **inline, **{"memberships-0-DELETE": "on"})
        assert admin.post(page, data=out).status_code == 302
        b.expect("room", room=den, gone=True)
        a.expect("leave", room=den, user=bo.brief)
        assert b.ask("message", {"room": den, "body": "still here?"})["error"]["code"] == "not_found"
        again = {"memberships-TOTAL_FORMS": 1, "memberships-0-user": bo.id, "memberships-0-role": "moderator"}
        assert admin.post(page, data=room_form(site, den, **again)).status_code == 302
        assert b.expect("room", room=den, role="moderator")["slug"] == den
        a.expect("join", room=den, user=bo.brief)
        assert b.ask("message", {"room": den, "body": "back"})["ok"]


def test_deleting_a_message(site: Site, den: str, ana: Person, admin: Person) -> None:
    with ana.client() as a:
        a.hello()
        assert a.ask("message", {"room": den, "body": "spam"})["ok"]
        chosen = {"action": "delete_messages", "_selected_action": site.hand("message_id", room=den, seq=1)}
        assert admin.post("/admin/rooms/message/", data=chosen).status_code == 200
        assert admin.post("/admin/rooms/message/", data={**chosen, "reason": "spam"}).status_code == 302
        heard = a.expect("message", version=2)["message"]
        assert (heard["seq"], heard["deleted"], heard["body"], heard["html"]) == (1, True, "", "")


def test_deactivating_a_person(site: Site, den: str, ana: Person, bo: Person, admin: Person) -> None:
    with ana.client() as a, bo.client() as first, bo.client(["polling"]) as second:
        for client in (a, first, second):
            client.hello()
        a.expect("join", room=den, user=bo.brief)
        chosen = {"action": "deactivate", "_selected_action": bo.id}
        assert admin.post("/admin/accounts/user/", data=chosen).status_code == 302
        for client in (first, second):
            client.expect("signed_out")
            client.wait_for_end()
        a.expect("leave", room=den, user=bo.brief)
        with pytest.raises(socketio.exceptions.ConnectionError):
            bo.client()
        assert bo.get(f"/rooms/{den}/").status_code == 302


def test_renaming_a_person(site: Site, den: str, ana: Person, bo: Person, admin: Person) -> None:
    with ana.client() as a, bo.client() as b:
        b.hello()
        page = f"/admin/accounts/user/{bo.id}/change/"
        form = {"email": f"{bo.handle}@example.com", "name": "Robert", "handle": bo.handle, "is_active": "on"}
        answer = admin.post(page, data=form)
        assert answer.status_code == 302, answer.text
        assert b.ask("message", {"room": den, "body": "my new name"})["ok"]
        assert a.expect("message", room=den)["message"]["author"]["name"] == "Robert"


def test_a_new_password_ends_the_other_browsers(site: Site, den: str) -> None:
    words = "a few words in a row"
    ana = site.person("ana", password=words)
    elsewhere = site.hand("session", user=ana.id)
    other = Client(site.url, f"sessionid={elsewhere}").connect()
    other.hello()
    form = {"oldpassword": words, "password1": f"{words} again", "password2": f"{words} again"}
    assert ana.post("/accounts/password/change/", data=form).status_code == 302
    other.expect("signed_out")
    other.wait_for_end()
    assert (
        requests.get(f"{site.url}/api/rooms/lobby/messages/", cookies={"sessionid": elsewhere}, timeout=10).status_code
        == 403
    )
    ana.session = ana.web.cookies["sessionid"]
    with ana.client() as again:
        assert again.hello()


def test_signing_out_ends_that_browser_only(site: Site, ana: Person) -> None:
    elsewhere = site.hand("session", user=ana.id)
    with Client(site.url, f"sessionid={elsewhere}").connect() as other:
        here = ana.client()
        assert ana.post("/accounts/logout/").status_code == 302
        here.expect("signed_out")
        here.wait_for_end()
        other.fence()
        assert other.all("signed_out") == []
