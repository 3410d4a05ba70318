"""Threads: opened beside the log, answered, seen live by the other; by keyboard, by address, without JavaScript, on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def panel(room: RoomPage) -> Locator:
    return room.page.get_by_role("log", name="Thread")


def answer(room: RoomPage, body: str) -> None:
    """Write in the thread and send."""
    box = room.page.get_by_role("textbox", name="Answer in the thread")
    box.fill(body)
    box.press("Enter")


def test_two_people_talk_in_a_thread(site: Site, visit: Visit) -> None:
    """The room's log shows the summary only, and counts none of it as unread."""
    ana, bo, cy = site.person("ana", name="Ana Berg"), site.person("bo", name="Bo"), site.person("cy")
    room = site.room(ana, bo, cy)
    site.say(room, ana, "Lunch?", "The build is green.")
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (bo, ana))
    elsewhere = RoomPage(visit(cy, f"/rooms/{site.room(cy)}/")).is_live()
    expect(elsewhere.count_of(room)).to_have_text("unread: 2")
    here.message("Lunch?").hover()
    here.page.get_by_role("button", name="Thread").click()
    answer(here, "Yes, at one")
    expect(panel(here).get_by_text("Yes, at one")).to_be_visible()
    summary = there.log.locator("[data-seq='1'] .thread")
    expect(summary).to_contain_text("1 answer")
    summary.click()
    expect(panel(there).get_by_text("Yes, at one")).to_be_visible()
    answer(there, "See you there")
    expect(panel(here).get_by_text("See you there")).to_be_visible()
    expect(here.page.get_by_role("log", name="Messages in").locator(".thread:visible")).to_contain_text("2 answers")
    assert here.numbers() == there.numbers() == [1, 2]
    expect(elsewhere.count_of(room)).to_have_text("unread: 2")
    panel(there).get_by_text("See you there").hover()
    there.choose("Delete", panel(there))
    there.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(summary).to_contain_text("1 answer")
    expect(panel(here).locator("[data-seq='4']").get_by_text("message deleted")).to_be_visible()


def test_a_thread_by_keyboard(site: Site, visit: Visit) -> None:
    """T opens it, Escape closes it, and one is back where one was; the draft is still there the next time."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "one", "two")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.message("one").focus()
    here.page.keyboard.press("t")
    box = here.page.get_by_role("textbox", name="Answer in the thread")
    expect(box).to_be_focused()
    here.page.keyboard.type("half a thou")
    here.page.keyboard.press("Escape")
    expect(panel(here)).to_have_count(0)
    expect(here.page.locator("#main [data-seq='1']")).to_be_focused()
    here.page.keyboard.press("t")
    expect(box).to_have_value("half a thou")
    here.page.keyboard.press("Enter")
    expect(panel(here).locator(".message[data-seq='3']")).to_be_visible()


def test_an_answer_has_an_address(site: Site, visit: Visit) -> None:
    """Of a long thread, at any place; and by the number alone. Closing it leaves the room; a reload shows it, "back" closes it."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "root")
    with ana.client() as socket:
        for n in range(59):
            socket.ask("message", {"room": room, "body": f"answer {n}", "thread": 1})
    for address in (f"/rooms/{room}/threads/1/?at=12#12", f"/rooms/{room}/threads/1/#12", f"/rooms/{room}/#12"):
        here = RoomPage(visit(ana, address)).is_live()
        expect(panel(here).locator("[data-seq='12']")).to_be_in_viewport()
        assert here.numbers() == [1]
    here.page.get_by_role("link", name="Close").click()
    expect(panel(here)).to_have_count(0)
    there = RoomPage(visit(ana, f"/rooms/{room}/threads/1/")).is_live()
    panel(there).locator(".message").last.press("Escape")
    expect(there.page).to_have_url(f"{ana.url}/rooms/{room}/")
    there.message("root").focus()
    there.page.keyboard.press("t")
    expect(panel(there).locator("[data-seq='1']")).to_be_visible()
    expect(there.page).to_have_url(f"{ana.url}/rooms/{room}/threads/1/")
    there.page.reload()
    there.is_live()
    expect(panel(there).locator("[data-seq='60']")).to_be_visible()
    there.page.go_back()
    expect(panel(there)).to_have_count(0)
    expect(there.page).to_have_url(f"{ana.url}/rooms/{room}/")
    there.page.go_forward()
    expect(panel(there).locator("[data-seq='60']")).to_be_visible()
    panel(there).locator(".message").last.press("Escape")
    expect(panel(there)).to_have_count(0)
    expect(there.page).to_have_url(f"{ana.url}/rooms/{room}/")


def test_a_thread_without_a_script(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "root")
    page = visit(ana, f"/rooms/{room}/threads/1/", java_script_enabled=False)
    page.get_by_role("textbox", name="Answer in the thread").fill("by a form")
    page.locator("#panel").get_by_role("button", name="Send").click()
    expect(page.locator("#panel").get_by_text("by a form")).to_be_visible()
    expect(page.locator("#main").get_by_role("link", name="1 answer")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page).to_have_url(f"{ana.url}/rooms/{room}/#1")


def test_what_is_written_offline_goes_into_its_thread(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "root")
    here, there = (RoomPage(visit(who, f"/rooms/{room}/threads/1/")).is_live() for who in (bo, ana))
    here.page.context.set_offline(True)
    here.banner_says("offline")
    answer(here, "from afar")
    expect(panel(here).locator("[data-client-id]")).to_contain_text("from afar")
    there_box = there.page.get_by_role("textbox", name="Message ")
    there_box.fill("meanwhile")
    there_box.press("Enter")
    answer(there, "and here")
    expect(panel(there).locator("[data-seq='3']")).to_contain_text("and here")
    here.page.context.set_offline(False)
    here.is_live()
    for log in (panel(here), panel(there)):
        expect(log.locator("[data-seq]")).to_have_count(3)
        expect(log.locator("[data-seq='4']")).to_contain_text("from afar")
    assert here.numbers() == there.numbers() == [1, 2]


def test_on_a_phone_the_thread_covers_the_room(site: Site, visit: Visit) -> None:
    """What stands behind it is not read."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "root")
    here = RoomPage(visit(bo, f"/rooms/{room}/threads/1/", has_touch=True, viewport={"width": 390, "height": 780}))
    here.is_live()
    box = panel(here).bounding_box()
    assert box and box["width"] == 390
    with ana.client() as socket:
        socket.ask("message", {"room": room, "body": "unseen"})
    expect(here.page.locator("#main [data-seq='2']")).to_be_attached()
    expect(here.count_of(room)).to_have_text("unread: 2")
    here.page.get_by_role("link", name="Close").click()
    expect(here.count_of(room)).to_be_hidden()
