"""What is written without a network is kept: over a reload, a restart of the browser, in every tab; and goes out once, in order, on return."""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, Route, expect

from tests.browser.room import RoomPage
from tests.support.people import Person
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]
WAITING = ".message[data-client-id]"


def said(site: Site, room: str) -> list[str]:
    """What the server has of the room."""
    return [message["body"] for message in site.stored(room)["messages"]]


def unplugged(*pages: Page) -> list[RoomPage]:
    """Rooms that are in step, and then without a network. The pages are of one browser."""
    rooms = [RoomPage(page) for page in pages]
    for room in rooms:
        expect(room.page.locator("[data-slot=online-count]")).not_to_be_empty()  # connected
        room.is_live()
    pages[0].context.set_offline(True)
    return [room.banner_says("offline") for room in rooms]


def write(room: RoomPage, *bodies: str) -> None:
    """Say what has to wait."""
    for body in bodies:
        room.say(body)
        expect(room.message(body)).to_have_attribute("data-state", "pending")


@pytest.fixture
def profile(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Callable[[Person, str], tuple[BrowserContext, Page]]:
    """A browser with a profile on disk, opened as somebody; opened again, it is the same one."""
    (tmp_path / "profile").mkdir()

    def open_(person: Person, address: str) -> tuple[BrowserContext, Page]:
        context = browser_type.launch_persistent_context(tmp_path / "profile", **browser_type_launch_args)
        context.add_cookies([person.browser_cookie])  # type: ignore[list-item]
        page = context.pages[0]
        page.goto(person.url + address)
        return context, page

    return open_


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_what_waits_outlives_the_browser(site: Site, profile: Any, tmp_path: Path, end: str) -> None:
    """Closed, or killed a moment after the last word: opened again, each goes out once, in order; a draft is still in its box."""
    ana = site.person("ana")
    room = site.room(ana)
    context, page = profile(ana, f"/rooms/{room}/")
    [here] = unplugged(page)
    write(here, "one", "two", "three")
    if end == "killed":
        page.evaluate("new Promise(done => setTimeout(done, 100))")  # the disk's time, not the reader's
        [kill(pid) for pid in browsers(tmp_path / "profile")]
    else:
        here.box.fill("half a thought")
        context.close()
    context, page = profile(ana, f"/rooms/{room}/")
    here = RoomPage(page)
    for body in ("one", "two", "three"):
        expect(here.stored(body)).to_have_count(1)
    assert said(site, room) == ["one", "two", "three"]
    expect(page.locator(WAITING)).to_have_count(0)
    expect(here.box).to_have_value("half a thought" if end == "closed" else "")
    context.close()


def browsers(profile: Path) -> list[int]:
    """The processes of the browser with this profile."""
    processes = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [int(process.name) for process in processes if str(profile).encode() in _command(process)]


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def kill(pid: int) -> None:
    """At once, unasked."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_two_tabs_send_what_was_written_in_both_in_order(site: Site, visit: Visit) -> None:
    """Each shows what the other wrote; on return all of it is there once, in both."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, f"/rooms/{room}/")
    tab = page.context.new_page()
    tab.goto(page.url)
    one, two = unplugged(page, tab)
    for n in range(0, 6, 2):
        write(one, f"line {n}")
        write(two, f"line {n + 1}")
    for here in (one, two):
        expect(here.page.locator(WAITING)).to_have_count(6)
    page.context.set_offline(False)
    for here in (one, two):
        expect(here.stored("line 5")).to_have_count(1)
        expect(here.page.locator(WAITING)).to_have_count(0)
        assert here.numbers() == [1, 2, 3, 4, 5, 6]
    assert said(site, room) == [f"line {n}" for n in range(6)]


def test_what_is_typed_before_the_script_is_there_is_kept(site: Site, visit: Visit) -> None:
    """Of the room and of a thread, with the draft that was there before."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "root")
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    here.box.fill("a draft,")
    held: list[Route] = []
    page.route("**/js/page/main*.js", lambda route: held.append(route))
    page.goto(f"{site.url}/rooms/{room}/threads/1/", wait_until="commit")
    answer = page.get_by_role("textbox", name="Answer in the thread")
    here.box.fill("and more")
    answer.fill("an answer")
    held[0].continue_()
    expect(here.box).to_have_value("a draft,\nand more")
    expect(page.locator("#panel .suggestions")).to_be_attached()
    expect(answer).to_have_value("an answer")
    here.box.press("Enter")
    expect(here.stored("an answer")).to_have_count(0)
    expect(page.locator("#main .message", has_text="and more")).to_have_count(1)


def test_a_draft_is_the_same_in_every_tab(site: Site, visit: Visit) -> None:
    """What is sent from one is not left in the box of the other, to be sent twice."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, f"/rooms/{room}/")
    here, there = RoomPage(page).is_live(), RoomPage(page.context.new_page())
    there.page.goto(page.url)
    there.is_live()
    here.box.fill("half a thought")
    expect(there.box).to_have_value("half a thought")
    there.say("half a thought, and its end")
    expect(here.stored("half a thought, and its end")).to_have_count(1)
    expect(here.box).to_have_value("")


def test_what_is_taken_back_in_one_tab_is_gone_in_the_other(site: Site, visit: Visit) -> None:
    """A refusal is told in both."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, f"/rooms/{room}/")
    tab = page.context.new_page()
    tab.goto(page.url)
    one, two = unplugged(page, tab)
    write(one, "too late")
    site.hand("archive", room=room)
    page.context.set_offline(False)
    for here in (one, two):
        expect(here.message("too late")).to_have_attribute("data-state", "failed")
    two.page.get_by_role("button", name="Discard").click()
    for here in (one, two):
        expect(here.message("too late")).to_have_count(0)
    one.page.reload()
    expect(one.page.get_by_text("This room is archived")).to_be_visible()
    expect(one.message("too late")).to_have_count(0)


def test_a_tab_that_is_closed_leaves_what_it_wrote_to_the_others(site: Site, visit: Visit) -> None:
    """They send it when they are back."""
    ana = site.person("ana")
    room, elsewhere = site.room(ana), site.room(ana)
    page = visit(ana, f"/rooms/{room}/")
    tab = page.context.new_page()
    tab.goto(f"{site.url}/rooms/{elsewhere}/")
    one, two = unplugged(page, tab)
    write(one, "from the tunnel")
    one.page.close()
    two.page.context.set_offline(False)
    two.is_live()
    two.page.evaluate(
        """async slug => {
            const messages = async () => (await (await fetch(`/api/rooms/${slug}/messages/`)).json()).messages;
            while (!(await messages()).length) await new Promise(done => setTimeout(done, 50));
        }""",
        room,
    )
    assert said(site, room) == ["from the tunnel"]


def test_without_a_database_it_is_sent_all_the_same(site: Site, visit: Visit) -> None:
    """Nor with locks: a browser that keeps nothing, a page that is not secure."""
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(None, f"{site.url}/accounts/login/")
    page.context.add_cookies([ana.browser_cookie])  # type: ignore[list-item]
    page.add_init_script(
        "Object.defineProperty(self, 'indexedDB', {value: {open() { throw new Error('no'); }}});"
        "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined});"
        "Object.defineProperty(Crypto.prototype, 'randomUUID', {value: undefined});"
    )
    page.goto(f"{site.url}/rooms/{room}/")
    [here] = unplugged(page)
    write(here, "one", "two")
    page.context.set_offline(False)
    expect(here.stored("two")).to_have_count(1)
    assert said(site, room) == ["one", "two"]
