"""A browser context that is used again has what it loaded, and nothing of who had it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.contexts import Contexts
from tests.browser.room import RoomPage
from tests.support.people import Person
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]

KEEP = """async () => {
  localStorage.setItem("mine", "1");
  addEventListener("pagehide", () => localStorage.setItem("last", "words"));
  await new Promise((done) => { indexedDB.open("mine").onsuccess = done; });
}"""
KEPT = "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length]"
FETCHED = """() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".css")).map((sheet) => sheet.transferSize)"""


def test_who_comes_next_finds_what_was_loaded_and_nothing_else(
    site: Site, ana: Person, browser: Browser, shipped: object
) -> None:
    contexts = Contexts(browser)
    room = site.room(ana)
    for _ in range(3):
        page = contexts.lend(f"{site.url}/rooms/{room}/")
        context = page.context
        context.add_cookies([ana.browser_cookie])  # type: ignore[list-item]
        page.goto(f"{site.url}/rooms/{room}/")
        here = RoomPage(page).is_live()
        context.set_offline(True)
        here.say("Written without a network.")
        here.box.fill("half a thought")
        page.evaluate(KEEP)
        contexts.take_back(context)
        page = contexts.lend(f"{site.url}/accounts/login/")
        assert page.context is context and not context.cookies()
        page.goto(f"{site.url}/accounts/login/")
        assert page.evaluate(KEPT) == [0, 0, 0]
        assert page.evaluate(FETCHED) == [0], "what is on both pages is not fetched anew"
        contexts.take_back(context)
    context.close()


def test_who_asks_for_more_has_a_context_of_their_own(site: Site, visit: Callable[..., Page]) -> None:
    for _ in range(2):
        page = visit(None, f"{site.url}/accounts/login/", permissions=["notifications"])
        assert page.evaluate("localStorage.length") == 0
