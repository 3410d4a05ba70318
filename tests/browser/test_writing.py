"""Writing Markdown: keys for marks, links by pasting, a preview."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]
SELECT = "(box, [from, to]) => box.setSelectionRange(from, to)"


@pytest.fixture
def here(site: Site, visit: Visit) -> RoomPage:
    ana = site.person("ana")
    page = visit(ana, f"/rooms/{site.room(ana)}/", permissions=["clipboard-read", "clipboard-write"])
    here = RoomPage(page).is_live()
    expect(page.locator(".suggestions")).to_be_attached()
    return here


@pytest.mark.parametrize(("key", "mark"), [("b", "**"), ("i", "*"), ("e", "`")])
def test_a_key_marks_what_is_selected_and_again_takes_the_marks_away(here: RoomPage, key: str, mark: str) -> None:
    here.box.fill("one two")
    here.box.evaluate(SELECT, [4, 7])
    here.box.press(f"Control+{key}")
    expect(here.box).to_have_value(f"one {mark}two{mark}")
    here.box.press(f"Control+{key}")
    expect(here.box).to_have_value("one two")
    here.box.press("Control+z")
    expect(here.box).to_have_value(f"one {mark}two{mark}")


def test_an_address_pasted_over_words_makes_them_a_link(here: RoomPage) -> None:
    here.page.evaluate("navigator.clipboard.writeText('https://example.com/a')")
    here.box.fill("see this")
    here.box.evaluate(SELECT, [4, 8])
    here.box.press("Control+v")
    expect(here.box).to_have_value("see [this](https://example.com/a)")
    here.box.press("Control+v")
    expect(here.box).to_have_value("see [this](https://example.com/a)https://example.com/a")


def test_the_preview_is_what_will_be_said(here: RoomPage) -> None:
    here.box.fill("see **this**")
    here.page.get_by_role("button", name="Preview").click()
    preview = here.page.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("this")
    expect(here.box).to_be_focused()
    here.box.press_sequentially(" `now`")
    expect(preview.locator("code")).to_have_text("now")
    here.box.press("Enter")
    expect(preview).to_be_hidden()
    expect(here.stored("this").locator("strong")).to_have_count(1)
