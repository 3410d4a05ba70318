"""Mentions as those see them who are called, and those who are not."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def called_in(page: Page, room: str) -> Locator:
    """The badge of a room in the list that says how often one is mentioned."""
    return page.locator(f"[data-room='{room}'] [data-slot=called]")


def test_who_is_mentioned_sees_it_and_others_do_not(site: Site, visit: Visit) -> None:
    """Live and after a reload; by name in the log, by a badge from another room."""
    ana, bo, eve = site.person("ana"), site.person("bo"), site.person("eve")
    room, other = site.room(ana, bo, eve), site.room(bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, eve))
    away = visit(bo, f"/rooms/{other}/")
    RoomPage(away).is_live()
    body = f"Morning @{bo.handle}, you too @{eve.handle}?"
    here.say(body)
    expect(there.page.locator("[data-seq='1'][data-mention]")).to_have_count(1)
    expect(there.page.locator(".mention")).to_have_text([f"@{bo.handle}", f"@{eve.handle}"])
    expect(here.page.locator("[data-seq='1']:not([data-mention])")).to_have_count(1)
    expect(called_in(away, room)).to_have_text("mentions of you: 1")
    here.say(f"`@{bo.handle}` is how it is written")
    expect(RoomPage(away).count_of(room)).to_have_text("unread: 2")
    expect(called_in(away, room)).to_have_text("mentions of you: 1")
    away.reload()
    expect(called_in(away, room)).to_have_text("mentions of you: 1")
    away.goto(f"{site.url}/rooms/{room}/")
    expect(away.locator("[data-mention]")).to_have_count(1)
    RoomPage(away).is_live()
    expect(called_in(away, room)).to_be_hidden()


def test_an_edit_gives_a_mention_and_takes_it_back(site: Site, visit: Visit) -> None:
    """The badge follows, and so does a deletion."""
    ana, bo = site.person("ana"), site.person("bo")
    room, other = site.room(ana, bo), site.room(bo)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    away = visit(bo, f"/rooms/{other}/")
    RoomPage(away).is_live()
    here.say("Morning")
    expect(RoomPage(away).count_of(room)).to_have_text("unread: 1")
    expect(called_in(away, room)).to_be_hidden()
    for body, count in ((f"Morning @{bo.handle}", 1), ("Morning all", 0), ("Morning @room", 1)):
        here.box.press("ArrowUp")
        here.say(body)
        if count:
            expect(called_in(away, room)).to_have_text("mentions of you: 1")
        else:
            expect(called_in(away, room)).to_be_hidden()
    with ana.client() as tab:
        tab.ask("delete", {"room": room, "seq": 1})
    expect(called_in(away, room)).to_be_hidden()


def test_here_calls_who_is_there(site: Site, visit: Visit) -> None:
    """And nobody who comes later."""
    ana, bo, eve = site.person("ana"), site.person("bo"), site.person("eve")
    room, other = site.room(ana, bo, eve), site.room(bo, eve)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    away = visit(bo, f"/rooms/{other}/")
    RoomPage(away).is_live()
    expect(away.locator("[data-slot=online-count]")).not_to_be_empty()  # connected
    here.say("@here lunch?")
    expect(called_in(away, room)).to_have_text("mentions of you: 1")
    late = visit(eve, f"/rooms/{other}/")
    expect(RoomPage(late).count_of(room)).to_have_text("unread: 1")
    expect(called_in(late, room)).to_be_hidden()


def test_a_room_in_a_message_leads_there(site: Site, visit: Visit) -> None:
    """In the same tab, for whoever is in it."""
    ana, bo = site.person("ana"), site.person("bo")
    room, other = site.room(ana, bo), site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    here.say(f"Let us go to #{other}.")
    there.page.get_by_role("link", name=f"#{other}").click()
    expect(there.page).to_have_url(f"{site.url}/rooms/{other}/")


def test_completion_by_keyboard(site: Site, visit: Visit) -> None:
    """By name or handle, members first; Enter takes and does not send; Escape leaves; what is whole is sent; rooms too."""
    ana, bo = site.person("ana"), site.person("bo", name="Robert Lima")
    bob = site.person("bob", name="Rob Stranger")
    room = site.room(ana, bo, name="The den")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    options = here.page.get_by_role("option")
    expect(here.page.locator(".suggestions")).to_be_attached()
    here.box.press_sequentially("@ro")
    expect(options).to_contain_text(["Robert Lima", "@room", "Rob Stranger"])
    here.box.fill("")
    expect(options).to_have_count(0)
    here.box.press_sequentially("hey @rob")
    expect(options.nth(0)).to_contain_text("Robert Lima")
    expect(options.nth(1)).to_contain_text(f"@{bob.handle} · not in this room")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    expect(here.box).to_have_attribute("aria-activedescendant", re.compile("-0$"))
    here.box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    here.box.press("ArrowUp")
    here.box.press("Enter")
    expect(here.box).to_have_value(f"hey @{bo.handle} ")
    expect(options).to_have_count(0)
    here.box.press_sequentially("in #the")
    expect(options.nth(0)).to_contain_text(f"#{room}")
    here.box.press("Tab")
    expect(here.box).to_have_value(f"hey @{bo.handle} in #{room} ")
    here.box.press_sequentially("@her")
    expect(options).to_contain_text(["@here"])
    here.box.press("Escape")
    expect(options).to_have_count(0)
    here.box.press_sequentially("e")
    expect(options).to_have_count(1)
    here.box.press("Enter")
    expect(
        here.stored(f"hey @{bo.handle} in #{room} @here").or_(here.page.locator("[data-seq='1']")).first
    ).to_be_visible()
    expect(here.box).to_have_value("")


def test_completion_by_pointer(site: Site, visit: Visit) -> None:
    """An option is pressed; the focus stays in the box. Who comes into the room meanwhile is one of those in it."""
    ana, bo = site.person("ana"), site.person("bo", name="Bo Berg")
    room = site.room(ana, bo)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    expect(here.page.locator(".suggestions")).to_be_attached()
    here.box.press_sequentially("@")
    here.page.get_by_role("option").filter(has_text="Bo Berg").click()
    expect(here.box).to_have_value(f"@{bo.handle} ")
    expect(here.box).to_be_focused()
    cy = site.person("cy", name="Cyrus Lind")
    assert cy.post(f"/rooms/{room}/join/").ok
    expect(here.page.locator("[data-slot=people-count]")).to_have_text("3")
    here.box.press_sequentially(f"@{cy.handle}")
    expect(here.page.get_by_role("option")).to_have_text(re.compile(rf"@{cy.handle}$"))
