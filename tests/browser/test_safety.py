"""Each page asks nobody but its own site for anything, and keeps to its policy: Trusted Types in the admin, too, where jQuery writes through ours."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.support.judge import judged
from tests.support.people import web
from tests.support.server import PATIENCE
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
STRANGERS = ["login", "signup", "password/reset"]
OURS = [
    "/rooms/lobby/", "/rooms/lobby/people/", "/rooms/lobby/settings/", "/rooms/lobby/pinned/", "/rooms/lobby/threads/1/", "/rooms/", "/threads/",
    "/saved/", "/new/room/", "/new/message/", "/invite/", "/accounts/profile/", "/accounts/settings/", "/accounts/email/",
    "/accounts/password/change/", "/accounts/two-factor/", "/accounts/sessions/", "/accounts/logout/",
]  # fmt: skip
ADMIN = [
    "", "accounts/user/", "accounts/user/add/", "accounts/site/1/change/", "rooms/room/", "rooms/room/add/", "rooms/message/",
    "live/", "accounts/auditentry/",
]  # fmt: skip


def test_no_page_asks_anybody_else(site: Site, browser: Browser) -> None:
    admin = site.person("admin", is_staff=True, is_superuser=True, password="a few words in a row", lobby=True)
    site.say("lobby", admin, "See ![a picture](https://xss.example/p.png) at https://xss.example/")
    with judged(browser, site.url) as judge:
        page = judge.open()
        for address in STRANGERS:
            judge.goto(page, f"/accounts/{address}/")
        judge.acquits()
    with judged(browser, site.url, admin) as judge:
        page = judge.open()
        for address in [*OURS, *(f"/admin/{path}" for path in ADMIN)]:
            judge.goto(page, address)
        judge.acquits()


def test_the_admins_scripts_work_under_trusted_types(site: Site, browser: Browser) -> None:
    """Rows are added and people found; what its scripts were never meant to write is refused."""
    admin = site.admin()
    walrus = site.person("walrus", name="Walrus & <b>sons</b>")
    room = site.hand("room_id", room=site.room(admin))
    with judged(browser, site.url, admin) as judge:
        page = judge.open()
        page.goto(f"{site.url}/admin/rooms/room/{room}/change/")
        rows = page.locator(".dynamic-memberships")
        before = rows.count()
        page.locator(".add-row a").click()
        expect(rows).to_have_count(before + 1)
        rows.last.locator(".select2-selection").click()
        judge.acquits()
        page.locator(".select2-search__field").fill(walrus.handle)
        page.locator(".select2-results__option", has_text="Walrus & <b>sons</b>").click()
        expect(rows.last.locator(".select2-selection__rendered")).to_contain_text("Walrus & <b>sons</b>")
        judge.acquits()
        for attack in (
            "<img src=x onerror=ran('x')>",
            "<a href='javascript:ran()'>x</a>",
            "<p><svg onload=ran('x')>",
            "<script>ran('x')</script>",
        ):
            refused = page.evaluate(
                "html => { try { document.body.insertAdjacentHTML('beforeend', html); return ''; } catch (e) { return e.name; } }",
                attack,
            )
            assert refused == "TypeError", attack
        assert {what.split()[1] for what, _ in judge.found} == {"require-trusted-types-for"}


def test_behind_tls(own_site: Callable[..., Site]) -> None:
    """Cookies that no other name can set, https for a year, and the headers of every answer, files included."""
    site = own_site(BEHIND_TLS=1)
    secure = {"X-Forwarded-Proto": "https"}
    ana = site.person("ana", lobby=True, password="a few words in a row")
    stranger = web()
    page = stranger.get(f"{site.url}/accounts/login/", headers=secure, timeout=PATIENCE)
    file = stranger.get(f"{site.url}/static/favicon.svg", headers=secure, timeout=PATIENCE)
    for answer in (page, file):
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert (
            answer.headers["Cross-Origin-Resource-Policy"]
            == answer.headers["Cross-Origin-Opener-Policy"]
            == "same-origin"
        )
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    policy = page.headers["Content-Security-Policy"]
    assert (
        "frame-ancestors 'none'" in policy and "unsafe" not in policy and "require-trusted-types-for 'script'" in policy
    )
    cookie = page.headers["Set-Cookie"]
    assert (
        cookie.startswith("__Host-csrftoken=") and "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie
    )
    assert site.person().get("/rooms/").headers["Location"].startswith("https://")
    form = {
        "login": f"{ana.handle}@example.com",
        "password": "a few words in a row",
        "csrfmiddlewaretoken": stranger.cookies["__Host-csrftoken"],
    }
    headers = {
        **secure,
        "Cookie": f"__Host-csrftoken={stranger.cookies['__Host-csrftoken']}",
        "Referer": f"https://127.0.0.1:{site.server.port}/",
    }
    answer = stranger.post(
        f"{site.url}/accounts/login/", data=form, headers=headers, allow_redirects=False, timeout=PATIENCE
    )
    assert answer.status_code == 302
    [session] = [each for each in answer.headers["Set-Cookie"].split(", ") if each.startswith("__Host-sessionid=")]
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Lax" in answer.headers["Set-Cookie"]
    home = stranger.get(
        f"{site.url}/rooms/lobby/", headers={**secure, "Cookie": session.partition(";")[0]}, timeout=PATIENCE
    )
    assert home.url.endswith("/rooms/lobby/") and home.status_code == 200
