"""Far back in a long conversation: to a message, to a date, and on from there; a request a jump, a bounded page, and nothing moves under the eye."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.room import RoomPage
from tests.support.people import Person
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]
TOTAL, MOST = 900, 250


@pytest.fixture(scope="module")
def ana(shared_site: Site) -> Person:
    return shared_site.person("ana")


@pytest.fixture(scope="module")
def room(shared_site: Site, ana: Person) -> str:
    """Nine hundred messages, two an hour from the first of March on."""
    made = shared_site.room(ana, shared_site.person("bo"))
    shared_site.say(made, ana, *(f"message {n}" for n in range(1, TOTAL + 1)))
    shared_site.hand("spread", room=made, first="2026-03-01T00:10:00+00:00", minutes=30)
    return made


@contextmanager
def requests(page: Page) -> Iterator[list[str]]:
    """What is asked of the server meanwhile; waits until nothing more is on its way."""
    asked: list[str] = []

    def hear(request: Request) -> None:
        if request.resource_type in ("fetch", "xhr", "document"):
            asked.append(request.url)

    page.on("request", hear)
    yield asked
    page.wait_for_load_state("networkidle")
    page.remove_listener("request", hear)


def enter(visit: Visit, ana: Person, room: str, **options: Any) -> RoomPage:
    here = RoomPage(visit(ana, f"/rooms/{room}/", timezone_id="Europe/Berlin", **options)).is_live()
    expect(here.page.locator(f"[data-seq='{TOTAL}']")).to_be_in_viewport()
    here.page.wait_for_load_state("networkidle")
    return here


def jump(here: RoomPage, day: str) -> None:
    """Choose a day in the head's menu."""
    menu = here.page.locator("[data-slot=when]")
    if menu.get_attribute("open") is None:
        menu.get_by_label("Jump to a date").first.click()
    here.page.get_by_label("From this day on").fill(day)
    here.page.get_by_role("button", name="Jump", exact=True).click()


def test_a_message_far_back_is_one_request_away(visit: Visit, ana: Person, room: str) -> None:
    here = enter(visit, ana, room)
    with requests(here.page) as asked:
        here.page.evaluate("location.hash = '#77'")
        expect(here.page.locator("[data-seq='77']")).to_be_in_viewport()
        expect(here.page.locator("[data-seq='77']")).to_be_focused()
    assert [url.partition("?")[2] for url in asked] == ["around=77"]
    with requests(here.page) as asked:
        here.page.get_by_role("button", name="Jump to latest").click()
        expect(here.page.locator(f"[data-seq='{TOTAL}']")).to_be_in_viewport()
    assert len(asked) == 1


def test_one_reads_on_both_ways_and_nothing_moves(visit: Visit, ana: Person, room: str) -> None:
    """What comes above or below leaves what one looks at in its place; the page keeps some two hundred messages."""
    here = enter(visit, ana, room)
    here.page.evaluate(COUNT)
    here.page.evaluate("location.hash = '#450'")
    expect(here.page.locator("[data-seq='450']")).to_be_in_viewport()
    for key, far in (("PageUp", 250), ("PageDown", 750)):
        here.page.locator("[data-seq='450']").focus() if key == "PageUp" else here.log.focus()
        for _ in range(200):
            seqs = here.numbers()
            if seqs[0] <= far if key == "PageUp" else seqs[-1] >= far:
                break
            moved = here.log.evaluate(MOVE, -400 if key == "PageUp" else 400)
            assert abs(moved) <= 2, f"moved by {moved} px at {seqs[0]}–{seqs[-1]}"
            assert len(seqs) <= MOST
            assert seqs == list(range(seqs[0], seqs[-1] + 1))
        else:
            raise AssertionError(f"never came to {far}")


# How many requests are on their way.
COUNT = """() => {
  const { fetch } = window;
  window.asking = 0;
  window.fetch = (...what) => (asking++, fetch(...what).finally(() => asking--));
}"""
# Scrolls, waits until nothing is on its way, and says by how much a message in view stands elsewhere than the scrolling put it.
MOVE = """async (log, by) => {
  const shown = () => [...log.querySelectorAll("[data-seq]")];
  const frame = log.getBoundingClientRect();
  const before = log.scrollTop;
  const seen = shown().find((e) => e.getBoundingClientRect().top > frame.top + frame.height / 3);
  const top = seen.getBoundingClientRect().top;
  log.scrollTop += by;
  const scrolled = log.scrollTop - before;
  for (let frames = 0, still = 0; still < 5 && frames < 300; frames++) {
    await new Promise(requestAnimationFrame);
    still = asking ? 0 : still + 1;
  }
  return seen.isConnected ? seen.getBoundingClientRect().top - (top - scrolled) : 0;
}"""


def test_a_date_is_one_request_away(visit: Visit, ana: Person, room: str) -> None:
    """In Berlin the second of March begins an hour before that of London: with the message of 23:10."""
    here = enter(visit, ana, room)
    with requests(here.page) as asked:
        jump(here, "2026-03-02")
        expect(here.page.locator("[data-seq='47']")).to_be_focused()
        expect(here.page.locator("[data-seq='47']")).to_be_in_viewport()
    assert [url.partition("?")[2] for url in asked] == ["since=2026-03-01T23%3A00%3A00.000Z"]
    expect(here.page.locator("[data-slot=when]")).not_to_have_attribute("open", "")
    jump(here, "2026-01-01")
    expect(here.page.locator("[data-seq='1']")).to_be_focused()


def test_after_the_last_message_there_is_nothing_and_it_says_so(visit: Visit, ana: Person, room: str) -> None:
    here = enter(visit, ana, room)
    jump(here, "2030-01-01")
    expect(here.page.get_by_text("Nothing has been said since then.")).to_be_visible()
    expect(here.page.locator(f"[data-seq='{TOTAL}']")).to_be_in_viewport()
    here.page.keyboard.press("Escape")
    expect(here.page.locator("[data-slot=when] summary")).to_be_focused()


def test_a_date_without_a_script(visit: Visit, ana: Person, room: str) -> None:
    page = visit(ana, f"/rooms/{room}/", java_script_enabled=False)
    page.locator("[data-slot=when] summary").click()
    page.get_by_label("From this day on").fill("2026-03-05")
    page.get_by_role("button", name="Jump", exact=True).click()
    expect(page.locator("[data-day='2026-03-05']")).to_be_visible()


def test_addresses_of_messages(site: Site, visit: Visit) -> None:
    """Of one that is deleted: it says so. Of none: the page stays where it is, and says so."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, *(f"message {n}" for n in range(120)))
    with ana.client() as socket:
        socket.ask("delete", {"room": room, "seq": 3})
    here = RoomPage(visit(ana, f"/rooms/{room}/#3")).is_live()
    expect(here.page.locator("[data-seq='3']")).to_be_in_viewport()
    expect(here.page.locator("[data-seq='3']").get_by_text("message deleted")).to_be_visible()
    here.page.evaluate("location.hash = '#4711'")
    expect(here.page.get_by_text("There is no such message.")).to_be_visible()
    expect(here.page.locator("[data-seq='3']")).to_be_in_viewport()


def test_back_leads_to_where_one_stood_and_an_address_pressed_again_leads_there_again(
    site: Site, visit: Visit, ana: Person
) -> None:
    """From an answer at the end to what it quotes, far above; back; and there once more."""
    room = site.room(ana)
    site.say(room, ana, "What for?", *(f"message {n}" for n in range(2, 300)))
    with ana.client() as socket:
        socket.ask("message", {"room": room, "body": "For that", "reply_to": 1})
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    quote = here.stored("For that").locator("[data-slot=quote-link]")
    first = here.stored("What for?")
    quote.click()
    expect(first).to_be_in_viewport()
    expect(first).to_be_focused()
    page.go_back()
    expect(here.stored("For that")).to_be_in_viewport()
    assert page.url.endswith(f"/rooms/{room}/")
    page.go_forward()
    expect(first).to_be_in_viewport()
    page.get_by_role("button", name="Jump to latest").click()
    expect(here.stored("For that")).to_be_in_viewport()
    assert page.url.endswith("#1")
    quote.click()
    expect(first).to_be_in_viewport()


def test_without_a_network_what_is_pressed_leads_nowhere_and_the_page_stays(
    site: Site, visit: Visit, ana: Person
) -> None:
    """People, pins, a card, a thread, a quote of what is far away: there are words for it, and what was written stays."""
    room = site.room(ana)
    site.say(room, ana, "What for?", *(f"message {n}" for n in range(2, 200)))
    with ana.client() as socket:
        socket.ask("pin", {"room": room, "seq": 1})
        socket.ask("message", {"room": room, "body": "For that", "reply_to": 1})
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    for opener in ("people", "pins"):
        page.locator(f"[data-action={opener}]").click()
        page.get_by_role("button", name="Close").or_(page.locator("#panel [data-action=close-panel]")).first.click()
    here.stored("For that").locator("[data-slot=author]").click()
    page.keyboard.press("Escape")
    here.box.fill("half a thought")
    page.context.set_offline(True)
    here.banner_says("offline")
    for opener in ("people", "pins"):
        page.locator(f"[data-action={opener}]").click()
    here.stored("For that").locator("[data-slot=author]").click()
    error = page.locator("#main [data-slot=composer-error]")
    here.stored("For that").locator("[data-slot=quote-link]").click()
    expect(error).to_have_text("Not connected. Try again in a moment.")
    expect(here.box).to_have_value("half a thought")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page).to_have_url(f"{site.url}/rooms/{room}/#1")
