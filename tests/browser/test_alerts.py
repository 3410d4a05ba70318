"""What one is told, and what not: the bell of a room, the title, the icon of the tab, notifications of the browser."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]

# Chromium without a window shows no notifications: the page's are written down.
WATCH = """() => {
  window.told = [];
  window.Notification = class extends EventTarget {
    static permission = "default";
    static async requestPermission() { return Notification.permission = "granted"; }
    constructor(title, options) {
      super();
      document.documentElement.dataset.told = told.push({ title, body: options.body, tag: options.tag });
      window.first ??= this;
    }
    close() {}
  };
}"""


def told(page: Page) -> list[dict[str, Any]]:
    """The notifications of a page."""
    shown: list[dict[str, Any]] = page.evaluate("told")
    return shown


def involve(page: Page, what: str) -> None:
    """Choose in the bell of the room."""
    page.get_by_label("Notifications", exact=True).click()
    page.get_by_role("button", name=what).click()


def allow(page: Page) -> None:
    """Ask for notifications by the button."""
    involve(page, "Notify me on this device")


def go_behind(page: Page) -> None:
    """The page's window loses the focus: something else is in front."""
    page.evaluate("document.hasFocus = () => false")


def test_a_muted_room_is_dimmed_and_not_counted(site: Site, visit: Visit) -> None:
    """In all tabs, at once; unmuted it counts again; it survives a reload."""
    ana, bo = site.person("ana"), site.person("bo")
    room, other = site.room(ana, bo, name="The den"), site.room(bo, name="Other")
    page = visit(bo, f"/rooms/{room}/")
    RoomPage(page).is_live()
    tab = page.context.new_page()
    tab.goto(f"{site.url}/rooms/{other}/")
    RoomPage(tab).is_live()
    item = tab.locator(f"[data-room='{room}']")
    page.bring_to_front()
    involve(page, "Nothing")
    expect(item).to_have_attribute("data-involvement", "nothing")
    page.close()
    with ana.client() as there:
        there.ask("message", {"room": room, "body": f"one @{bo.handle}"})
        expect(RoomPage(tab).count_of(room)).to_have_text("unread: 1")
        assert tab.title().startswith("Other")
        tab.goto(f"{site.url}/rooms/{other}/")
        RoomPage(tab).is_live()
        expect(item).to_have_attribute("data-involvement", "nothing")
        bo.post(f"/rooms/{room}/involvement/", data={"involvement": "mentions"})
        expect(tab).to_have_title(re.compile(r"^\(1\) Other"))
        expect(item).to_have_attribute("data-involvement", "mentions")
        there.ask("message", {"room": room, "body": "two"})
        expect(RoomPage(tab).count_of(room)).to_have_text("unread: 2")
        expect(tab).to_have_title(re.compile(r"^\(1\) Other"))


def test_the_icon_of_the_tab_has_a_badge(site: Site, visit: Visit) -> None:
    """A dot for what is unread, a number for mentions, nothing when all is read."""
    ana, bo = site.person("ana"), site.person("bo")
    room, other = site.room(ana, bo), site.room(bo)
    tab = visit(bo, f"/rooms/{other}/")
    RoomPage(tab).is_live()
    icon = tab.locator("link[rel=icon]")
    plain = icon.get_attribute("href")
    with ana.client() as there, bo.client() as elsewhere:
        there.ask("message", {"room": room, "body": "one"})
        expect(icon).to_have_attribute("href", re.compile("^data:image/svg"))
        there.ask("message", {"room": room, "body": "@room two"})
        expect(icon).to_have_attribute("href", re.compile(quote(">1</text>", safe="")))
        elsewhere.ask("read", {"room": room, "seq": 2})
        expect(icon).to_have_attribute("href", str(plain))


def test_one_is_notified_after_asking_for_it_and_led_to_the_message(site: Site, visit: Visit) -> None:
    """Unasked nothing is asked; by a button; a press opens the message; switched off it is quiet."""
    ana, bo = site.person("ana", name="Ana"), site.person("bo")
    room, other, another = site.room(ana, bo, name="The den"), site.room(bo), site.room(ana, bo)
    page = visit(bo, f"/rooms/{other}/")
    page.evaluate(WATCH)
    RoomPage(page).is_live()
    with ana.client() as there:
        there.ask("message", {"room": room, "body": "before"})
        expect(RoomPage(page).count_of(room)).to_have_text("unread: 1")
        assert page.evaluate("Notification.permission") == "default"
        allow(page)
        there.ask("message", {"room": room, "body": "after"})
        expect(page.locator("html")).to_have_attribute("data-told", "1")
        assert told(page) == [{"title": "Ana in The den", "body": "after", "tag": f"room:{room}"}]
        involve(page, "No longer notify me")
        there.ask("message", {"room": room, "body": "quiet"})
        expect(RoomPage(page).count_of(room)).to_have_text("unread: 3")
        allow(page)
        there.ask("message", {"room": another, "body": "told"})  # after the one before it would have been
        expect(page.locator("html")).to_have_attribute("data-told", "2")
        assert [each["body"] for each in told(page)] == ["after", "told"]
    page.evaluate("first.dispatchEvent(new Event('click'))")
    expect(page).to_have_url(f"{site.url}/rooms/{room}/#2")
    expect(page.locator("[data-seq='2']")).to_be_in_viewport()
    page.goto(f"{site.url}/rooms/{other}/")
    page.evaluate(WATCH)
    RoomPage(page).is_live()
    allow(page)
    with ana.client() as there, bo.client() as own:
        root = own.ask("message", {"room": room, "body": "What for?"})["message"]["seq"]
        seq = there.ask("message", {"room": room, "body": "An answer", "thread": root})["message"]["seq"]
        expect(page.locator("html")).to_have_attribute("data-told", "1")
    page.evaluate("first.dispatchEvent(new Event('click'))")
    expect(page).to_have_url(f"{site.url}/rooms/{room}/threads/{root}/#{seq}")
    expect(page.locator(f"#panel [data-seq='{seq}']")).to_be_in_viewport()


def test_what_is_in_front_or_read_elsewhere_is_not_told(site: Site, visit: Visit) -> None:
    """In another tab of the browser; on another device a moment later; and by involvement only what calls one."""
    ana, bo = site.person("ana"), site.person("bo")
    room, other, another = site.room(ana, bo), site.room(bo), site.room(ana, bo)
    page = visit(bo, f"/rooms/{other}/")
    page.evaluate(WATCH)
    RoomPage(page).is_live()
    allow(page)
    go_behind(page)
    tab = page.context.new_page()
    tab.goto(f"{site.url}/rooms/{room}/")
    RoomPage(tab).is_live()
    with ana.client() as there, bo.client() as phone:
        site.say(room, ana, *["line\n\nafter line"] * 30)
        tab.reload()
        RoomPage(tab).is_live()
        tab.locator("[data-seq='2']").scroll_into_view_if_needed()  # in front, but not where the new ones come
        tab.bring_to_front()
        there.ask("message", {"room": room, "body": "in front in a tab"})
        there.ask("message", {"room": another, "body": "first"})  # told after the one before it would have been
        expect(page.locator("html")).to_have_attribute("data-told", "1")
        tab.close()
        there.ask("message", {"room": room, "body": "read on a phone"})
        phone.ask("read", {"room": room, "seq": 32})
        there.ask("message", {"room": another, "body": "second"})
        expect(page.locator("html")).to_have_attribute("data-told", "2")
        assert [each["body"] for each in told(page)] == ["first", "second"]
        laptop = visit(bo, f"/rooms/{room}/")
        RoomPage(laptop).is_live()
        laptop.locator(
            "[data-seq='2']"
        ).scroll_into_view_if_needed()  # in front, far above what is new, on another device
        there.ask("message", {"room": room, "body": "in front on a laptop"})
        there.ask("message", {"room": another, "body": "third"})
        expect(page.locator("html")).to_have_attribute("data-told", "3")
        assert [each["body"] for each in told(page)] == ["first", "second", "third"]
        laptop.close()
        bo.post(f"/rooms/{room}/involvement/", data={"involvement": "mentions"})
        expect(page.locator(f"[data-room='{room}']")).to_have_attribute("data-involvement", "mentions")
        there.ask("message", {"room": room, "body": "not for you"})
        there.ask("message", {"room": room, "body": f"for you, @{bo.handle}"})
        expect(page.locator("html")).to_have_attribute("data-told", "4")
        assert told(page)[3]["body"].startswith("for you")
