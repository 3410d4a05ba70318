"""What people write, as it is shown: code with its colours and its copy button, long messages folded, right to left, emoji alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]
LONG = "\n\n".join(f"paragraph {n}" for n in range(40))
TOP = "e => e.getBoundingClientRect().top"


def test_code_is_copied_by_keyboard_and_said(site: Site, visit: Visit) -> None:
    """The button is reached by Tab from its message; what is copied is the code, without the colours."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "```python\ndef f():\n    return '<b>'\n```")
    page = visit(ana, f"/rooms/{room}/", permissions=["clipboard-read", "clipboard-write"])
    here = RoomPage(page).is_live()
    assert page.locator(".k").first.evaluate("e => getComputedStyle(e).color") != page.locator("code").evaluate(
        "e => getComputedStyle(e).color"
    )
    page.locator("[data-seq='1']").focus()
    button = page.get_by_role("button", name="Copy code")
    for _ in range(4):
        page.keyboard.press("Tab")
        if button.evaluate("e => e === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    assert here.pastes("def f():\n    return '<b>'\n")


def test_a_long_message_is_folded_and_opens_where_it_stands(site: Site, visit: Visit) -> None:
    """From the first paint and live; by keyboard; a short one is not."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, *(f"line {n}" for n in range(10)), LONG, "short", *(f"line {n}" for n in range(10, 18)))
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    long = here.page.locator("[data-seq='11']")
    more = long.get_by_role("button", name="Show more")
    more.scroll_into_view_if_needed()
    expect(more).to_have_attribute("aria-expanded", "false")
    expect(here.page.locator("[data-seq='12']").get_by_role("button", name="Show more")).to_be_hidden()
    before = long.evaluate(TOP)
    more.focus()
    here.page.keyboard.press("Enter")
    less = long.get_by_role("button", name="Show less")
    expect(less).to_be_focused()
    assert abs(long.evaluate(TOP) - before) < 2
    assert long.bounding_box()["height"] > 700  # type: ignore[index]
    less.press("Enter")
    expect(more).to_be_in_viewport()
    there.say(LONG)
    live = here.page.locator("[data-seq='21']")
    expect(live.get_by_role("button", name="Show more")).to_be_visible()
    assert live.bounding_box()["height"] < 600  # type: ignore[index]


def test_nothing_moves_when_the_script_comes(site: Site, visit: Visit) -> None:
    """What is long is as high before as after."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "first", LONG, "last")
    page = visit(ana, f"/rooms/{room}/")
    height = page.locator("[data-seq='2']").evaluate("e => e.getBoundingClientRect().height")
    page.route("**/main*.js", lambda route: route.abort())
    page.goto(page.url)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert page.locator("[data-seq='2']").evaluate("e => e.getBoundingClientRect().height") == height


def test_a_link_that_is_folded_away_opens_its_message_in_focus(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, LONG + "\n\nhttps://example.com/", "last")
    page = visit(ana, f"/rooms/{room}/")
    RoomPage(page).is_live()
    expect(page.get_by_role("button", name="Show more")).to_be_visible()
    page.get_by_role("link", name="https://example.com/").focus()
    expect(page.get_by_role("button", name="Show less")).to_be_visible()
    expect(page.get_by_role("link", name="https://example.com/")).to_be_in_viewport()


def test_a_long_message_is_whole_without_a_script(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, LONG)
    page = visit(ana, f"/rooms/{room}/", java_script_enabled=False)
    assert page.locator("[data-seq='1']").bounding_box()["height"] > 700  # type: ignore[index]


def test_each_paragraph_runs_its_own_way(site: Site, visit: Visit) -> None:
    """Hebrew stands at the right, a list with its marks at the side it begins from."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "English\n\nשלום עולם\n\n- אחת\n- שתיים", "مرحبا بالعالم")
    page = visit(ana, f"/rooms/{room}/")
    directions = "e => [...e.children].map(each => getComputedStyle(each).direction)"
    assert page.locator("[data-seq='1'] .body").evaluate(directions) == ["ltr", "rtl", "rtl"]
    assert page.locator("[data-seq='2'] .body").evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_emoji_alone_are_large_before_and_after_they_are_stored(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.say("🎉")
    expect(here.message("🎉").locator(".body p")).to_have_css("font-size", "36px")
    expect(here.stored("🎉").locator(".body p")).to_have_css("font-size", "36px")
    here.page.context.set_offline(True)
    here.banner_says("offline")
    here.say("👍🏽")
    expect(here.message("👍🏽").locator(".body p")).to_have_css("font-size", "36px")


def test_what_is_selected_in_a_message_stays_so_when_somebody_reacts(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.say("select *this* one")
    here.stored("this").locator("em").evaluate("e => getSelection().selectAllChildren(e)")
    with bo.client() as socket:
        socket.ask("react", {"room": room, "seq": 1, "emoji": "🎉"})
    expect(here.page.locator(".reaction")).to_have_count(1)
    assert here.page.evaluate("getSelection().toString()") == "this"
