"""From room to room by the keyboard: the quick switcher, the rooms above and below, all read, and the list of keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def is_at(page: Page, room: str) -> RoomPage:
    """Wait until the page is that of the room, and its keys do what they say."""
    expect(page).to_have_url(re.compile(f"/rooms/{room}/"))
    expect(page.get_by_role("button", name="Jump to")).to_be_visible()
    return RoomPage(page).is_live()


def test_some_letters_of_a_name_lead_to_a_room(site: Site, visit: Visit) -> None:
    """Unread first; arrows choose; Escape leaves all as it was, the focus where it was."""
    ana, bo = site.person("ana"), site.person("bo")
    here = site.room(ana, bo, name="Alpha")
    design = site.room(ana, bo, name="Zürich design")
    site.room(ana, bo, name="Beta")
    site.say(design, bo, "news")
    page = visit(ana, f"/rooms/{here}/")
    room = is_at(page, here)
    page.keyboard.press("Control+k")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options).to_contain_text(["Zürich design", "Beta", "Alpha"])
    expect(options.first).to_contain_text("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(room.box).to_be_focused()
    page.get_by_role("button", name="Jump to").click()
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("xyz")
    expect(page.get_by_text("Nothing of that name.")).to_be_visible()
    page.get_by_role("combobox").fill("")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Beta")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("zurde")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    is_at(page, design)


def test_from_room_to_room_as_they_stand_in_the_list(site: Site, visit: Visit) -> None:
    """Up and down, round the ends; with Shift to what is unread alone; also while one writes."""
    ana, bo = site.person("ana"), site.person("bo")
    one, two, three = (site.room(ana, bo, name=name) for name in ("One", "Thence", "Two"))
    page = visit(ana, f"/rooms/{one}/")
    at = is_at(page, one)
    for keys, room in (
        ("Alt+ArrowDown", two),
        ("Alt+ArrowDown", three),
        ("Alt+ArrowDown", one),
        ("Alt+ArrowUp", three),
    ):
        at.box.press(keys)
        at = is_at(page, room)
    site.say(one, bo, "news")
    page.reload()
    is_at(page, three)
    page.keyboard.press("Alt+Shift+ArrowUp")
    is_at(page, one)


def test_all_is_read_at_once_in_every_tab(site: Site, visit: Visit) -> None:
    """Shift and Escape: no count is left, here or there."""
    ana, bo = site.person("ana"), site.person("bo")
    here, *others = (site.room(ana, bo) for _ in range(3))
    for room in others:
        site.say(room, bo, "one", "two")
    page = visit(ana, f"/rooms/{here}/")
    tab = is_at(page, here)
    other = page.context.new_page()
    other.goto(page.url)
    RoomPage(other).is_live()
    expect(page).to_have_title(re.compile(r"^\(4\)"))
    page.bring_to_front()
    page.keyboard.press("Shift+Escape")
    for room in others:
        expect(tab.count_of(room)).to_be_hidden()
        expect(RoomPage(other).count_of(room)).to_be_hidden()
    page.reload()
    tab.is_live()
    expect(page).not_to_have_title(re.compile(r"^\("))


def test_the_list_of_keys(site: Site, visit: Visit) -> None:
    """By `?`, which is a letter to who writes; and from the menu."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, f"/rooms/{room}/")
    here = is_at(page, room)
    here.box.press("?")
    expect(here.box).to_have_value("?")
    here.log.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Mark all as read")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(here.log).to_be_focused()
    page.locator(".sidebar .menu summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
