"""Staff without the second factor that the site asks of them: no socket stays open, none opens, and the API says why."""

import pytest
import requests
import socketio

from tests.support.site import Site

pytestmark = pytest.mark.server


def test_sockets_of_staff_end_until_they_have_one(site: Site) -> None:
    clerk, ana = site.person("clerk", is_staff=True), site.person("ana")
    admin = site.admin()
    with clerk.client() as his, ana.client() as hers:
        his.hello()
        hers.hello()
        form = {"name": "Chatsite", "signup_policy": "invite", "inviters": "everyone", "room_makers": "everyone"}
        try:
            answer = admin.post("/admin/accounts/site/1/change/", data={**form, "require_two_factor": "on"})
            assert answer.status_code == 302
            his.wait_for_end()
            with pytest.raises(socketio.exceptions.ConnectionError):
                clerk.client()
            refused: requests.Response = clerk.get("/api/people/")
            assert refused.json()["error"]["message"] == "set up two-factor sign-in first"
            hers.fence()
            assert not hers.ended.is_set()
        finally:
            site.hand("set_up", require_two_factor=False)
    with clerk.client() as again:
        again.hello()
