"""What people do with a message: edit, delete, reply, copy its link; by pointer and by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_arrow_up_edits_the_last_message_and_all_see_it(site: Site, visit: Visit) -> None:
    """In an empty box; Escape leaves it as it was; an edit says so."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    here.say("Tomorow at ten")
    expect(there.stored("Tomorow at ten")).to_have_count(1)
    here.box.press("ArrowUp")
    expect(here.box).to_have_value("Tomorow at ten")
    here.box.press("Escape")
    expect(here.box).to_have_value("")
    here.box.press("ArrowUp")
    here.say("Tomorrow at ten")
    expect(there.stored("Tomorrow at ten").get_by_text("edited")).to_be_visible()
    expect(here.stored("Tomorrow at ten")).to_have_count(1)
    expect(here.box).to_have_value("")
    assert here.numbers() == there.numbers() == [1]


def test_a_reply_quotes_its_parent_and_leads_to_it(site: Site, visit: Visit) -> None:
    """By the bar over the message; the draft of a reply survives a reload."""
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "Who comes?", *(f"line {n}" for n in range(40)))
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (bo, ana))
    here.page.locator("[data-seq='1']").hover()
    here.page.get_by_role("button", name="Reply").click()
    expect(here.page.get_by_text("Replying to Ana Berg: Who comes?")).to_be_visible()
    here.box.fill("I do")
    here.page.reload()
    here.is_live()
    expect(here.page.get_by_text("Replying to Ana Berg: Who comes?")).to_be_visible()
    here.box.press("Enter")
    quote = there.stored("I do").locator("[data-slot=quote]")
    expect(quote).to_contain_text("Ana Berg Who comes?")
    quote.get_by_role("link").click()
    expect(there.page.locator("[data-seq='1']")).to_be_in_viewport()
    expect(here.page.get_by_text("Replying to")).to_be_hidden()


def test_a_reply_that_waits_quotes_its_parent_already(site: Site, visit: Visit) -> None:
    """In the words the server will quote; nothing moves when it is sent."""
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "Who comes?\n" + "And when? " * 20)
    here = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    here.page.context.set_offline(True)
    here.banner_says("offline")
    here.page.locator("[data-seq='1']").hover()
    here.page.get_by_role("button", name="Reply").click()
    here.say("I do")
    quote = here.message("I do").locator("[data-slot=quote]")
    expect(quote).to_contain_text("Ana Berg Who comes?")
    waiting = quote.inner_text()
    here.page.context.set_offline(False)
    expect(here.stored("I do").locator("[data-slot=quote]")).to_have_text(waiting)


def test_what_is_deleted_is_no_longer_answered_or_edited(site: Site, visit: Visit) -> None:
    """By somebody else, while one writes: the words stay and go out by themselves; while one is cut off: at the next try."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "one", "two")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    with ana.client() as tab:
        here.message("one").hover()
        here.page.get_by_role("button", name="Reply").click()
        here.box.fill("about that")
        tab.ask("delete", {"room": room, "seq": 1})
        expect(here.page.get_by_text("Replying to")).to_be_hidden()
        here.box.press("Enter")
        expect(here.stored("about that")).to_have_count(1)
        here.message("two").hover()
        here.page.get_by_role("button", name="Edit").click()
        here.box.fill("two and a half")
        tab.ask("delete", {"room": room, "seq": 2})
        expect(here.page.get_by_text("Editing your message")).to_be_hidden()
        here.box.press("Enter")
        expect(here.stored("two and a half")).to_have_count(1)
        here.page.context.set_offline(True)
        here.banner_says("offline")
        here.message("about that").hover()
        here.page.get_by_role("button", name="Reply").click()
        here.say("what I meant")
        tab.ask("delete", {"room": room, "seq": 3})
    here.page.context.set_offline(False)
    expect(here.page.get_by_text("Not sent: the message it answers is gone.")).to_be_visible()
    here.page.get_by_role("button", name="Retry").click()
    expect(here.stored("what I meant")).to_have_count(1)
    expect(here.page.locator(".quote:visible")).to_have_count(0)


def test_a_reaction_is_seen_by_all_and_taken_back(site: Site, visit: Visit) -> None:
    """By the six in the bar or by the keyboard; pressed again it is gone."""
    ana, bo = site.person("ana", name="Ana"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    site.say(room, ana, "It is done")
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (bo, ana))
    here.message("It is done").hover()
    here.page.get_by_role("button", name="React", exact=True).click()
    here.page.get_by_role("button", name="React with 🎉").click()
    mark = there.message("It is done").locator(".reaction")
    expect(mark).to_have_text("🎉 1")
    expect(mark).to_have_attribute("title", "Bo")
    mark.click()
    expect(here.page.locator(".reaction")).to_have_text("🎉 2")
    expect(mark).to_have_attribute("aria-pressed", "true")
    here.page.reload()
    here.is_live()
    here.page.get_by_role("button", name="🎉 2").click()
    expect(mark).to_have_text("🎉 1")
    there.message("It is done").focus()
    there.page.keyboard.press("+")
    expect(there.page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    there.page.keyboard.press("Enter")
    expect(here.page.locator(".reaction")).to_have_text(["🎉 1", "👍 1"])


def test_deleting_asks_first_and_is_seen_by_all(site: Site, visit: Visit) -> None:
    """One's own, or a moderator anybody's; the place stays, the words go; others have no such button."""
    ana, bo, mo = site.person("ana"), site.person("bo"), site.person("mo")
    room = site.room(ana, bo, moderators=[mo])
    site.say(room, ana, "first", "second")
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (mo, bo))
    there.message("first").hover()
    expect(there.page.get_by_role("button", name="Reply")).to_be_visible()
    there.page.get_by_role("button", name="More", exact=True).click()
    expect(there.page.get_by_role("button", name="Pin")).to_be_visible()
    expect(there.page.get_by_role("button", name="Delete", exact=True)).to_be_hidden()
    here.message("first").hover()
    here.choose("Delete")
    here.page.get_by_role("button", name="Keep it").click()
    expect(here.message("first")).to_have_count(1)
    here.message("first").hover()
    here.choose("Delete")
    here.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(there.page.locator("[data-deleted]").get_by_text("message deleted")).to_be_visible()
    expect(here.page.locator("[data-seq='1']")).to_be_focused()
    expect(there.message("first")).to_have_count(0)
    assert there.numbers() == [1, 2]


def test_a_moderator_says_why_and_it_is_kept(site: Site, visit: Visit) -> None:
    """Asked for what somebody else wrote only; Enter in the field deletes."""
    ana, mo = site.person("ana"), site.person("mo")
    room = site.room(ana, moderators=[mo])
    site.say(room, ana, "off topic")
    site.say(room, mo, "mine")
    here = RoomPage(visit(mo, f"/rooms/{room}/")).is_live()
    reason = here.page.get_by_label("Reason")
    here.message("mine").focus()
    here.page.keyboard.press("Delete")
    expect(here.page.get_by_role("dialog")).to_be_visible()
    expect(reason).to_be_hidden()
    here.page.keyboard.press("Escape")
    here.message("off topic").focus()
    here.page.keyboard.press("Delete")
    expect(reason).to_be_focused()
    reason.fill("not here")
    reason.press("Enter")
    expect(here.page.locator("[data-deleted]")).to_have_count(1)
    assert site.hand("reason", room=room, seq=1) == "not here"


def test_edited_says_what_was_said_before_to_those_who_may_know(site: Site, visit: Visit) -> None:
    """The author and moderators; others when it was."""
    ana, bo, mo = site.person("ana"), site.person("bo"), site.person("mo")
    room = site.room(ana, bo, moderators=[mo])
    site.say(room, ana, "the *first* words", "other")
    with ana.client() as socket:
        socket.ask("edit", {"room": room, "seq": 1, "body": "the last words"})
    for person, sees in [(ana, True), (mo, True), (bo, False)]:
        page = visit(person, f"/rooms/{room}/")
        RoomPage(page).is_live()
        page.get_by_role("button", name="edited").press("Enter")
        dialog = page.get_by_role("dialog", name="Edited")
        expect(dialog.get_by_text("Last edited")).to_be_visible()
        expect(dialog.get_by_text("for its author and moderators")).to_be_visible(visible=not sees)
        expect(dialog.locator("em", has_text="first")).to_have_count(1 if sees else 0)
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="edited")).to_be_focused()


def test_a_conversation_by_keyboard_alone(site: Site, visit: Visit) -> None:
    """From the box into the log, up and down, reply, edit, delete; the focus comes back to the box."""
    ana, bo = site.person("ana"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    site.say(room, ana, "mine")
    site.say(room, bo, "his")
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    here.log.focus()
    page.keyboard.press("ArrowUp")
    expect(here.message("his")).to_be_focused()
    page.keyboard.press("r")
    expect(here.box).to_be_focused()
    page.keyboard.type("an answer")
    page.keyboard.press("Enter")
    expect(here.stored("an answer")).to_contain_text("Bo his")
    here.log.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(here.message("mine")).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" and better")
    page.keyboard.press("Enter")
    expect(here.stored("mine and better")).to_have_count(1)
    here.log.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-deleted]").get_by_text("message deleted")).to_be_visible()


def test_an_edit_that_cannot_be_sent_is_kept(site: Site, visit: Visit) -> None:
    """Without a connection the words stay in the box, with the reason."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "as it was")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.page.context.set_offline(True)
    here.banner_says("offline")
    here.box.press("ArrowUp")
    here.say("as it should be")
    expect(here.page.get_by_role("alert").get_by_text("Not connected.")).to_be_visible()
    expect(here.box).to_have_value("as it should be")
    here.page.context.set_offline(False)
    here.is_live()
    here.box.press("Enter")
    expect(here.stored("as it should be")).to_have_count(1)


def test_what_is_half_written_survives_a_reload(site: Site, visit: Visit) -> None:
    """An edit, with the draft that waits behind it and what is taken back meanwhile; and an answer to what is far away by then."""
    ana, bo = site.person("ana"), site.person("bo", name="Bo Dahl")
    room = site.room(ana, bo)
    site.say(room, bo, "Who comes?")
    site.say(room, ana, "Tomorow at ten", *(f"line {n}" for n in range(120)))
    page = visit(ana, f"/rooms/{room}/#1")
    here = RoomPage(page).is_live()
    about = page.locator("[data-slot=about-text]")
    expect(here.message("Who comes?")).to_be_focused()
    page.keyboard.press("r")
    here.box.fill("I do")
    here.message("Tomorow at ten").focus()
    page.keyboard.press("e")
    here.box.fill("Tomorrow at eleven")
    page.goto(f"{ana.url}/rooms/{room}/")
    here.is_live()
    expect(about).to_have_text("Editing your message: Tomorow at ten")
    expect(here.box).to_have_value("Tomorrow at eleven")
    expect(page.locator("[data-slot=online-count]")).not_to_be_empty()  # connected
    here.box.press("Enter")
    expect(about).to_have_text("Replying to Bo Dahl: Who comes?")
    expect(here.box).to_have_value("I do")
    here.box.press("Enter")
    expect(here.stored("I do").locator("[data-slot=quote]")).to_contain_text("Bo Dahl Who comes?")
    assert site.stored(room)["messages"][1]["body"] == "Tomorrow at eleven"
    site.hand("archive", room=room)
    here.say("refused")
    here.box.press("ArrowUp")
    here.box.fill("I do not")
    page.get_by_role("button", name="Discard").click()
    expect(here.box).to_have_value("I do not")
    here.box.press("Escape")
    expect(here.box).to_have_value("refused")


def test_a_link_to_a_message_is_copied(site: Site, visit: Visit) -> None:
    """Of the room's log and of a thread's; whoever is in the room and follows it comes to the message."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, "root", "last")
    with ana.client() as socket:
        socket.ask("message", {"room": room, "body": "answer", "thread": 1})
    wide = {"viewport": {"width": 1400, "height": 760}, "permissions": ["clipboard-read", "clipboard-write"]}
    page = visit(ana, f"/rooms/{room}/threads/1/", **wide)
    here = RoomPage(page).is_live()
    for body, link in (("last", f"/rooms/{room}/#2"), ("answer", f"/rooms/{room}/threads/1/#3")):
        here.message(body).hover()
        here.choose("Copy link", here.message(body))
        assert here.pastes(site.url + link)
