"""A short tone for what one wants to be told of: off until one asks for it, and never for what one is reading."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.browser.test_alerts import WATCH, allow
from tests.support.people import Person
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]

# Nothing can be heard here: what is started is counted, on the page itself.
COUNT = """() => {
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    document.documentElement.dataset.tones = Number(document.documentElement.dataset.tones ?? 0) + 1;
    return start.apply(this, when);
  };
}"""
TONES = 2  # oscillators in a tone


def behind(page: Page) -> None:
    """Something else is in front."""
    page.evaluate(COUNT)
    page.evaluate("document.hasFocus = () => false")


def say(person: Person, room: str, body: str) -> None:
    with person.client() as socket:
        assert socket.ask("message", {"room": room, "body": body})["ok"]


def test_a_tone_for_what_one_wants_to_be_told_of(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo", sounds="on")
    room, quiet = site.room(ana, bo), site.room(ana, bo)
    page = visit(bo, f"/rooms/{room}/")
    RoomPage(page).is_live().log.click()
    page.get_by_label("Notifications", exact=True).click()
    page.get_by_role("button", name="Mentions of me").click()
    page.evaluate(COUNT)
    say(ana, room, f"@{bo.handle} while it is in front")
    expect(page.locator(".message").get_by_text("while it is in front")).to_be_visible()
    page.evaluate("document.hasFocus = () => false")
    say(ana, room, "not for you")
    expect(page.locator(".message").get_by_text("not for you")).to_be_visible()
    say(ana, quiet, "told of everything here")
    expect(page.locator("html")).to_have_attribute("data-tones", str(TONES))


def test_silence_unless_one_asks_for_it(site: Site, visit: Visit) -> None:
    """Off by default; on from the moment one chooses it, in every tab."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    page = visit(bo, f"/rooms/{room}/")
    page.evaluate(WATCH)
    RoomPage(page).is_live().log.click()
    allow(page)
    behind(page)
    say(ana, room, "unheard")
    expect(page.locator("html")).to_have_attribute("data-told", "1")
    other = visit(bo, "/accounts/settings/")
    other.evaluate(COUNT)
    other.get_by_role("button", name="Try the tone").click()
    expect(other.locator("html")).to_have_attribute("data-tones", str(TONES))
    assert page.locator("html").get_attribute("data-tones") is None, "told of, without a tone"
    other.get_by_role("radio", name="A short tone").check()
    other.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-sounds", "on")
    say(ana, room, "heard")
    expect(page.locator("html")).to_have_attribute("data-tones", str(TONES))
