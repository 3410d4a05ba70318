"""Pinning and saving in the browser: what the whole room sees, what one sees oneself, and the ways there and back."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def count(room: RoomPage) -> Locator:
    return room.page.locator("[data-slot=pins-count]")


def panel(room: RoomPage) -> Locator:
    return room.page.get_by_role("group", name="Pinned messages")


def act(room: RoomPage, body: str, name: str) -> Locator:
    """A button of the bar of a message, or of its menu."""
    room.page.keyboard.press("Escape")
    room.message(body).hover()
    if name == "Pin":
        room.message(body).get_by_role("button", name="More", exact=True).click()
    return room.message(body).get_by_role("button", name=name, exact=True)


def test_a_pin_is_seen_by_all_and_found_in_the_panel(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, bo, "The door code is 4711", *(f"chatter {n}" for n in range(40)))
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    expect(count(there)).to_be_hidden()
    act(here, "chatter 39", "Pin").click()
    expect(there.message("chatter 39").get_by_text("Pinned by Ana Berg")).to_be_visible()
    expect(act(here, "chatter 39", "Pin")).to_have_attribute("aria-pressed", "true")
    with bo.client() as socket:
        socket.ask("pin", {"room": room, "seq": 1})
    expect(count(there)).to_have_text("2")
    there.page.get_by_role("link", name="Pinned: 2").click()
    expect(panel(there).get_by_role("listitem")).to_have_count(2)
    panel(there).get_by_role("listitem").filter(has_text="4711").get_by_role("link", name="Show").click()
    expect(there.page.locator("#main [data-seq='1']")).to_be_in_viewport()
    panel(there).get_by_role("listitem").filter(has_text="4711").get_by_role("button", name="Unpin").click()
    expect(panel(there).get_by_role("listitem")).to_have_count(1)
    expect(count(here)).to_have_text("1")
    act(here, "chatter 39", "Pin").click()
    expect(panel(there).get_by_text("Nothing is pinned here")).to_be_visible()
    expect(here.message("chatter 39").get_by_text("Pinned by")).to_be_hidden()
    there.page.keyboard.press("Escape")
    expect(panel(there)).to_have_count(0)


def test_pins_and_people_take_turns_in_the_panel(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "one")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.page.set_viewport_size({"width": 1400, "height": 800})  # the panel stands beside the log, not over it
    here.message("one").focus()
    here.page.keyboard.press("p")
    here.page.get_by_role("link", name="Pinned: 1").click()
    expect(panel(here)).to_be_visible()
    here.page.get_by_role("link", name="People of this room").click()
    expect(panel(here)).to_have_count(0)
    expect(here.page.locator("[data-slot=people]")).to_be_visible()
    here.page.get_by_role("link", name="Pinned: 1").click()
    expect(panel(here)).to_be_visible()
    here.message("one").focus()
    here.page.keyboard.press("t")
    expect(here.page.get_by_role("log", name="Thread")).to_be_visible()
    here.page.get_by_role("link", name="Pinned: 1").click()
    expect(panel(here)).to_be_visible()
    here.page.get_by_role("link", name="Close", exact=True).click()
    expect(panel(here)).to_have_count(0)
    expect(here.page.get_by_role("link", name="Pinned: 1")).to_be_focused()


def test_what_was_pinned_meanwhile_is_there_after_a_cut(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "one", "two")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.page.context.set_offline(True)
    here.banner_says("offline")
    with ana.client() as socket:
        socket.ask("pin", {"room": room, "seq": 1})
        socket.ask("save", {"room": room, "seq": 2})
    here.page.context.set_offline(False)
    here.is_live()
    expect(count(here)).to_have_text("1")
    expect(here.message("one").get_by_text("Pinned by")).to_be_visible()
    expect(here.message("two").get_by_text("Saved", exact=True)).to_be_visible()


def test_saving_is_for_oneself_in_every_tab(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo, name="The Den")
    site.say(room, bo, "Read the minutes", "and more")
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    other = RoomPage(here.page.context.new_page())
    other.page.goto(here.page.url)
    other.is_live()
    here.message("Read the minutes").focus()
    here.page.keyboard.press("s")
    for tab in (here, other):
        expect(tab.message("Read the minutes").get_by_text("Saved", exact=True)).to_be_visible()
    expect(there.page.locator("[data-slot=saved]:visible")).to_have_count(0)
    here.page.get_by_role("link", name="Saved messages").click()
    item = here.page.get_by_role("listitem").filter(has_text="Read the minutes")
    expect(item).to_contain_text("in The Den")
    item.get_by_role("link", name="Show").click()
    expect(here.message("Read the minutes").get_by_text("Saved", exact=True)).to_be_visible()
    act(here, "Read the minutes", "Save").click()
    for tab in (here, other):
        expect(tab.page.locator("[data-slot=saved]:visible")).to_have_count(0)


def test_both_lists_without_a_script(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "keep this")
    with ana.client() as socket:
        socket.ask("pin", {"room": room, "seq": 1})
        socket.ask("save", {"room": room, "seq": 1})
    page = visit(ana, f"/rooms/{room}/", java_script_enabled=False)
    expect(page.locator("[data-seq='1']").get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("link", name="Pinned: 1").click()
    page.get_by_role("link", name="Show in the conversation").click()
    expect(page.locator("[data-seq='1']")).to_be_in_viewport()
    page.get_by_role("link", name="Pinned: 1").click()
    page.get_by_role("button", name="Unpin").click()
    expect(page.get_by_text("Nothing is pinned here")).to_be_visible()
    page.get_by_role("link", name="Saved messages").click()
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()


def test_each_act_goes_out_by_a_name_of_its_own(site: Site, visit: Visit) -> None:
    """So that it is done once, however late a proxy brings it again."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "one")
    page, sent = visit(None, f"{site.url}/accounts/login/"), list[str]()
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.context.add_cookies([ana.browser_cookie])  # type: ignore[list-item]
    page.goto(f"{site.url}/rooms/{room}/")
    here = RoomPage(page).is_live()
    for times in (1, 0):
        here.message("one").focus()
        page.keyboard.press("s")
        expect(page.locator("[data-slot=saved]:visible")).to_have_count(times)
        page.keyboard.press("p")
        expect(here.message("one").locator("[data-slot=pinned]:visible")).to_have_count(times)
    acts = [json.loads(frame.lstrip("0123456789")) for frame in sent if '["save"' in frame or '["pin"' in frame]
    assert len(acts) == len({payload["client_id"] for _, payload in acts}) == 4
