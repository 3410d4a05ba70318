"""No attack of the corpus runs, wherever people's words are shown. Chromium is the judge, with the Content-Security-Policy taken off so that whatever
slips through does run; then with it, so that nothing is left to it.
"""

import html
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.room import RoomPage
from tests.browser.test_alerts import WATCH as NOTE_NOTIFICATIONS
from tests.browser.test_alerts import allow, go_behind, involve
from tests.support.judge import PATIENCE, Judge, judged
from tests.support.people import Person, web
from tests.support.site import Site
from tests.support.vectors import KINDS, vectors

pytestmark = [pytest.mark.browser, pytest.mark.server]
EVERYTHING = [vector for kind in KINDS for vector in vectors(kind)]
# How a careless page might show a kind of attack; all others it puts into the page as they are.
CARELESS: dict[str, Callable[[str], str]] = {
    "attributes": lambda text: (
        f'<p>{text}</p><p title="{text}">x</p>'
        if text[0] in "<"
        else f"<p title=\"{text}\">x</p><p title='{text}'>x</p>"
    ),
    "urls": lambda text: text if text.startswith("<") else f'<a href="{text}">x</a>',
    "entities": lambda text: html.unescape(html.unescape(unquote(unquote(text)))),
    "scripts": lambda text: (
        f"<script>x = \"{text}\"</script><script>y = '{text}'</script><script>z = `{text}`</script>"
    ),
    "css": lambda text: text if "<" in text else f'<style>p {{ {text} }}</style><p style="{text}">x</p>',
}
SAMPLE = 3  # every third is enough to try the judge with
BY_ITSELF = 12  # every twelfth has its own pages looked at, each where all stand together


def test_the_judge_finds_what_runs(site: Site, browser: Browser) -> None:
    """On pages that put the corpus where it must not be: most of it goes off, of every kind; and a harmless page is acquitted."""
    with judged(browser, site.url) as judge:
        page = judge.open()
        page.route(
            "**/blank",
            lambda route: route.fulfill(body="<!doctype html><title>x</title><body>", content_type="text/html"),
        )
        page.goto(f"{site.url}/blank")
        judge.read(
            page,
            [
                "<p>Plain <b>words</b>, <a href='https://a.example/'>a link</a>, <img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></p>"
            ],
        )
        judge.acquits()
        caught: dict[str, float] = {}
        for kind in KINDS:
            tried = vectors(kind)[::SAMPLE]
            judge.found.clear()
            judge.read(page, [CARELESS.get(kind, str)(vector) for vector in tried])
            caught[kind] = len({frame for _, frame in judge.found if frame.startswith("v")}) / len(tried)
    assert len(EVERYTHING) >= 300
    assert min(caught.values()) > 0.2 and sum(caught.values()) / len(caught) > 0.5, caught


@pytest.fixture
def shown(own_site: Callable[..., Site]) -> tuple[Site, Person, Person, dict[str, Any]]:
    """A site on which every vector is shown in every place, and administrators: one looks at it all, one hears it live."""
    site = own_site(PAGE_SIZE=1000, MAX_BODY=100_000, MESSAGE_BURST=10_000, EVENT_BURST=10_000)
    viewer, listener = site.admin(), site.admin()
    return site, viewer, listener, site.hand("exhibit", viewer=viewer.id, listener=listener.id)


def test_nothing_runs(shown: tuple[Site, Person, Person, dict[str, Any]], browser: Browser) -> None:
    site, viewer, listener, there = shown
    people = [
        Person(site.url, person["id"], f"v{n}", "", person["session"]) for n, person in enumerate(there["people"])
    ]
    assert there["refused"]["body"] == 0 and there["refused"]["name"] < len(EVERYTHING) / 3, there["refused"]
    with judged(browser, site.url, listener, bypass_csp=True) as judge:
        page = judge.open()
        hear_it_live(judge, page, people)
        judge.acquits()
        look_before_sending(judge, page)
        judge.acquits()
        meet_people(judge, page, people)
        judge.acquits()
    with judged(browser, site.url, viewer, bypass_csp=True) as judge:
        page = judge.open()
        read_what_the_server_drew(judge, page)
        judge.acquits()
        look_after_it_all(judge, page)
        judge.acquits()
        judge.read(page, each_by_itself(viewer, people, there))
        judge.acquits()
    with judged(browser, site.url, viewer) as judge:
        page = judge.open()
        for address in ("/rooms/gallery/", "/rooms/gallery/threads/1/", "/rooms/", "/admin/rooms/message/"):
            judge.goto(page, address)
        judge.acquits()


def read_what_the_server_drew(judge: Judge, page: Page) -> None:
    """The room, the list of rooms beside it, the switcher; the thread; people; the rooms to join."""
    judge.goto(page, "/rooms/gallery/")
    page.wait_for_selector("[data-slot=banner][data-state=live]", state="attached")
    expect(page.locator("#main .message[data-seq]")).not_to_have_count(0)
    page.locator(".message").last.focus()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible(timeout=PATIENCE)
    judge.poke(page)
    for address in ("/rooms/gallery/threads/1/", "/rooms/gallery/people/", "/rooms/", "/threads/", "/new/message/?q=x"):
        judge.goto(page, address)


def hear_it_live(judge: Judge, page: Page, people: list[Person]) -> None:
    """Over the socket, each by who is called so, in answer to one that was said before; as notifications, too."""
    judge.goto(page, "/rooms/live/")
    page.wait_for_selector("[data-slot=banner][data-state=live]", state="attached")
    page.evaluate(NOTE_NOTIFICATIONS)
    involve(page, "Every message")
    allow(page)
    said: list[int] = []

    def say(number: int) -> None:
        message = {"body": EVERYTHING[number].replace("\0", "").strip() or "-", "reply_to": said[-1] if said else None}
        answer = people[number].post("/api/rooms/live/messages/", json=message).json()
        assert answer["ok"], (message, answer)
        said.append(answer["message"]["seq"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, range(len(people))))
        page.wait_for_selector(f"#main [data-seq='{max(said)}']", state="attached", timeout=2 * PATIENCE)
        judge.poke(page)
        go_behind(page)
        list(pool.map(say, range(0, len(people), SAMPLE)))
    page.wait_for_function("told.length > 0")
    judge.poke(page)


def look_before_sending(judge: Judge, page: Page) -> None:
    """The preview of the composer, a kind of attack at a time."""
    box = RoomPage(page).box
    box.fill("words")
    page.get_by_role("button", name="Preview").click()
    for kind in KINDS:
        box.fill("\n\n".join([*vectors(kind), f"the end of {kind}"]).replace("\0", ""))
        expect(page.locator("[data-slot=look]").first).to_contain_text(f"the end of {kind}", timeout=PATIENCE)
        judge.poke(page)
    box.fill("")


def meet_people(judge: Judge, page: Page, people: list[Person]) -> None:
    """Everybody's card, through the page's own door for HTML."""
    page.evaluate(
        """async (ids) => {
          const { fill } = await import("#page/html.js");
          const cards = await Promise.all(ids.map(async (id) => (await fetch(`/people/${id}/?partial`)).text()));
          for (const html of cards) fill(document.body.appendChild(document.createElement("div")), html);
        }""",
        [person.id for person in people],
    )
    judge.poke(page)


def look_after_it_all(judge: Judge, page: Page) -> None:
    """The lists of the admin, as many pages as it takes."""
    for what, pages in (("rooms/message", 10), ("rooms/room", 6), ("accounts/user", 5)):
        for number in range(1, pages + 1):
            judge.goto(page, f"/admin/{what}/?p={number}")


def each_by_itself(viewer: Person, people: list[Person], there: dict[str, Any]) -> list[str]:
    """As the server draws them: each one's own room (title, head, topic, message, file), and the admin's forms of it."""

    def pages(number: int) -> list[str]:
        forms = [
            f"rooms/message/{there['messages'][number]}",
            f"accounts/user/{people[number].id}",
            f"rooms/room/{there['rooms'][number]}",
        ]
        asked = [(people[number], f"/rooms/v{number}/"), *((viewer, f"/admin/{form}/change/") for form in forms)]
        answers = [web(who.session).get(who.url + path, timeout=60) for who, path in asked]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.text for answer in answers]

    with ThreadPoolExecutor(8) as pool:
        return [text for found in pool.map(pages, range(0, len(people), BY_ITSELF)) for text in found]
