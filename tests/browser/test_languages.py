"""German and Arabic as people have them: pages, what scripts say, dates, refusals; right to left, without a sideways scroll; axe finds nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import no_violation
from tests.browser.room import RoomPage
from tests.support.people import Person
from tests.support.site import Site

PHONE = {"width": 390, "height": 844}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
MIXED = "صباح الخير! انظر https://example.com/a/very/long/path?with=everything و `code` ثم 1,234 (50%)."
BODIES = [
    MIXED,
    "Guten Morgen",
    "```python\nprint('x')\n```\n\n- أولًا\n- second",
    LONG,
    "| a | ب |\n|---|---|\n| 1 | ٢ |",
]
PAGES = (
    "/rooms/",
    "/new/room/",
    "/threads/",
    "/accounts/settings/",
    "/accounts/profile/",
    "/accounts/sessions/",
    "/accounts/email/",
)

Visit = Callable[..., Page]

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
def talk(site: Site) -> Callable[[str], tuple[Person, Person, str]]:
    """A room with two people, the first of whom has chosen a language."""

    def begin(language: str) -> tuple[Person, Person, str]:
        ana, bo = site.person("ana", language=language), site.person("bo", name="Jürgen")
        room = site.room(ana, bo, slug="talk", name="مختبر", topic="What it is about")
        site.say(room, bo, *BODIES, f"@{ana.handle} hört zu")
        return ana, bo, room

    return begin


def test_a_german_page_speaks_german_also_when_things_happen(visit: Visit, talk: Any) -> None:
    ana, bo, room = talk("de")
    page = visit(ana, f"/rooms/{room}/", locale="en-US", timezone_id="Europe/Berlin")
    RoomPage(page).is_live()
    assert page.locator("html").get_attribute("lang") == "de"
    expect(page.get_by_role("button", name="Senden")).to_be_visible()
    expect(page.locator(".day:not(.new)").last).to_have_text("Heute")
    with bo.client() as socket:
        socket.ask("typing", {"room": room})
        expect(page.get_by_text("Jürgen schreibt …")).to_be_visible()
        seq = socket.ask("message", {"room": room, "body": "Eins"})["message"]["seq"]
        socket.ask("react", {"room": room, "seq": seq, "emoji": "👍"})
    time = page.locator(".message").last.locator("time").first
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d$"))  # no AM or PM
    assert re.search(r"(Montag|tag|woch)", time.get_attribute("title") or "")
    page.locator("[data-slot=box]").fill("x" * 10_001)
    expect(page.get_by_text("10.001 Zeichen, höchstens 10.000.")).to_be_visible()


def test_a_refusal_over_the_socket_is_in_the_persons_language(talk: Any) -> None:
    for language, words in {
        "de": "diese Nachricht gibt es nicht",
        "ar": "لا توجد رسالة كهذه",
        "": "there is no such message",
    }.items():
        ana, _, room = talk(language)
        with ana.client() as socket:
            error = socket.ask("delete", {"room": room, "seq": 999})["error"]
        assert (error["code"], error["message"]) == ("not_found", f"seq: {words}")
    ana, _, room = talk("de")
    with ana.client() as socket:
        error = socket.ask("message", {"room": room, "body": "x" * 12_031})["error"]
    assert error["message"] == "body: 12.031 Zeichen, höchstens 10.000"


def test_an_arabic_room_runs_from_right_to_left(visit: Visit, talk: Any) -> None:
    ana, bo, room = talk("ar")
    page = visit(ana, f"/rooms/{room}/", locale="en-US")
    RoomPage(page).is_live()
    assert page.locator("html").get_attribute("dir") == "rtl"
    sidebar, log = page.locator(".sidebar").bounding_box(), page.locator("[data-slot=log]").bounding_box()
    assert sidebar and log and sidebar["x"] > log["x"], "the list of rooms is at the right"
    face = page.locator(".message .face").first.bounding_box()
    body = page.locator(".message .body").first.bounding_box()
    assert face and body and face["x"] > body["x"]
    mention = page.locator(".message .mention").last
    sign_is_left = mention.evaluate("""span => { const range = document.createRange(), text = span.firstChild;
        const at = index => (range.setStart(text, index), range.setEnd(text, index + 1), range.getBoundingClientRect().left);
        return at(0) < at(1); }""")
    assert sign_is_left, "the @ of a handle stands before it"
    expect(page.locator(".day:not(.new)").last).to_have_text("اليوم")
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": "واحد", "thread": 1})
        socket.ask("message", {"room": room, "body": "اثنان", "thread": 1})
    expect(page.locator(".message").first.get_by_text("ردّان")).to_be_visible()


def test_what_is_written_into_a_form_runs_as_its_own_words_do(visit: Visit, talk: Any) -> None:
    """A topic in English, on an Arabic page, ends with its full stop; while nothing is written the hint stands as the page does."""
    ana, _, _ = talk("ar")
    page = visit(ana, "/new/message/", locale="en-US")
    runs = "field => getComputedStyle(field).unicodeBidi"
    box = page.get_by_role("searchbox")
    assert box.evaluate(runs) != "plaintext"
    box.fill("Who?")
    assert box.evaluate(runs) == "plaintext"
    page.goto(ana.url + "/new/room/")
    page.locator("[name=topic]").fill("Say hello.")
    assert page.locator("[name=topic]").evaluate(runs) == "plaintext"


@pytest.mark.parametrize("language", ["de", "ar"])
def test_every_page_fits_a_phone_and_axe_finds_nothing(visit: Visit, talk: Any, language: str) -> None:
    ana, bo, room = talk(language)
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": MIXED, "thread": 1})
    page = visit(ana, f"/rooms/{room}/", bypass_csp=True)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    RoomPage(page).is_live()
    no_violation(page)
    for address in (f"/rooms/{room}/threads/1/", f"/rooms/{room}/settings/", f"/rooms/{room}/people/", *PAGES):
        page.goto(ana.url + address)
        assert page.locator("html").get_attribute("lang") == language
        no_violation(page)


@pytest.mark.parametrize(
    ("wish", "heading", "direction"), [("de-DE", "Anmelden", "ltr"), ("ar-EG", "تسجيل الدخول", "rtl")]
)
def test_before_one_is_in_the_browser_is_asked(
    visit: Visit, site: Site, wish: str, heading: str, direction: str
) -> None:
    page = visit(None, site.url + "/accounts/login/", locale=wish, bypass_csp=True, viewport=PHONE)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert page.locator("html").get_attribute("dir") == direction
    no_violation(page)


def test_a_language_is_chosen_in_the_settings(visit: Visit, site: Site) -> None:
    ana = site.person("ana")
    page = visit(ana, "/accounts/settings/")
    page.get_by_label("العربية").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("تم الحفظ.")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.get_by_label("Deutsch").check()
    page.get_by_role("button", name="حفظ").click()
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
