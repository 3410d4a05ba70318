"""Following threads and marking unread: what one person sees in all their tabs while another writes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def threads(page: Page) -> Locator:
    """The entry of the list."""
    return page.locator("[data-slot=threads]")


def count(page: Page) -> Locator:
    return threads(page).locator("[data-slot=count]")


def test_what_is_new_in_a_thread_shows_everywhere_and_is_read_by_reading_it(site: Site, visit: Visit) -> None:
    """In the list, under the root and on the page of threads, in both tabs of one person; a mention with its sign."""
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    site.say(room, ana, "Lunch?")
    here, there = (RoomPage(visit(ana, f"/rooms/{room}/")).is_live() for _ in range(2))
    listed = RoomPage(visit(ana, "/threads/")).is_live()
    expect(listed.page.get_by_text("You follow no thread yet")).to_be_visible()
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": "Yes", "thread": 1})
        for each in (here, there):
            expect(count(each.page)).to_have_text("unread: 1")
            expect(each.log.locator("[data-seq='1'] .thread-new")).to_have_text("1 new")
        socket.ask("message", {"room": room, "body": f"@{ana.handle} where?", "thread": 1})
    for each in (here, there):
        expect(threads(each.page).locator("[data-slot=called]")).to_have_text("mentions of you: 1")
    expect(listed.page.locator(".followed-thread .thread-new")).to_have_text("2 new")
    for each in (here, there, listed):
        expect(each.page).to_have_title(re.compile(r"^\(2\) "))
        expect(each.page.locator("link[rel=icon]")).to_have_attribute("href", re.compile(r"^data:.*%3E1%3C"))
    here.log.locator("[data-seq='1'] .thread").click()
    expect(here.page.locator("#panel [data-slot=new] + [data-seq='2']")).to_be_visible()
    for each in (here, there, listed):
        expect(count(each.page)).to_be_hidden()
        expect(each.page).to_have_title(re.compile(r"^[^(]"))
        expect(each.page.locator("link[rel=icon]")).to_have_attribute("href", re.compile(r"favicon"))
    expect(there.log.locator("[data-seq='1'] .thread-new")).to_be_hidden()
    expect(listed.page.locator(".followed-thread .thread-new")).to_have_count(0)


def test_one_stops_following(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "Lunch?", "The build is green.")
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": "Yes", "thread": 1})
        here, there = (RoomPage(visit(ana, f"/rooms/{room}/threads/1/")).is_live() for _ in range(2))
        here.page.get_by_role("button", name="Unfollow").click()
        for each in (here, there):
            expect(each.page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
        here.page.goto(f"{ana.url}/rooms/{room}/")
        here.is_live()
        there.page.close()
        socket.ask("message", {"room": room, "body": "Where?", "thread": 1})
        expect(here.log.locator("[data-seq='1'] .thread")).to_contain_text("2 answers")
        expect(count(here.page)).to_be_hidden()


def test_threads_without_a_script(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "Lunch?")
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": "Yes", "thread": 1})
    page = visit(ana, "/threads/", java_script_enabled=False)
    expect(count(page)).to_have_text("unread: 1")
    expect(page.locator(".followed-thread")).to_contain_text("1 new")
    page.get_by_role("link", name="Lunch?").click()
    expect(page.locator("#panel [data-slot=new] + [data-seq='2']")).to_be_visible()
    page.goto(f"{ana.url}/threads/")
    page.get_by_role("button", name="Mark as read").click()
    expect(page.locator(".followed-thread .thread-new")).to_have_count(0)
    page.get_by_role("button", name="Unfollow").click()
    expect(page.get_by_text("You follow no thread yet")).to_be_visible()


def test_marked_unread_it_stays_so_in_all_tabs(site: Site, visit: Visit) -> None:
    """By key and from the bar; the open room does not read it again, also when more comes; Escape, writing or another visit does."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, bo, "one", "two", "three")
    site.say(room, ana, "mine")
    here, there = (RoomPage(visit(ana, f"/rooms/{room}/")).is_live() for _ in range(2))
    expect(here.count_of(room)).to_be_hidden()
    here.message("two").focus()
    here.page.keyboard.press("u")
    for each in (here, there):
        expect(each.count_of(room)).to_have_text("unread: 2")
        expect(each.log.locator("[data-slot=new] + [data-seq='2']")).to_be_visible()
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": "four"})
    for each in (here, there):
        expect(each.stored("four")).to_be_visible()
        expect(each.count_of(room)).to_have_text("unread: 3")
    here.page.reload()
    here.is_live()
    for each in (here, there):
        expect(each.count_of(room)).to_be_hidden()
    here.message("one").hover()
    here.choose("Mark unread from here")
    expect(there.count_of(room)).to_have_text("unread: 4")
    there.page.keyboard.press("Escape")
    for each in (here, there):
        expect(each.count_of(room)).to_be_hidden()
