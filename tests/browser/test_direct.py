"""Direct conversations as two people have them: opened from a card, the list or the switcher, seen at once when something is said."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_from_a_card_to_a_conversation_that_the_other_sees_at_once(site: Site, visit: Visit) -> None:
    """Not before something is said; each message counts as one that calls; who is online has a dot."""
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo", name="Bo Lund", status="In the south")
    room = site.room(ana, bo)
    site.say(room, bo, "hello")
    there = visit(bo, f"/rooms/{room}/")
    RoomPage(there).is_live()
    page = visit(ana, f"/rooms/{room}/")
    RoomPage(page).is_live().message("hello").get_by_role("link", name="Bo Lund").click()
    page.get_by_role("dialog", name="Bo Lund").get_by_role("button", name="Message").click()
    expect(page.get_by_role("heading", name="Bo Lund", level=1)).to_be_visible()
    here = RoomPage(page).is_live()
    expect(page.locator(".head")).to_contain_text("In the south")
    expect(page.get_by_role("link", name="Settings of this room")).to_have_count(0)
    expect(page.locator(".head .faces")).to_have_attribute("data-online", "")
    item = there.locator("[data-slot=direct] .room-item")
    expect(item).to_have_count(0)
    here.say("psst")
    expect(item).to_contain_text("Ana Berg")
    expect(item.locator("[data-slot=called]")).to_contain_text("1")
    expect(item.locator("[data-slot=presence]")).to_be_visible()
    here.say("are you there?")
    expect(item.locator("[data-slot=mentions]")).to_have_text("2")
    expect(there).to_have_title(
        "(2) " + there.evaluate("document.querySelector('[data-slot=room-name]').textContent") + " · Chatsite"
    )
    item.get_by_role("link").click()
    other = RoomPage(there).is_live()
    expect(other.stored("psst")).to_be_visible()
    expect(item.locator("[data-slot=called]")).to_be_hidden()
    bo.post("/accounts/profile/", data={"name": "Bo Berg", "handle": bo.handle, "status": "Back again"})
    expect(page.get_by_role("heading", name="Bo Berg", level=1)).to_be_visible()
    expect(page.locator("[data-slot=direct] .room-item")).to_contain_text("Bo Berg")
    other.say("yes")
    expect(here.stored("yes")).to_be_visible()
    there.context.close()
    expect(page.locator(".head .faces")).not_to_have_attribute("data-online", "")


def test_on_a_phone_the_button_of_the_list_says_that_one_was_written_to(site: Site, visit: Visit) -> None:
    """The list is out of sight there."""
    ana, bo = site.person("ana"), site.person("bo")
    room, direct = site.room(ana, bo), site.direct(bo, ana)
    page = visit(ana, f"/rooms/{room}/", viewport={"width": 390, "height": 700})
    RoomPage(page).is_live()
    dot = "getComputedStyle(document.querySelector('.head-list'), '::after').content"
    assert page.evaluate(dot) == "none"
    with bo.client() as client:
        client.ask("message", {"room": direct, "body": "psst"})
    called = page.locator(f"[data-room='{direct}'] [data-slot=called]")
    expect(called).not_to_have_attribute("hidden", "")
    assert page.evaluate(dot) == '""'
    page.get_by_role("link", name="List of rooms").click()
    called.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(bo.name)
    expect(called).to_have_attribute("hidden", "")
    assert page.evaluate(dot) == "none"


def test_whom_to_write_to_is_chosen_without_a_script_too(site: Site, visit: Visit) -> None:
    ana, bo, cy = site.person("ana"), site.person("bo"), site.person("cy")
    for script in (True, False):
        page = visit(ana, "/rooms/", java_script_enabled=script)
        page.get_by_role("link", name="New message").click()
        for person in (bo, cy):
            page.get_by_role("searchbox").fill(person.handle)
            page.get_by_role("searchbox").press("Enter")
            box = page.get_by_role("checkbox", name=person.handle)
            if not script:
                box.check()
            expect(box).to_be_checked()
        page.get_by_role("button", name="Go to the conversation").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{bo.name}, {cy.name}")


SHAPES = """items => items.map(function shape(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent.trim();
  const attributes = [...node.attributes].map(({ name, value }) => `${name}=${value}`).sort();
  return JSON.stringify([node.localName, attributes, [...node.childNodes].map(shape).filter(Boolean)]);
})"""
DRAW = """async () => {
  const { RoomList } = await import("#core/unread.js"), { Sidebar } = await import("#page/sidebar.js");
  const rooms = new RoomList(0);
  rooms.hello(JSON.parse(document.getElementById("rooms-data").textContent));
  document.querySelector("[data-slot=direct]").replaceChildren();
  new Sidebar(rooms, null).draw();
}"""


def test_the_list_draws_what_the_server_draws(site: Site, visit: Visit) -> None:
    """One markup, two hands: the items of a page without a script, and those that the page makes of their payloads."""
    ana, bo, cy, dee = site.person("ana"), site.person("bo", name="<b>Bo</b>"), site.person("cy"), site.person("dee")
    for people in ((bo,), (cy,), (bo, cy, dee)):
        site.say(site.direct(ana, *people), people[0], "one", "two")
    site.hand("archive", room=site.direct(ana, bo))
    items = "[data-slot=direct] .room-item"
    served = visit(ana, "/rooms/", java_script_enabled=False).locator(items).evaluate_all(SHAPES)
    page = visit(None, "about:blank")
    page.context.add_cookies([ana.browser_cookie])  # type: ignore[list-item]
    page.route("**/js/page/main*.js", lambda route: route.fulfill(status=200, content_type="text/javascript", body=""))
    page.goto(f"{site.url}/rooms/")
    page.evaluate(DRAW)
    drawn = page.locator(items).evaluate_all(SHAPES)
    assert len(served) == 3 and drawn == served


def test_people_are_found_beside_rooms_by_the_switcher(site: Site, visit: Visit) -> None:
    """By name or handle, below the rooms; choosing one opens the conversation, which is found as such from then on."""
    ana, bo = site.person("ana"), site.person("walrus", name="Odo Benn")
    room = site.room(ana, name="Walrus watching")
    page = visit(ana, f"/rooms/{room}/")
    RoomPage(page).is_live()
    options = page.get_by_role("dialog").get_by_role("option")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("walru")
    expect(options.filter(has_text="Walrus watching")).to_have_attribute("aria-selected", "true")
    found = options.filter(has_text=f"@{bo.handle}")
    expect(found).to_contain_text("Odo Benn")
    page.get_by_role("combobox").fill(bo.handle)
    expect(found).to_have_attribute("aria-selected", "true")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Not connected")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Odo Benn", level=1)).to_be_visible()
    RoomPage(page).is_live().say("hello")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(bo.handle)
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("data-kind", "direct")
    page.get_by_role("combobox").fill("nobody of this name")
    expect(page.get_by_text("Nothing of that name.")).to_be_visible()
