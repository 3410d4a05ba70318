"""Two people in two browsers: what DESIGN promises, as they see it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.room import RoomPage
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]


def test_two_people_chat(site: Site, visit: Visit) -> None:
    """What one says the other sees, both ways, once, in one order."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    here.say("Good **morning**")
    expect(there.stored("morning")).to_have_count(1)
    expect(there.page.locator(".body strong")).to_have_text("morning")
    there.say("And to you")
    expect(here.stored("And to you")).to_have_count(1)
    expect(here.page.locator(".message")).to_have_count(2)
    assert here.numbers() == there.numbers() == [1, 2]
    expect(here.box).to_have_value("")


def test_a_reload_shows_the_same(site: Site, visit: Visit) -> None:
    """What was said is there, the draft too; nobody hears of a reload."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    here.say("I stay")
    expect(there.stored("I stay")).to_have_count(1)
    here.box.fill("half a thou")
    before = there.page.locator("[data-slot=notice]").count()
    here.page.reload()
    here.is_live()
    expect(here.stored("I stay")).to_have_count(1)
    expect(here.box).to_have_value("half a thou")
    here.say("ght")
    expect(there.stored("ght")).to_have_count(1)
    assert there.page.locator("[data-slot=notice]").count() == before


def test_who_is_cut_off_misses_nothing_and_doubles_nothing(site: Site, visit: Visit) -> None:
    """Offline: the page says so, what one writes waits; back again: it goes out once, and what was missed is there."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    here.page.context.set_offline(True)
    here.banner_says("offline")
    here.say("from the tunnel")
    expect(here.message("from the tunnel")).to_have_attribute("data-state", "pending")
    for n in range(3):
        there.say(f"meanwhile {n}")
        expect(there.stored(f"meanwhile {n}")).to_have_count(1)
    here.page.context.set_offline(False)
    here.is_live()
    expect(there.stored("from the tunnel")).to_have_count(1)
    expect(here.stored("from the tunnel")).to_have_count(1)
    expect(here.stored("meanwhile 2")).to_have_count(1)
    assert here.numbers() == there.numbers() == [1, 2, 3, 4]
    assert [m["body"] for m in site.stored(room)["messages"]].count("from the tunnel") == 1


def test_scrolling_back_through_history_does_not_jump(site: Site, visit: Visit) -> None:
    """500 messages, page by page to the first one: what one looks at stays where it is, and the page stays small."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, *(f"line {n}\n" * (n % 3 + 1) for n in range(1, 501)))
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    expect(here.page.locator("[data-seq='500']")).to_be_in_viewport()
    first = here.numbers()[0]
    while first > 1:
        anchor = first + 1
        here.page.locator(f"[data-seq='{anchor}']").scroll_into_view_if_needed()
        moved = here.top_of(anchor)
        here.page.wait_for_function(
            "first => Number(document.querySelector('[data-seq]').dataset.seq) < first", arg=first
        )
        assert abs(here.top_of(anchor) - moved) < 2
        numbers = here.numbers()
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) <= 260
        first = numbers[0]
    here.page.get_by_role("button", name="Jump to latest").click()
    expect(here.page.locator("[data-seq='500']")).to_be_in_viewport()
    here.say("and one more")
    expect(here.stored("and one more")).to_be_in_viewport()


def test_scrolled_up_it_stays_and_says_what_is_new(site: Site, visit: Visit) -> None:
    """Who reads above is not moved; a pill counts what comes, and leads there."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, *(f"line {n}" for n in range(1, 61)))
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (bo, ana))
    here.page.locator("[data-seq='20']").scroll_into_view_if_needed()
    top = here.top_of(20)
    there.say("one")
    there.say("two")
    pill = here.page.get_by_role("button", name="2 new messages")
    expect(pill).to_be_visible()
    assert abs(here.top_of(20) - top) < 2
    pill.click()
    expect(here.stored("two")).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_a_permalink_opens_the_log_at_its_message(site: Site, visit: Visit) -> None:
    """Far above the latest page, too; from there one can go on both ways."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, *(f"line {n}" for n in range(1, 401)))
    here = RoomPage(visit(ana, f"/rooms/{room}/#123"))
    expect(here.page.locator("[data-seq='123']")).to_be_in_viewport()
    expect(here.page.locator("[data-seq='123']")).to_have_attribute("data-found", "")
    assert 400 not in here.numbers()
    here.page.evaluate("location.hash = '#390'")
    expect(here.page.locator("[data-seq='390']")).to_be_in_viewport()


def test_what_is_edited_below_is_not_counted_as_new(site: Site, visit: Visit) -> None:
    """Who reads far above the latest page hears of new messages alone."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, *(f"line {n}" for n in range(1, 401)))
    here = RoomPage(visit(bo, f"/rooms/{room}/#50")).is_live()
    with ana.client() as socket:
        for seq in (300, 400):
            socket.ask("edit", {"room": room, "seq": seq, "body": "better"})
        socket.ask("message", {"room": room, "body": "one"})
        socket.ask("message", {"room": room, "body": "two"})
        socket.ask("edit", {"room": room, "seq": 401, "body": "one, edited"})
        expect(here.page.get_by_role("button", name="2 new messages")).to_be_visible()
        socket.ask("delete", {"room": room, "seq": 402})
        expect(here.page.get_by_role("button", name="1 new message", exact=True)).to_be_visible()


def test_unread_is_counted_and_read_where_it_is_seen(site: Site, visit: Visit) -> None:
    """The other room counts up; opened, it has the line "New" at the first unread, and the count is gone in the other tab too."""
    ana, bo = site.person("ana"), site.person("bo")
    one, two = site.room(ana, bo), site.room(ana, bo)
    site.say(two, ana, "seen before")
    site.hand("read", room=two, user=bo.id, seq=1)
    here, there = RoomPage(visit(bo, f"/rooms/{one}/")).is_live(), RoomPage(visit(ana, f"/rooms/{two}/")).is_live()
    there.say("first unread")
    there.say("second unread")
    expect(here.count_of(two)).to_contain_text("2")
    expect(here.page).to_have_title(f"(2) {site.stored(one)['name']} · Chatsite")
    tab = here.page.context.new_page()
    tab.goto(f"{site.url}/rooms/{two}/")
    above = tab.locator(".message", has_text="first unread").locator("xpath=preceding-sibling::*[1]")
    expect(above).to_have_text("New")
    expect(here.count_of(two)).to_be_hidden()


def test_what_came_while_nobody_looked_begins_at_a_line(site: Site, visit: Visit) -> None:
    """With another window in front, each time anew once the last was seen; and after a cut."""
    ana, bo = site.person("ana"), site.person("bo")
    room, other = site.room(ana, bo), site.room(bo)
    page = visit(bo, f"/rooms/{room}/")
    here, tab = RoomPage(page).is_live(), RoomPage(visit(bo, f"/rooms/{other}/")).is_live()
    line = page.locator("[data-slot=new]")
    with ana.client() as there:
        there.ask("message", {"room": room, "body": "seen"})
        expect(here.stored("seen")).to_have_count(1)
        expect(tab.count_of(room)).to_be_hidden()
        expect(line).to_have_count(0)
        for first, second in (("one", "two"), ("three", "four")):
            page.evaluate("document.hasFocus = () => false")
            there.ask("message", {"room": room, "body": first})
            there.ask("message", {"room": room, "body": second})
            expect(here.stored(second)).to_have_count(1)
            expect(line.locator("xpath=following-sibling::*[1]")).to_contain_text(first)
            expect(tab.count_of(room)).to_have_text("unread: 2")
            page.evaluate("document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))")
            expect(tab.count_of(room)).to_be_hidden()
        page.context.set_offline(True)
        here.banner_says("offline")
        there.ask("message", {"room": room, "body": "five"})
        there.ask("message", {"room": room, "body": "six"})
        page.context.set_offline(False)
        expect(line.locator("xpath=following-sibling::*[1]")).to_contain_text("five")
        expect(tab.count_of(room)).to_be_hidden()


def test_what_is_seen_on_opening_a_room_is_read(site: Site, visit: Visit) -> None:
    """Also what was in view before the page was connected; the line "New" stays."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "one", "two")
    here = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    expect(here.count_of(room)).to_be_hidden()
    expect(here.page.locator("[data-slot=new]")).to_be_visible()
    here.page.wait_for_function(
        'slug => fetch(\'/rooms/\').then(r => r.text()).then(t => t.includes(`data-room="${slug}" data-unread="0"`))',
        arg=room,
    )


def test_a_room_whose_news_are_in_view_at_its_end_opens_there(site: Site, visit: Visit) -> None:
    """As it was painted before any script; where they are more, at the line above the first."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, *[f"before {number}" for number in range(30)])
    site.hand("read", room=room, user=bo.id, seq=30)
    site.say(room, ana, "one", "two")
    here = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    expect(here.page.locator("[data-slot=new]")).to_be_in_viewport()
    assert here.log.evaluate("log => log.scrollTop") == 0, "it moved"
    here.page.goto(site.url + "/rooms/")
    site.say(room, ana, *[f"after {number}" for number in range(40)])
    here.page.goto(f"{site.url}/rooms/{room}/")
    here.is_live()
    expect(here.page.locator("[data-slot=new]")).to_be_in_viewport()
    assert here.log.evaluate("log => log.scrollTop") < 0


def test_a_refused_message_says_why_and_can_be_taken_back(site: Site, visit: Visit) -> None:
    """The room is archived between the writing and the sending. Wherever one is, the list says that something was not sent there."""
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.page.context.set_offline(True)
    here.banner_says("offline")
    here.say("too late")
    site.hand("archive", room=room)
    here.page.context.set_offline(False)
    here.is_live()
    expect(here.message("too late")).to_have_attribute("data-state", "failed")
    expect(here.page.get_by_text("Not sent:")).to_be_visible()
    unsent = here.page.locator(f"[data-room='{room}'] [data-slot=unsent]")
    here.page.goto(f"{site.url}/rooms/")
    expect(unsent).to_be_visible()
    here.page.locator(f"[data-room='{room}'] a").first.click()
    here.page.get_by_role("button", name="Discard").click()
    expect(here.message("too late")).to_have_count(0)
    expect(unsent).to_be_hidden()


def test_an_admin_closes_the_room_while_someone_is_in_it(site: Site, visit: Visit) -> None:
    """Archived in the admin, the composer gives way to a sentence at once; opened again, it is back."""
    ana, boss = site.person("ana"), site.admin()
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    expect(here.page.get_by_text("Say hello!")).to_be_visible()
    office = visit(boss, f"/admin/rooms/room/?q={room}")
    office.get_by_role("link", name=site.stored(room)["name"], exact=True).click()
    office.get_by_label("Archived").check()
    office.get_by_role("button", name="Save", exact=True).click()
    expect(here.page.get_by_text("This room is archived")).to_be_visible()
    expect(here.box).to_be_hidden()
    expect(here.page.get_by_text("Nobody has said anything yet.")).to_be_visible()
    expect(here.page.get_by_text("Say hello!")).to_be_hidden()


def test_who_is_removed_is_told_for_as_long_as_it_is_so(site: Site, visit: Visit) -> None:
    """Also one who was away meanwhile, and after a reconnect; once they are in again the page goes on, with what was missed."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo, name="The den")
    here = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    here.box.fill("half a thought")
    here.page.context.set_offline(True)
    here.banner_says("offline")
    bo.post(f"/rooms/{room}/leave/")
    here.page.context.set_offline(False)
    here.banner_says("gone")
    expect(here.box).to_be_hidden()
    site.say(room, ana, "while you were out")
    bo.post(f"/rooms/{room}/join/")
    here.is_live()
    expect(here.box).to_have_value("half a thought")
    expect(here.stored("while you were out")).to_have_count(1)
    bo.post(f"/rooms/{room}/leave/")
    here.banner_says("gone")


def test_what_a_room_is_called_changes_everywhere_on_its_page(site: Site, visit: Visit) -> None:
    """Head, list, title, box, the log's own name; its markup is text."""
    ana, boss = site.person("ana"), site.admin()
    room = site.room(ana, name="The den")
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    office = visit(boss, f"/admin/rooms/room/{site.hand('room_id', room=room)}/change/")
    office.get_by_label("Name").fill("<b>Loft</b>")
    office.get_by_role("button", name="Save", exact=True).click()
    expect(here.page.get_by_role("heading", name="This is where <b>Loft</b> begins")).to_be_visible()
    expect(here.page.get_by_role("log", name="Messages in <b>Loft</b>")).to_be_visible()
    expect(here.page.get_by_role("textbox", name="Message <b>Loft</b>")).to_be_visible()
    expect(here.page.get_by_role("heading", level=1)).to_contain_text("<b>Loft</b>")
    expect(here.page).to_have_title("<b>Loft</b> · Chatsite")


def test_one_sees_who_types_and_who_is_there(site: Site, visit: Visit) -> None:
    """Typing is told while it lasts; the panel of people marks who is online."""
    ana, bo = site.person("ana", name="Ana Berg"), site.person("bo", name="Bo")
    room = site.room(ana, bo)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    there = RoomPage(visit(bo, f"/rooms/{room}/")).is_live()
    expect(here.page.get_by_text("Bo joined")).to_be_visible()
    there.box.press_sequentially("Hm")
    expect(here.page.get_by_text("Bo is typing…")).to_be_visible()
    there.box.press("Enter")
    expect(here.page.get_by_text("Bo is typing…")).to_be_hidden()
    here.page.get_by_role("link", name="People of this room").click()
    expect(here.page.locator(".person[data-online]")).to_have_count(2)
    there.page.close()
    expect(here.page.locator(".person[data-online]")).to_have_count(1)
    expect(here.page.get_by_text("Bo left")).to_be_visible()


def test_reading_and_posting_work_without_javascript(site: Site, visit: Visit) -> None:
    """Plain pages and plain forms; older messages by a link."""
    ana = site.person("ana")
    room = site.room(ana)
    site.say(room, ana, *(f"line {n}" for n in range(1, 81)))
    page = visit(ana, f"/rooms/{room}/", java_script_enabled=False)
    page.get_by_role("textbox", name="Message").fill("by hand")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("by hand")).to_be_in_viewport()
    page.get_by_role("link", name="Older messages").click()
    expect(page.get_by_text("line 10", exact=True)).to_be_attached()
    page.get_by_role("link", name="Browse rooms").click()
    expect(page.get_by_role("heading", name="Browse rooms")).to_be_visible()


def test_signed_out_elsewhere_the_page_says_so(site: Site, visit: Visit) -> None:
    """And leads to the sign-in, and back; nothing is sent any more."""
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    ana.post("/accounts/logout/")
    here.banner_says("signed-out")
    expect(here.banner.get_by_text("You were signed out.")).to_be_visible()
    here.banner.get_by_role("link", name="Sign in").click()
    expect(here.page).to_have_url(f"{site.url}/accounts/login/?next=/rooms/{room}/")
