"""A moderator makes a link; somebody who has no account comes in by it; what is on the page is a code that leads to the same place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import DESK, PHONE, no_violation
from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_a_link_is_made_copied_and_followed_by_who_is_new(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(moderators=[ana], slug="harbour", name="Harbour", kind="closed")
    there = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    page = visit(ana, f"/rooms/{room}/settings/", permissions=["clipboard-read", "clipboard-write"])
    page.locator("summary", has_text="Make a link").click()
    page.get_by_label("It works for").select_option("1 hour")
    page.get_by_label("For how many people").fill("1")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("0 of 1 used")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.get_by_label("Invite link 1").input_value()
    assert there.pastes(link)

    new = visit(None, link)
    expect(new.get_by_role("heading", name="You are invited to Harbour")).to_be_visible()
    new.get_by_role("link", name="Sign up").click()
    new.get_by_label("Your name").fill("Nora New")
    new.get_by_label("E-mail").fill(f"{room}@example.com")
    new.get_by_label("Password").fill("a few words in a row")
    new.get_by_role("button", name="Sign up").click()
    here = RoomPage(new).is_live()
    expect(there.page.locator("[data-slot=people-count]")).to_have_text("2")
    here.say("hello from the link")
    for each in (here, there):
        expect(each.stored("hello from the link")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Invite link 1")).to_have_count(0)


def test_who_is_signed_in_is_asked_before_they_join(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(moderators=[ana], slug="quay", name="Quay", kind="closed")
    page = visit(bo, site.invitation(room, ana).removeprefix(site.url))
    expect(page.get_by_role("heading", name="Join Quay?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Join")).to_be_focused()
    page.keyboard.press("Enter")
    RoomPage(page).is_live()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Quay")


def test_the_code_on_the_page_says_the_link(site: Site, visit: Visit) -> None:
    """Module for module what `segno` draws for that text: a phone reads it."""
    import segno

    ana = site.person("ana")
    page = visit(ana, "/invite/")
    link = page.get_by_label("Invite link").input_value()
    drawn = page.get_by_role("img", name="QR code").locator("path").last.get_attribute("d")
    assert drawn and drawn in segno.make_qr(link, error="m").svg_inline(border=4)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(site: Site, visit: Visit, window: dict[str, int]) -> None:
    ana, bo = site.person("ana"), site.person("bo", name="Bo " + "x" * 50)
    room = site.room(
        moderators=[ana, bo], slug="axe-links", name="Quay " + "W" * 50, kind="closed", topic="Ships " * 30
    )
    links = [
        site.invitation(room, who, **terms) for who, terms in ((ana, {"max_uses": 3}), (bo, {"days": 1}), (bo, {}))
    ]
    page = visit(ana, f"/rooms/{room}/settings/", bypass_csp=True)
    page.set_viewport_size(window)  # type: ignore[arg-type]
    page.locator("summary", has_text="Make a link").click()
    expect(page.get_by_role("button", name="Copy")).to_have_count(3)
    no_violation(page)
    page.get_by_role("link", name="QR code Invite link 1").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    no_violation(page)
    page.goto(f"{site.url}/invite/")
    no_violation(page)
    for who in (None, site.person("eve")):
        page = visit(who, links[0] if not who else links[0].removeprefix(site.url), bypass_csp=True)
        page.set_viewport_size(window)  # type: ignore[arg-type]
        no_violation(page)
