"""What tests/protocol/test_presence.py asks of one process, asked of two. Who is there, and a new name, take a moment from one to the other."""

from tests.protocol.test_presence import *  # noqa: F403
from tests.support.people import Person
from tests.support.site import Site

del test_a_reload_is_not_announced, test_a_crowd_gets_a_count, test_renaming_a_person, test_hello_says_who_is_online  # noqa: F821


def test_hello_says_who_is_online_in_the_other_process(site: Site, den: str, ana: Person, bo: Person) -> None:
    with ana.client() as a, bo.client() as b:
        b.expect("join", room=den, user=bo.brief)
        a.expect("join", room=den, user=bo.brief)
        with ana.client() as second:
            assert second.hello()["online"][den] == {"count": 2, "users": [ana.id, bo.id]}


def test_a_new_name_is_known_in_the_other_process(site: Site, den: str, ana: Person, bo: Person, admin: Person) -> None:
    with ana.client() as a, bo.client() as b:
        b.hello()
        a.hello()
        form = {"email": f"{bo.handle}@example.com", "name": "Robert", "handle": bo.handle, "is_active": "on"}
        assert admin.post(f"/admin/accounts/user/{bo.id}/change/", data=form).status_code == 302
        for client in (a, b):
            assert client.expect("user")["user"]["name"] == "Robert"
        assert b.ask("message", {"room": den, "body": "my new name"})["ok"]
        assert a.expect("message", room=den)["message"]["author"]["name"] == "Robert"
