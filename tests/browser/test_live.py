"""The live page of the admin: what the site is at, drawn as it happens."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.site import Site

pytestmark = pytest.mark.browser


def test_the_live_page_follows_what_happens(site: Site, visit: Callable[..., Page]) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(site.admin(), "/admin/")
    page.get_by_role("link", name="Live").click()
    row = page.locator("[data-slot=workers] tr")
    expect(row).to_have_count(1)
    before = int(row.locator("[data-slot=sockets]").inner_text())
    with ana.client() as client:
        client.hello()
        expect(row.locator("[data-slot=sockets]")).to_have_text(str(before + 1))
        assert client.ask("message", {"room": room, "body": "seen"})["ok"]
        top = page.locator("[data-slot=total-top]")
        expect(top).not_to_have_text("0")
        drawn = page.locator("[data-slot=total-chart] polyline")
        expect(drawn).to_have_attribute("points", re.compile(r"^(\d+,[\d.]+ ){59}\d+,[\d.]+$"))
    expect(row.locator("[data-slot=broker]")).to_have_text("–")
    assert page.locator("[data-slot=away]").is_hidden()


def test_the_live_page_is_not_for_everybody(site: Site) -> None:
    assert site.person("ana").get("/admin/live/").status_code in (302, 403)
    assert 'href="/admin/live/"' in site.admin().get("/admin/").text
