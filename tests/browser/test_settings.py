"""How somebody likes the site, live in all their tabs; and where they are signed in."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.room import RoomPage
from tests.support.people import Person
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture(scope="module")
def browser(whole_chromium: Browser) -> Browser:
    """Chromium as people have it."""
    return whole_chromium


Visit = Callable[..., Page]


def choose(page: Page, *labels: str) -> None:
    """Choose in the settings, and save."""
    page.goto(re.sub(r"(https?://[^/]+).*", r"\1/accounts/settings/", page.url))
    for label in labels:
        page.get_by_role("radio", name=re.compile("^" + label)).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()


def test_what_is_chosen_holds_in_every_open_tab(site: Site, visit: Visit) -> None:
    """Theme and density by attributes of the page, at once in a room that is open, and from the first byte in one that is opened."""
    ana = site.person("ana")
    page = visit(ana, f"/rooms/{site.room(ana)}/")
    RoomPage(page).is_live()
    expect(page.locator("[data-slot=online-count]")).not_to_be_empty()
    other = visit(ana, "/accounts/settings/")
    choose(other, "Dark", "Compact: more on the page")
    for there in (page, other):
        expect(there.locator("html")).to_have_attribute("data-theme", "dark")
        expect(there.locator("html")).to_have_attribute("data-density", "compact")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.locator(".sidebar-me .menu summary").click()
    page.get_by_role("button", name="Switch light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "system")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "system")


def test_enter_breaks_the_line_for_who_likes_it_so(site: Site, visit: Visit) -> None:
    """Then Shift and Enter sends, or Ctrl; the list of keys says it."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    expect(page.locator("[data-slot=online-count]")).not_to_be_empty()
    choose(visit(ana, "/accounts/settings/"), "Enter breaks the line")
    expect(page.locator("html")).to_have_attribute("data-enter", "breaks")
    here.box.press_sequentially("one")
    here.box.press("Enter")
    here.box.press_sequentially("two")
    expect(here.box).to_have_value("one\ntwo")
    here.box.press("Shift+Enter")
    expect(page.locator(".message")).to_have_count(1)
    here.box.fill("three")
    here.box.press("Control+Enter")
    expect(here.stored("three")).to_have_count(1)
    expect(here.box).to_have_value("")
    assert [message["body"] for message in site.stored(room)["messages"]] == ["one\ntwo", "three"]


def test_one_signs_out_of_another_browser_at_once(site: Site, visit: Visit) -> None:
    """What is open there says so; here all goes on."""
    ana = site.person("ana")
    again = Person(site.url, ana.id, ana.handle, ana.name, site.hand("session", user=ana.id))
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    there = RoomPage(visit(again, f"/rooms/{room}/", user_agent="Mozilla/5.0 (X11; Linux) Firefox/140.0")).is_live()
    expect(there.page.locator("[data-slot=online-count]")).not_to_be_empty()
    tab = here.page.context.new_page()
    tab.goto(f"{site.url}/accounts/sessions/")
    expect(tab.get_by_role("listitem")).to_have_count(2)
    tab.get_by_role("button", name="Sign out of Firefox on Linux").click()
    expect(tab.get_by_text("You are signed out there.")).to_be_visible()
    there.banner_says("signed-out")
    here.say("still here")
    expect(here.stored("still here")).to_have_count(1)


def test_one_signs_out_everywhere_else_at_once(site: Site, visit: Visit) -> None:
    """Also where no page was ever opened; not here, in none of the tabs."""
    ana = site.person("ana")
    again = Person(site.url, ana.id, ana.handle, ana.name, site.hand("session", user=ana.id))
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    expect(here.page.locator("[data-slot=online-count]")).not_to_be_empty()
    tab = here.page.context.new_page()
    with again.client() as bot, visit(again, "/accounts/profile/"):
        bot.hello()
        tab.goto(f"{site.url}/accounts/sessions/")
        tab.get_by_role("button", name="Sign out everywhere else").click()
        expect(tab.get_by_text("You are signed out everywhere else.")).to_be_visible()
        bot.expect("signed_out")
        bot.wait_for_end()
    assert again.get("/accounts/profile/").status_code == 302
    here.say("still here")
    expect(here.stored("still here")).to_have_count(1)
    here.is_live()


def test_this_device_notifies_one_or_not_here_as_by_a_bell(site: Site, visit: Visit) -> None:
    """It holds at once, for this browser alone."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, "/accounts/settings/", permissions=["notifications"])
    page.get_by_role("button", name="No longer notify me on this device").click()
    expect(page.get_by_role("button", name="Notify me on this device", exact=True)).to_be_focused()
    page.goto(f"{site.url}/rooms/{room}/")
    RoomPage(page).is_live()
    page.get_by_label("Notifications", exact=True).click()
    page.get_by_role("button", name="Notify me on this device", exact=True).click()
    page.goto(f"{site.url}/accounts/settings/")
    expect(page.get_by_role("button", name="No longer notify me on this device")).to_be_visible()
