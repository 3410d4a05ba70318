"""No screen has an accessibility violation that axe-core can find: every page and state of it, light and dark, on a desk and on a phone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.people import Person
from tests.support.site import Site

AXE = (settings.BASE_DIR / "node_modules/axe-core/axe.min.js").read_text()
FIND = """async () => (await axe.run()).violations.flatMap(({id, nodes}) =>
    nodes.map(({html, failureSummary}) => `${id}: ${html}\\n${failureSummary}`))"""

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}

BODIES = [
    "Plain words, https://example.com/ and a @handle.",
    "# Heading\n\n> quoted\n\n- one\n  1. two\n\n~~not~~ **this** `code`\n\n---\n\n```sql\n"
    + "SELECT wide, " * 40
    + "\n```",
    "|" + " wide column |" * 30 + "\n|" + "---|" * 30 + "\n|" + " value |" * 30,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 6,
]

Visit = Callable[..., Page]

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The theme the reader prefers."""
    return str(request.param)


@pytest.fixture
def ana(site: Site) -> Person:
    """Somebody in the Lobby."""
    return site.person("ana", lobby=True)


@pytest.fixture
def room(site: Site, ana: Person) -> str:
    """A room in which everything has been said."""
    bo = site.person("bo")
    room = site.room(ana, bo, slug="axe", topic="What it looks like")
    site.say(room, bo, *BODIES)
    site.say(room, ana, *BODIES[:1])
    return room


@pytest.fixture
def open_page(visit: Visit) -> Visit:
    """As `visit`; axe tries styles on the page, which our Content-Security-Policy would refuse and the console tell."""
    return partial(visit, bypass_csp=True)


def find(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(each => each.finished))")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE + "; 0")
    found: list[Any] = page.evaluate(FIND)
    return [str(each) for each in found]


def no_violation(page: Page) -> None:
    """Axe finds nothing, and nothing makes the page scroll sideways."""
    assert not (found := find(page)), "\n\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_axe_sees_what_is_wrong(open_page: Visit, site: Site) -> None:
    page = open_page(None, site.url + "/accounts/login/")
    page.evaluate("document.querySelector('label').remove()")
    assert any(found.startswith("label:") for found in find(page))


@pytest.mark.parametrize("address", ["login", "signup", "password/reset", "password/reset/done"])
def test_before_one_is_in(open_page: Visit, site: Site, scheme: str, address: str) -> None:
    no_violation(open_page(None, f"{site.url}/accounts/{address}/", color_scheme=scheme))


def test_first_run(open_page: Visit, own_site: Callable[..., Site]) -> None:
    for scheme in ("light", "dark"):
        page = open_page(None, own_site().url + "/welcome/", color_scheme=scheme)
        expect(page.get_by_role("heading", name="Name your site")).to_be_visible()
        no_violation(page)


@pytest.mark.parametrize("address", ["profile", "email", "password/change", "logout"])
def test_about_oneself(open_page: Visit, ana: Person, scheme: str, address: str) -> None:
    no_violation(open_page(ana, f"/accounts/{address}/", color_scheme=scheme))


def test_a_form_with_mistakes(open_page: Visit, site: Site, scheme: str) -> None:
    page = open_page(None, site.url + "/accounts/login/", color_scheme=scheme)
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").or_(page.locator(".errorlist")).first).to_be_visible()
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_browsing_rooms(open_page: Visit, site: Site, ana: Person, scheme: str, window: dict[str, int]) -> None:
    site.room(ana, slug="joined", topic="One is in")
    site.room(slug="open", topic="One may join")
    page = open_page(ana, "/rooms/", color_scheme=scheme)
    page.set_viewport_size(window)  # type: ignore[arg-type]
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_a_room(open_page: Visit, ana: Person, room: str, scheme: str, window: dict[str, int]) -> None:
    page = open_page(ana, f"/rooms/{room}/", color_scheme=scheme)
    page.set_viewport_size(window)  # type: ignore[arg-type]
    here = RoomPage(page).is_live()
    no_violation(page)

    page.locator(".message").last.hover()
    expect(page.get_by_role("toolbar")).to_be_visible()
    no_violation(page)

    page.get_by_role("link", name="People of this room").click()
    expect(page.locator(".person").first).to_be_visible()
    no_violation(page)
    page.get_by_role("link", name="Close").click()

    if window is PHONE:
        page.get_by_role("link", name="List of rooms").click()
    page.locator(".menu summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")

    page.context.set_offline(True)
    expect(here.banner).to_be_visible()
    here.say("Written without a network.")
    expect(page.locator(".message[data-state]")).to_have_count(1)
    no_violation(page)


def test_a_room_where_nothing_was_said(open_page: Visit, site: Site, ana: Person, scheme: str) -> None:
    no_violation(open_page(ana, f"/rooms/{site.room(ana, slug='empty')}/", color_scheme=scheme))


def test_the_people_of_a_room(open_page: Visit, ana: Person, room: str, scheme: str) -> None:
    no_violation(open_page(ana, f"/rooms/{room}/people/", color_scheme=scheme))


def say_ok(page: Page, address: str) -> None:
    """Open a page that answers 404 as if it answered 200: Chromium would log it as an error."""
    page.route(address, lambda route: route.fulfill(status=200, response=route.fetch()))
    page.goto(address)


def test_nothing_there(open_page: Visit, site: Site, ana: Person, scheme: str) -> None:
    page = open_page(ana, "/accounts/profile/", color_scheme=scheme)
    say_ok(page, site.url + "/rooms/nothing/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    no_violation(page)


def test_an_invite_that_does_not_work(open_page: Visit, site: Site, scheme: str) -> None:
    page = open_page(None, site.url + "/accounts/login/", color_scheme=scheme)
    say_ok(page, site.url + "/accounts/invite/none/")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    no_violation(page)
