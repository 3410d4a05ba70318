"""Emoji: the palette for reactions and for the box, by pointer and by keyboard; names completed after a colon; what is remembered."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_plus_opens_the_palette_and_any_emoji_is_a_reaction(site: Site, visit: Visit) -> None:
    """Letters search, Enter takes the first; the focus comes back to the message."""
    ana, bo = site.person("ana"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    site.say(room, ana, "It is done")
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (bo, ana))
    here.message("It is done").focus()
    here.page.keyboard.press("+")
    palette = here.page.get_by_role("dialog", name="Emoji")
    expect(palette.get_by_role("searchbox")).to_be_focused()
    here.page.keyboard.type("fox")
    expect(palette.get_by_role("button", name="fox", exact=True)).to_be_visible()
    here.page.keyboard.press("Enter")
    expect(there.page.get_by_role("button", name="🦊 1: Bo")).to_be_visible()
    expect(palette).to_have_count(0)
    expect(here.message("It is done")).to_be_focused()


def test_arrows_go_from_emoji_to_emoji_and_escape_leaves(site: Site, visit: Visit) -> None:
    """The ones used most come first the next time."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "hello")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    message, keys = here.message("hello"), here.page.keyboard
    message.focus()
    keys.press("+")
    palette = here.page.get_by_role("dialog", name="Emoji")
    expect(palette.get_by_role("searchbox")).to_be_focused()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        keys.press(key)
    expect(palette.locator("[data-emoji='❤️']")).to_be_focused()
    keys.press("Enter")
    expect(here.page.get_by_role("button", name="❤️ 1")).to_be_visible()
    keys.press("+")
    expect(palette.locator("[data-emoji]").first).to_have_attribute("data-emoji", "❤️")
    keys.press("Escape")
    expect(palette).to_have_count(0)
    expect(message).to_be_focused()
    expect(here.page.locator(".reaction")).to_have_count(1)


def test_an_emoji_goes_into_the_box_in_ones_own_tone(site: Site, visit: Visit) -> None:
    """Where the caret is; the tone is remembered."""
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.box.fill("ab")
    here.box.press("ArrowLeft")
    here.page.get_by_role("button", name="Emoji").click()
    palette = here.page.get_by_role("dialog", name="Emoji")
    palette.get_by_role("button", name="Medium-dark").click()
    palette.get_by_role("button", name="People").click()
    palette.get_by_role("button", name="waving hand").click()
    expect(here.box).to_have_value("a👋🏾b")
    expect(here.box).to_be_focused()
    here.page.reload()
    here.is_live()
    here.page.get_by_role("button", name="Emoji").click()
    expect(palette.get_by_role("button", name="Medium-dark")).to_have_attribute("aria-pressed", "true")
    expect(palette.locator("[data-emoji]").first).to_have_text("👋🏾")


def test_a_name_after_a_colon_is_completed(site: Site, visit: Visit) -> None:
    """Up, Down, Enter; Escape leaves it as it is; Enter sends where no list is open."""
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    listbox = here.page.get_by_role("listbox", name="Emoji")
    here.box.press_sequentially("Done :tad")
    expect(listbox.get_by_role("option").first).to_contain_text(":tada:")
    expect(listbox.get_by_role("option", selected=True)).to_have_count(1)
    assert here.box.get_attribute("aria-activedescendant") == listbox.get_by_role("option").first.get_attribute("id")
    here.box.press("Enter")
    expect(here.box).to_have_value("Done 🎉 ")
    expect(listbox).to_be_hidden()
    here.box.press_sequentially("at 10:30 :he")
    expect(listbox).to_be_visible()
    here.box.press("Escape")
    expect(listbox).to_be_hidden()
    here.box.press("Enter")
    expect(here.stored("Done 🎉 at 10:30 :he")).to_have_count(1)


def test_the_palette_says_so_when_nothing_is_found(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    here = RoomPage(visit(ana, f"/rooms/{site.room(ana)}/")).is_live()
    here.page.get_by_role("button", name="Emoji").click()
    here.page.get_by_role("searchbox", name="Search emoji").fill("qqqq")
    expect(here.page.get_by_text("No emoji is called so.")).to_be_visible()
