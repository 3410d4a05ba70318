"""What is too much is said kindly; and who changes their password stays where they are in their other tabs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]
WORDS = "a few words in a row"


def test_a_new_password_leaves_ones_other_tabs_where_they_are(site: Site, visit: Visit) -> None:
    """They come back by the session's new key, and nobody says that they were signed out."""
    ana = site.person("ana", password=WORDS)
    page = visit(ana, f"/rooms/{site.room(ana)}/")
    here = RoomPage(page).is_live()
    other = page.context.new_page()
    other.goto(f"{site.url}/accounts/password/change/")
    other.get_by_label("Present password").fill(WORDS)
    other.get_by_label("New password").fill(f"{WORDS} again")
    with page.expect_websocket():
        other.get_by_role("main").locator("form button[type=submit]").last.click()
    here.is_live().say("still here")
    expect(here.stored("still here")).to_have_count(1)


def test_what_is_too_much_is_said_kindly(own_site: Callable[..., Site], visit: Visit) -> None:
    """A reaction too many: why, beside what one writes. A tab too many: what to do about it; then it goes on by itself."""
    site = own_site(SOCKETS_PER_USER=1, REACTION_BURST=1, REACTION_RATE=0.001, MESSAGE_BURST=2, MESSAGE_RATE=1)
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "one", "two")
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    for body in ("one", "two"):
        here.message(body).focus()
        page.keyboard.press("+")
        palette = page.get_by_role("dialog", name="Emoji")
        palette.get_by_role("searchbox").fill("fox")
        palette.get_by_role("button", name="fox", exact=True).click()
    expect(page.get_by_text("too many at once: wait a little")).to_be_visible()
    for number in range(4):  # what one says goes out a little later, in order
        here.say(f"said {number}")
    for number in range(4):
        expect(here.stored(f"said {number}")).to_have_count(1)
    crowded = RoomPage(page.context.new_page())
    crowded.page.goto(f"{site.url}/rooms/{room}/")
    crowded.banner_says("crowded")
    expect(crowded.banner).to_contain_text("Too many of your tabs are open here.")
    page.close()
    expect(crowded.banner).to_have_attribute(
        "data-connection", "live", timeout=30_000
    )  # it tries again by itself, ever more seldom
    crowded.is_live()
