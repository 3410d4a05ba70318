"""Moderation as people see it: the moderator by keyboard and plain forms, the one it is about at once and in words; reports and their queue."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_a_moderator_mutes_clears_and_bans_from_the_card_and_it_is_told_at_once(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(bo, moderators=[ana])
    site.say(room, bo, "buy this", "and that")
    there, page = RoomPage(visit(bo, f"/rooms/{room}/")).is_live(), visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    here.message("buy this").get_by_role("link", name=bo.name).click()
    page.get_by_role("dialog").get_by_role("link", name="Moderate in this room").press("Enter")
    page.get_by_label("For how long").first.select_option(label="1 hour")
    page.get_by_label("Reason (they see it)").nth(1).fill("too loud")
    page.get_by_label("Reason (they see it)").nth(1).press("Enter")
    expect(page.get_by_role("status").filter(has_text="They are muted")).to_be_visible()
    muted = there.page.locator("[data-slot=muted]").first
    expect(muted).to_contain_text("You are muted here until")
    expect(muted).to_contain_text("too loud")
    expect(there.box).to_be_hidden()
    there.page.reload()
    expect(there.page.locator("[data-slot=muted]").first).to_contain_text("too loud")
    there.is_live()
    page.get_by_role("button", name="Lift the mute").click()
    expect(there.box).to_be_visible()
    page.get_by_role("button", name="Delete the last day's messages").click()
    expect(page.get_by_text("2 messages were deleted")).to_be_visible()
    expect(there.page.locator(".message[data-deleted]")).to_have_count(2)
    page.get_by_label("Reason (they see it)").nth(2).fill("spam")
    page.get_by_role("button", name="Ban", exact=True).click()
    there.banner_says("gone")
    expect(there.banner).to_contain_text("You are banned from it. The reason given: spam")
    there.page.goto(f"{site.url}/rooms/")
    there.page.locator(f"form[action='/rooms/{room}/join/'] button").click()
    expect(there.page.get_by_text("You are banned from this room")).to_be_visible()
    page.get_by_role("link", name="Back to the settings").click()
    page.get_by_role("button", name=f"Lift: {bo.name}, banned").click()
    expect(page.get_by_text("They may come in again")).to_be_visible()


def test_who_is_muted_takes_back_what_they_said_and_edits_nothing(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(bo, moderators=[ana])
    site.say(room, bo, "buy this", "and that")
    here = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    with ana.client() as moderator:
        assert moderator.ask("mute", {"room": room, "user": bo.id, "seconds": 600})["ok"]
    expect(here.box).to_be_hidden()
    here.message("buy this").hover()
    here.page.get_by_role("button", name="More", exact=True).click()
    expect(here.page.get_by_role("button", name="Edit", exact=True)).to_be_hidden()
    here.page.get_by_role("button", name="Delete", exact=True).click()
    here.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(here.page.locator(".message[data-deleted]")).to_have_count(1)


def test_slow_mode_counts_down_and_moderators_write_on(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(bo, moderators=[ana])
    page, there = visit(ana, f"/rooms/{room}/settings/"), RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    page.get_by_label("Slow mode").select_option(label="30 seconds")
    page.get_by_role("button", name="Set slow mode").click()
    expect(there.page.get_by_text("Slow mode: one message every 30 seconds.")).to_be_visible()
    there.say("first")
    expect(there.stored("first")).to_have_count(1)
    expect(there.page.locator("[data-slot=slow]").first).to_contain_text("seconds left")
    there.say("second")
    expect(there.page.get_by_text("Slow mode: wait a moment.")).to_be_visible()
    expect(there.box).to_have_value("second")
    there.page.reload()
    expect(there.page.locator("[data-slot=slow]").first).to_contain_text("seconds left")
    page.goto(f"{site.url}/rooms/{room}/")
    here = RoomPage(page).is_live()
    for body in ("one", "two"):
        here.say(body)
        expect(here.stored(body)).to_have_count(1)


def test_a_message_is_reported_by_keyboard_and_settled_where_it_stands(site: Site, visit: Visit) -> None:
    ana, bo, admin = site.person("ana"), site.person("bo"), site.admin()
    room = site.room(ana, bo, admin)
    site.say(room, bo, "before", "nasty words", "after")
    desk = visit(admin, f"/rooms/{room}/")
    RoomPage(desk).is_live()
    page = visit(ana, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    here.message("nasty words").focus()
    page.keyboard.press("!")
    page.get_by_label("Why should the staff look at it?").fill("It hurts")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you: the staff will look at it.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    desk.locator(".sidebar .menu summary").click()
    expect(desk.locator("[data-slot=reports]")).to_be_visible()
    desk.get_by_role("link", name="Reports").click()
    desk.get_by_role("row").filter(has_text="nasty words").get_by_role("link").first.click()
    expect(desk.get_by_role("cell", name="before", exact=True)).to_be_visible()
    expect(desk.get_by_role("cell", name="It hurts")).to_be_visible()
    desk.get_by_role("button", name="Delete the message").click()
    expect(desk.get_by_text("Settled: message deleted.")).to_be_visible()
    expect(page.locator(".message[data-deleted]")).to_have_count(1)


def test_without_javascript_one_reports_moderates_and_reads_why_one_may_not_write(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(bo, moderators=[ana])
    site.say(room, bo, "odd")
    page = visit(ana, f"/rooms/{room}/", java_script_enabled=False)
    page.get_by_role("link", name="Report").click()
    page.get_by_label("Why should the staff look at it?").fill("odd")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text("Thank you: the staff will look at it.")).to_be_visible()
    page.goto(f"{site.url}/rooms/{room}/settings/")
    page.get_by_role("link", name=f"Moderate {bo.name}").click()
    page.get_by_role("button", name="Mute", exact=True).click()
    there = visit(bo, f"/rooms/{room}/", java_script_enabled=False)
    expect(there.get_by_text("You are muted here until")).to_be_visible()
    expect(there.get_by_text("odd")).to_be_visible()
    expect(there.get_by_role("link", name="Report")).to_have_count(0)
    expect(there.get_by_role("textbox", name="Message")).to_be_hidden()


def test_who_is_banned_from_the_site_is_signed_out_and_told_why_at_the_door(site: Site, visit: Visit) -> None:
    password = "a few words in a row"
    bo, admin = site.person("bo", password=password), site.admin()
    room = site.room(bo)
    there = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    page = visit(admin, f"/people/{bo.id}/moderate/")
    page.get_by_label("Reason (they see it)").nth(1).fill("spam, again and again")
    page.get_by_role("button", name="Ban", exact=True).click()
    there.banner_says("signed-out")
    there.banner.get_by_role("link", name="Sign in").click()
    there.page.get_by_label("E-mail address").fill(f"{bo.handle}@example.com")
    there.page.get_by_label("Password").fill(password)
    there.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(there.page.get_by_role("heading", name="You are banned from this site")).to_be_visible()
    expect(there.page.get_by_text("spam, again and again")).to_be_visible()
    page.get_by_role("button", name="Lift the ban").click()
    there.page.goto(f"{site.url}/accounts/login/")
    there.page.get_by_label("E-mail address").fill(f"{bo.handle}@example.com")
    there.page.get_by_label("Password").fill(password)
    there.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(there.page.get_by_role("heading", level=1)).to_be_visible()
    assert "/rooms/" in there.page.url
