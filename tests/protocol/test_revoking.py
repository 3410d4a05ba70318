"""Revoked means now: exactly the right sockets go, or are taken out of the room; what they had said and was not stored is refused; nothing more
reaches them, whether they stay, come back, or ask. By WebSocket and by long-polling, and whoever changed it.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import socketio
import websocket

from tests.support.people import PATIENCE, POLLING, WEBSOCKET, Client, Person
from tests.support.site import Site

pytestmark = pytest.mark.server
WAYS = (WEBSOCKET, POLLING)


@pytest.fixture
def den(site: Site, ana: Person, bo: Person) -> str:
    return site.room(ana, moderators=[bo], kind="closed")


@contextmanager
def connected(*whose: Person | str, url: str = "") -> Iterator[list[Client]]:
    """Everybody by both ways: two clients of each person, or of each session (its key)."""
    with ExitStack() as stack:
        cookies = [one.cookie if isinstance(one, Person) else f"sessionid={one}" for one in whose]
        url = url or next(one.url for one in whose if isinstance(one, Person))
        clients = [stack.enter_context(Client(url, cookie, way).connect()) for cookie in cookies for way in WAYS]
        for client in clients:
            client.hello()
        yield clients


def are_gone(clients: list[Client], told: bool = True) -> None:
    """They were told that they are signed out, or let go without a word; nothing came after it."""
    for client in clients:
        client.wait_for_end()
        assert bool(client.all("signed_out")) == told
        assert not told or client.heard[-1]["type"] == "signed_out"


def are_here(clients: list[Client]) -> None:
    for client in clients:
        client.fence()
        assert not client.all("signed_out") and not client.all("room", gone=True)


def is_refused(url: str, key: str) -> bool:
    """Whether a session lets nobody in, by either way."""
    for way in WAYS:
        client = Client(url, f"sessionid={key}", way)
        with pytest.raises(socketio.exceptions.ConnectionError):
            client.connect()
        assert client.heard == []
    return True


def another_session(site: Site, person: Person) -> Person:
    """The same person in another browser, which is listed among theirs."""
    other = Person(person.url, person.id, person.handle, person.name, site.hand("session", user=person.id))
    assert other.get("/accounts/profile/").status_code == 200
    return other


def test_signing_out_there_elsewhere_and_here(site: Site, ana: Person, bo: Person, den: str) -> None:
    there, third, fourth = (another_session(site, ana) for _ in range(3))
    with connected(ana, there, third, fourth, bo) as clients:
        here, gone, others, rest = clients[:2], clients[2:4], clients[4:8], clients[8:]
        listed = ana.get("/accounts/sessions/").text
        numbers = [part.split('"')[0] for part in listed.split('name="browser" value="')[1:]]
        before = {key: site.hand("browser_id", key=key) for key in (there.session, third.session)}
        assert str(before[there.session]) in numbers
        ana.post("/accounts/sessions/", data={"browser": before[there.session]})
        are_gone(gone)
        are_here(here + others + rest)
        ana.post("/accounts/sessions/", data={"elsewhere": "1"})
        are_gone(others)
        are_here(here + rest)
        ana.post("/accounts/logout/")
        are_gone(here)
        are_here(rest)
    assert all(is_refused(site.url, person.session) for person in (ana, there, third, fourth))


def test_a_new_password_lets_this_browser_come_back_by_its_new_key_and_shuts_out_all_others(site: Site) -> None:
    words = "a few words in a row"
    ana = site.person("ana", password=words)
    other = another_session(site, ana)
    with connected(ana, other) as clients:
        form = {"oldpassword": words, "password1": f"{words} again"}
        assert ana.post("/accounts/password/change/", data=form).status_code == 302
        are_gone(clients[2:])
        are_gone(clients[:2], told=False)  # its other tabs are not signed out: they come back with the new cookie
    assert is_refused(site.url, ana.session)  # the old key, which somebody else may have
    assert is_refused(site.url, other.session)
    with connected(ana.web.cookies["sessionid"], url=site.url):
        pass


def test_who_is_taken_out_of_a_room_hears_says_and_finds_nothing_more(
    site: Site, ana: Person, bo: Person, den: str
) -> None:
    cy = site.person("cy")
    site.hand("admit", room=den, user=cy.id)
    second = site.room(ana, bo)
    with connected(ana, cy, bo) as clients:
        gone, stay = clients[:2], clients[2:]
        assert bo.post(f"/rooms/{den}/members/", data={"remove": ana.id}).status_code == 302
        for client in gone:
            client.expect("room", room=den, gone=True)
        said = stay[-1].ask("message", {"room": den, "body": "among us"})
        assert said["ok"]
        for client in stay:
            client.expect("message", room=den, version=said["version"])
        for client in gone:
            for event, payload in {
                "message": {"body": "still here"}, "typing": {}, "read": {"seq": 1}, "react": {"seq": 1, "emoji": "👍", "on": True},
            }.items():  # fmt: skip
                assert client.ask(event, {"room": den, **payload})["error"]["code"] == "not_found"
            assert client.ask("sync", {"rooms": {den: 0}})["rooms"][den]["error"]["code"] == "not_found"
            assert client.all("message", room=den) == []
            assert client.ask("message", {"room": second, "body": "but here"})["ok"]
        are_here(stay)
    with ana.client() as back:
        assert den not in {room["slug"] for room in back.hello()["rooms"]}
    assert ana.get(f"/rooms/{den}/").status_code == 404
    assert site.stored(den)["last_seq"] == 1


def test_a_row_taken_out_in_the_admin_is_a_member_less(site: Site, ana: Person, bo: Person, den: str) -> None:
    admin = site.admin()
    row = {
        "id": site.hand("membership_id", room=den, user=ana.id),
        "room": site.hand("room_id", room=den),
        "user": ana.id,
    }
    form = {f"memberships-0-{name}": value for name, value in {**row, "role": "member", "DELETE": "on"}.items()}
    form |= {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1, "name": "Den", "topic": "", "kind": "closed"}
    with connected(ana, bo) as clients:
        assert admin.post(f"/admin/rooms/room/{row['room']}/change/", data=form).status_code == 302
        for client in clients[:2]:
            client.expect("room", room=den, gone=True)
        are_here(clients[2:])


def test_a_room_that_is_closed_keeps_its_members_and_one_that_is_archived_takes_nothing_more(
    site: Site, ana: Person, bo: Person
) -> None:
    hall = site.room(ana, moderators=[bo])
    cy = site.person("cy")
    with connected(ana, bo) as clients:
        form = {"name": "Hall", "topic": "", "kind": "closed"}
        assert bo.post(f"/rooms/{hall}/settings/", data=form).status_code == 302
        for client in clients:
            client.expect("room", room=hall, kind="closed")
        cy.post(f"/rooms/{hall}/join/")
        assert cy.get(f"/rooms/{hall}/").status_code == 404
        assert clients[0].ask("message", {"room": hall, "body": "among us"})["ok"]
        assert bo.post(f"/rooms/{hall}/archive/", data={"archived": "1"}).status_code == 302
        for client in clients:
            client.expect("room", room=hall, can_post=False)
            assert client.ask("message", {"room": hall, "body": "too late"})["error"]["code"] == "archived"
        are_here(clients)
    assert site.stored(hall)["last_seq"] == 1


class Flood:
    """Somebody who says one thing after another, never waiting for an answer, until they are cut off."""

    def __init__(self, person: Person, room: str) -> None:
        address = f"{person.url}/socket.io/?EIO=4&transport=websocket".replace("http:", "ws:")
        self.socket = websocket.create_connection(address, cookie=person.cookie, timeout=PATIENCE)
        self.socket.send("40")
        self.room = room
        self.last = 0  # the last number that was acknowledged
        self.writing, self.reading = threading.Thread(target=self._write), threading.Thread(target=self._read)
        self.began = threading.Event()
        self.writing.start()
        self.reading.start()
        assert self.began.wait(PATIENCE)

    def _write(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while True:
                self.socket.send('421["message",' + json.dumps({"room": self.room, "body": "again"}) + "]")

    def _read(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while text := self.socket.recv():
                if text.startswith("431["):
                    answer = json.loads(text[3:])[0]
                    if answer["ok"]:
                        self.last = answer["message"]["seq"]
                        self.began.set()

    def end(self) -> int:
        """Wait until it is cut off; return the last number that was acknowledged."""
        self.writing.join(PATIENCE)
        self.reading.join(PATIENCE)
        assert not self.writing.is_alive() and not self.reading.is_alive()
        self.socket.close()
        return self.last


def test_what_was_said_and_is_not_stored_when_one_is_signed_out_is_refused(own_site: Callable[..., Site]) -> None:
    site = own_site(MESSAGE_BURST=10**7, ADDRESS_PEOPLE=10**6)
    ana = site.person("ana")
    den = site.room(ana)
    flood = Flood(ana, den)
    assert ana.post("/accounts/logout/").status_code == 302
    then = site.stored(den)["last_seq"]  # what is in when the page says that one is signed out
    assert flood.end() <= then
    assert site.stored(den)["last_seq"] == then > 0


def test_who_connects_while_they_are_signed_out_does_not_slip_through(site: Site, ana: Person) -> None:
    for _ in range(12):
        person = another_session(site, ana)
        clients = [Client(site.url, person.cookie) for _ in range(4)]

        def come_in(client: Client) -> None:
            with suppress(socketio.exceptions.ConnectionError):
                client.connect()

        coming = [threading.Thread(target=come_in, args=(client,)) for client in clients]
        for thread in coming:
            thread.start()
        assert person.post("/accounts/logout/").status_code == 302
        for thread in coming:
            thread.join(PATIENCE)
        for client in clients:
            if not client.refusal:
                client.wait_for_end()


# --- By another process ---


def test_what_another_process_takes_away_is_seen_within_two_rounds(own_site: Callable[..., Site]) -> None:
    """A shell beside the server, which tells nobody: people, sessions, memberships, rooms. Each with somebody who must not notice."""
    site = own_site(EXAMINE_EVERY=0.2)
    people = {
        who: site.person(who)
        for who in ("inactive", "password", "deleted", "session", "expired", "staff", "member", "bo")
    }
    site.hand("set_up", require_two_factor=True)
    bo, member = people["bo"], people["member"]
    den, attic, cellar = site.room(bo, member), site.room(bo, member), site.room(bo)
    other_sessions = {who: another_session(site, people[who]) for who in ("session", "expired")}
    with connected(*people.values(), *other_sessions.values()) as clients:
        of = dict(zip(people, zip(clients[::2], clients[1::2], strict=True), strict=False))
        stay = [*of["bo"], *clients[2 * len(people) :]]
        steps: dict[str, Callable[[], Any]] = {
            "inactive": lambda: site.hand("save_person", user=people["inactive"].id, is_active=False),
            "password": lambda: site.hand("save_person", user=people["password"].id, password="another one of hers"),
            "deleted": lambda: site.hand("uproot", kind="person", pk=people["deleted"].id),
            "session": lambda: site.hand("end_session", key=people["session"].session),
            "expired": lambda: site.hand("end_session", key=people["expired"].session, expire=True),
            "staff": lambda: site.hand(
                "save_person", user=people["staff"].id, is_staff=True
            ),  # without a second factor
        }
        for who, step in steps.items():
            step()
            are_gone(list(of[who]), told=who in ("inactive", "deleted", "staff"))
            assert is_refused(site.url, people[who].session)
            are_here(stay)
        site.hand("uproot", kind="membership", room__slug=den, user=member.id)
        site.hand("admit_quietly", room=cellar, user=member.id)
        for client in of["member"]:
            client.expect("room", room=cellar)
            assert client.all("room", room=den, gone=True)
        said = of["bo"][0].ask("message", {"room": den, "body": "among us"})
        heard = of["bo"][0].ask("message", {"room": cellar, "body": "welcome"})
        for client in of["member"]:
            client.expect("message", room=cellar, version=heard["version"])
            assert said["ok"] and client.all("message", room=den) == []
        are_here(stay)
        site.hand("uproot", kind="room", slug=attic)
        for client in (*of["member"], *of["bo"]):
            client.expect("room", room=attic, gone=True)
        for client in (*of["bo"], *of["member"]):
            client.fence()
            assert client.all("signed_out") == [] and not client.all("room", room=cellar, gone=True)
