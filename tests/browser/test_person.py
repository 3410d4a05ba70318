"""People as they show themselves: a picture, a status, a card."""

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def picture() -> dict[str, object]:
    """A file to choose."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(buffer, "JPEG")
    return {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def test_a_picture_and_a_status_are_seen_by_others(site: Site, visit: Visit) -> None:
    """At once, wherever they are shown; the status in the list of people, too."""
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    there = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.say("before")
    expect(there.stored("before").locator(".face")).to_have_text("AB")
    profile = visit(ana, "/accounts/profile/")
    profile.get_by_label("Picture", exact=True).set_input_files([picture()])  # type: ignore[list-item]
    profile.get_by_label("Emoji").fill("🌴")
    profile.get_by_label("Status").fill("In the south")
    profile.get_by_role("button", name="Save").click()
    expect(profile.get_by_alt_text("Your picture")).to_be_visible()
    here.say("after")
    image = there.stored("after").locator(".face img")
    expect(image).to_have_count(1)
    expect(image).to_have_js_property("naturalWidth", 96)
    there.page.get_by_role("link", name="People of this room").click()
    expect(there.page.locator(".person").filter(has_text="Ana Berg")).to_contain_text("🌴 In the south")
    for room_page in (there, here):
        expect(room_page.stored("before").locator(".face img")).to_have_count(1)
    expect(here.page.locator(".sidebar-me .face img")).to_have_count(1)
    profile.get_by_label("Name").fill("Ana Maria Berg")
    profile.get_by_label("Status").fill("")
    profile.get_by_label("Emoji").fill("")
    profile.get_by_role("button", name="Save").click()
    expect(there.page.locator(".person").filter(has_text="Ana Maria Berg")).not_to_contain_text("In the south")
    expect(there.stored("before").get_by_text("Ana Maria Berg")).to_be_visible()
    expect(here.page.locator(".sidebar-me")).to_contain_text("Ana Maria Berg")


def test_a_name_a_face_or_a_mention_opens_a_card(site: Site, visit: Visit) -> None:
    """Escape closes it, and so does a press elsewhere; the focus goes back."""
    ana, bo = site.person("ana", name="Ana Berg", status="In the south", time_zone="Asia/Kolkata"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "hello")
    site.say(room, bo, f"@{ana.handle} good morning")
    page = visit(bo, f"/rooms/{room}/")
    here = RoomPage(page).is_live()
    card = page.get_by_role("dialog", name="Ana Berg")
    for opener in (
        here.message("hello").get_by_role("link", name="Ana Berg"),
        here.message("hello").locator(".face"),
        page.locator(".mention"),
    ):
        opener.click()
        expect(card).to_contain_text("In the south")
        expect(card).to_contain_text(re.compile(r"\d\d:\d\d local time"))
        page.keyboard.press("Escape")
        expect(card).to_have_count(0)
    page.get_by_role("link", name="People of this room").click()
    link = page.locator(".people").get_by_role("link", name="Ana Berg")
    link.press("Enter")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    link.press("Enter")
    expect(card).to_be_visible()
    here.box.click()
    expect(card).to_have_count(0)


def test_a_card_is_a_page_without_javascript(site: Site, visit: Visit) -> None:
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "hello")
    page = visit(bo, f"/rooms/{room}/", java_script_enabled=False)
    page.get_by_role("link", name="Ana Berg").click()
    expect(page.get_by_role("heading", name="Ana Berg").first).to_be_visible()
    expect(page.get_by_text(f"@{ana.handle}")).to_be_visible()


def test_the_site_knows_where_ones_clock_stands(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    page = visit(ana, f"/rooms/{site.room(ana)}/", timezone_id="Asia/Tokyo")
    page.wait_for_load_state("networkidle")
    page.goto(f"{site.url}/people/{ana.id}/")
    expect(page.get_by_text("local time")).to_be_visible()
