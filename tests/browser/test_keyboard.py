"""A whole conversation without a pointer, and on a screen enlarged four times (WCAG 2.2, 1.4.10 Reflow: 320 by 256 CSS pixels)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.room import RoomPage
from tests.support import files
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]
MOST_STEPS = 60


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(MOST_STEPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} can't be reached by {key}")


def go_to(here: RoomPage, seq: int) -> Locator:
    """From the composer back into the log, and up to a message."""
    tab_to(here.page, here.log, "Shift+Tab")
    message = here.page.locator(f"#main [data-seq='{seq}']")
    here.page.keyboard.press("ArrowUp")
    tab_to(here.page, message, "ArrowUp")
    return message


def test_a_conversation_by_keyboard_alone(site: Site, visit: Visit) -> None:
    """Switch the room, read, answer, react, edit, attach, delete; the focus is always somewhere one can go on from."""
    ana, bo = site.person("ana"), site.person("bo", name="Bo")
    start, den = site.room(ana, bo, name="Start"), site.room(ana, bo, name="The den")
    site.say(den, ana, "first", "Who has the **key**?")
    here, there = RoomPage(visit(bo, f"/rooms/{start}/")).is_live(), RoomPage(visit(ana, f"/rooms/{den}/")).is_live()
    page, keys = here.page, here.page.keyboard
    # Playwright asks for choosers of files from the first who listens on, and does not wait until it does: one key later was too early now and then.
    page.on("filechooser", lambda _chooser: None)

    expect(page.get_by_role("button", name="Jump to")).to_be_visible()
    keys.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    keys.type("den")
    keys.press("Enter")
    expect(page).to_have_url(re.compile(f"/rooms/{den}/"))
    here.is_live()
    expect(here.box).to_be_focused()

    go_to(here, 2)
    expect(here.count_of(den)).to_be_hidden()  # what is seen is read
    keys.press("ArrowUp")
    expect(page.locator("[data-seq='1']")).to_be_focused()
    keys.press("ArrowDown")

    keys.press("r")
    expect(page.get_by_text("Replying to")).to_be_visible()
    expect(here.box).to_be_focused()
    keys.type("I have")
    keys.press("Enter")
    expect(there.stored("I have")).to_have_count(1)
    expect(here.box).to_be_focused()

    question = go_to(here, 2)
    keys.press("+")
    expect(page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    keys.type("fox")
    expect(page.get_by_role("button", name="fox", exact=True)).to_be_visible()
    keys.press("Enter")
    expect(there.page.get_by_role("button", name="🦊 1: Bo")).to_be_visible()
    expect(question).to_be_focused()

    tab_to(page, here.box)
    keys.press("ArrowUp")
    expect(page.get_by_text("Editing your message")).to_be_visible()
    keys.type(" it")
    keys.press("Enter")
    expect(there.stored("I have it")).to_have_count(1)
    expect(page.get_by_text("Editing your message")).to_be_hidden()
    expect(here.box).to_be_focused()

    tab_to(page, page.get_by_role("button", name="Attach files"), "Shift+Tab")
    with page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files([{"name": "key.jpg", "mimeType": "image/jpeg", "buffer": files.photo(0)}])
    expect(page.locator(".upload[data-state=sent]")).to_have_count(1)
    tab_to(page, here.box)
    keys.press("Enter")
    expect(there.page.get_by_role("link", name="key.jpg")).to_be_visible()

    go_to(here, 4)
    keys.press("Delete")
    expect(page.get_by_role("dialog")).to_be_visible()
    tab_to(page, page.get_by_role("dialog").get_by_role("button", name="Delete"))
    keys.press("Enter")
    expect(there.page.locator("[data-seq='4'][data-deleted]")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_new_messages_are_announced_once_with_their_author_first(site: Site, visit: Visit) -> None:
    """Not one's own, nor old ones that come in, nor what happens to those that were heard."""
    ana, bo = site.person("ana"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    site.say(room, bo, *(f"line {n}" for n in range(70)))
    site.hand("read", room=room, user=ana.id, seq=70)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    heard = here.page.locator("[data-slot=heard] p")
    expect(here.log).to_have_attribute("aria-live", "off")
    here.log.evaluate("log => log.scrollTo(0, -log.scrollHeight)")
    expect(here.page.locator("[data-seq='1']")).to_be_attached()
    here.say("mine")
    expect(here.stored("mine")).to_have_count(1)
    with bo.client() as socket:
        for body in ("**Good** morning", "and good night"):
            seq = socket.ask("message", {"room": room, "body": body})["message"]["seq"]
        socket.ask("edit", {"room": room, "seq": seq, "body": "and good day"})
        socket.ask("react", {"room": room, "seq": seq, "emoji": "👍"})
        file = bo.attach(room, "key.jpg", files.photo())
        socket.ask("message", {"room": room, "body": "", "attachments": [file]})
    expect(heard).to_have_text(["Bo: Good morning", re.compile("^Bo: and good"), "Bo: key.jpg"])


ROOM = ["", "threads/1/", "people/", "settings/"]
# What scrolls that should not: the window, where the page has parts which do; and a part of it, sideways.
SCROLLING = """() => {
  const { scrollHeight } = document.documentElement;
  const whole = document.querySelector(".app") && scrollHeight > innerHeight ? ["the window"] : [];
  const sideways = [...document.querySelectorAll(".page, .settings, .log, .panel, .people")].filter((e) => e.scrollWidth > e.clientWidth);
  return [...whole, ...sideways.map((e) => e.className)];
}"""
PAGES = ["rooms/", "new/room/", "new/message/", "accounts/profile/", "accounts/settings/", "accounts/sessions/"]


@pytest.mark.parametrize("address", [*(f"rooms/{{room}}/{part}" for part in ROOM), *PAGES])
def test_four_times_as_large_nothing_is_cut_off(site: Site, visit: Visit, address: str) -> None:
    """No page scrolls sideways, whatever was said and however things are called; in a room one reads and writes."""
    ana, bo = site.person("ana"), site.person("bo", name="Wolfeschlegelsteinhausenbergerdorff" * 2)
    room = site.room(bo, moderators=[ana], name="Donaudampfschifffahrtsgesellschaft", topic="word " * 30)
    site.say(room, bo, "x" * 9_000, "| a wide | table |\n|---|---|\n" + "| one | two |\n" * 3, "last")
    page = visit(ana, "/" + address.format(room=room), viewport={"width": 320, "height": 256})
    expect(page.get_by_role("main").or_(page.locator("main")).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert page.evaluate(SCROLLING) == []
    if address != "rooms/{room}/":
        return
    here = RoomPage(page).is_live()
    box, log = here.box.bounding_box(), here.log.bounding_box()
    assert box and log
    assert box["y"] + box["height"] <= 256, "the composer is under the edge"
    assert log["height"] >= 64, "nothing can be read"
    here.say("small")
    expect(here.stored("small")).to_be_in_viewport()
    with bo.client():
        expect(here.log.get_by_text(re.compile("joined$"))).to_be_visible()
    assert page.evaluate(SCROLLING) == []
