"""People make rooms, choose who is in them, and arrange them; the others see it without doing anything."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_a_room_is_made_with_chosen_people_who_see_it_at_once(site: Site, visit: Visit) -> None:
    """By keyboard alone: who is found is taken with Enter."""
    ana, bo, cy = site.person("ana"), site.person("bo", name="Bo Picked"), site.person("cy")
    home = site.room(bo)
    there = visit(bo, f"/rooms/{home}/")
    RoomPage(there).is_live()
    page = visit(ana, "/rooms/")
    page.get_by_role("link", name="New room").click()
    page.get_by_label("Name", exact=True).fill("Tea Room of Ana")
    page.get_by_label("Closed").check()
    find = page.get_by_role("searchbox")
    for person in (bo, cy):
        find.fill(person.handle)
        find.press("Enter")
        expect(page.get_by_role("checkbox", name=person.handle)).to_be_checked()
        expect(find).to_have_value("")
    page.get_by_role("button", name="Make the room").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tea Room of Ana")
    expect(page.get_by_role("link", name="People of this room")).to_contain_text("3")
    expect(there.get_by_role("link", name="Tea Room of Ana")).to_be_visible()


def test_what_a_moderator_changes_is_seen_and_who_is_removed_is_out(site: Site, visit: Visit) -> None:
    ana, bo, cy = site.person("ana"), site.person("bo"), site.person("cy")
    room = site.room(bo, cy, moderators=[ana])
    there, third = RoomPage(visit(bo, f"/rooms/{room}/")).is_live(), RoomPage(visit(cy, f"/rooms/{room}/")).is_live()
    page = visit(ana, f"/rooms/{room}/")
    page.get_by_role("link", name="Settings of this room").click()
    page.get_by_label("Name", exact=True).fill("Harbour Talk")
    page.get_by_label("Topic").fill("Ships")
    page.get_by_label("Closed").check()
    page.get_by_role("button", name="Save").click()
    expect(there.page.get_by_role("heading", level=1)).to_have_text("Harbour Talk")
    expect(there.page.locator("[data-slot=room-topic]")).to_have_text("Ships")
    expect(there.page.locator("h1 .room-sign")).to_have_attribute("data-kind", "closed")
    page.get_by_role("button", name=f"Remove {bo.name}").click()
    there.banner_says("gone")
    expect(there.box).to_be_hidden()
    expect(third.page.locator("[data-slot=people-count]")).to_have_text("2")
    page.get_by_role("button", name="Archive").click()
    expect(third.page.get_by_text("This room is archived")).to_be_visible()
    page.get_by_role("button", name="Take into use again").click()
    expect(third.box).to_be_visible()
