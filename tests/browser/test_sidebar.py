"""The list of rooms: as wide as one likes it, put away and fetched back, and begun where one is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_its_width_and_whether_it_is_there_are_kept(site: Site, visit: Visit) -> None:
    """By keyboard and by hand; drawn so by the server, from the first paint on; on a phone it slides over the page as ever."""
    ana = site.person("ana")
    room = site.room(ana)
    page = RoomPage(visit(ana, f"/rooms/{room}/")).is_live().page
    sidebar, edge = page.get_by_role("navigation", name="Rooms"), page.get_by_role("separator")

    def width() -> float:
        box = sidebar.bounding_box()
        return box["width"] if box else 0

    edge.focus()
    page.keyboard.press("End")
    expect(edge).to_have_attribute("aria-valuenow", "26")
    assert width() == 26 * 16
    box = edge.bounding_box()
    assert box
    page.mouse.move(box["x"] + 4, 300)  # what listens is there since the key
    page.mouse.down()
    page.mouse.move(18 * 16, 300, steps=4)
    page.mouse.up()
    assert width() == 18 * 16
    expect(edge).to_have_attribute("aria-valuenow", "18")
    page.reload()
    assert width() == 18 * 16

    page.get_by_role("button", name="Put the list of rooms away").click()
    expect(sidebar).to_be_hidden()
    expect(page.get_by_role("button", name="Show the list of rooms")).to_be_focused()
    assert "data-folded" in page.goto(page.url).text()  # type: ignore[union-attr]
    expect(sidebar).to_be_hidden()
    RoomPage(page).is_live()
    page.set_viewport_size({"width": 390, "height": 700})
    page.get_by_role("link", name="List of rooms").click()
    expect(sidebar).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1100, "height": 700})
    page.get_by_role("button", name="Show the list of rooms").click()
    assert width() == 18 * 16


def test_a_long_list_begins_where_one_is(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    *_, last = [site.room(ana, name=f"Room {n:02}") for n in range(40)]
    page = RoomPage(visit(ana, f"/rooms/{last}/")).is_live().page
    expect(page.locator(f".room-item[data-room='{last}']")).to_be_in_viewport(ratio=1)
