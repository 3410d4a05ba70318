"""No screen has an accessibility violation that axe-core can find: every page and state of it, light and dark, on a desk and on a phone."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import DESK, PHONE, find, no_violation
from tests.browser.room import RoomPage
from tests.support import files
from tests.support.people import Person
from tests.support.site import Site

DJANGO = ["empty-table-header"]  # what axe finds in what the admin draws by itself, and is no barrier
BODIES = [
    "Plain words, https://example.com/ and a @handle.",
    "# Heading\n\n> quoted\n\n- one\n  1. two\n\n~~not~~ **this** `code`\n\n---\n\n```sql\n"
    + "SELECT wide, " * 40
    + "\n```",
    "|" + " wide column |" * 30 + "\n|" + "---|" * 30 + "\n|" + " value |" * 30,
    "- [ ] to do\n- [x] done\n\n```python\n@wraps  # why\nclass A(B):\n    def f(self, x=1):\n        return print('text', None)\n```\n\n"
    '```html\n<p class="x">y</p>\n```\n\n```diff\n@@ -1 +1 @@\n-old\n+new\n```\n\n```bash\necho $HOME\n```\n\nשלום\n\nline\n\nline\n\nline\n\nline',
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 6,
]

Visit = Callable[..., Page]

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
def ana(site: Site) -> Person:
    """Somebody in the Lobby."""
    return site.person("ana", lobby=True)


@pytest.fixture
def room(site: Site, ana: Person) -> str:
    """A room in which everything has been said."""
    bo = site.person("bo")
    room = site.room(ana, bo, slug="axe", topic="What it looks like")
    site.say(room, bo, *BODIES)
    site.say(room, ana, *BODIES[:1])
    return room


@pytest.fixture
def open_page(visit: Visit) -> Visit:
    """As `visit`; axe tries styles on the page, which our Content-Security-Policy would refuse and the console tell."""
    return partial(visit, bypass_csp=True)


def test_axe_sees_what_is_wrong(open_page: Visit, site: Site) -> None:
    page = open_page(None, site.url + "/accounts/login/")
    page.evaluate("document.querySelector('label').remove()")
    page.add_style_tag(content="@media (prefers-color-scheme: dark) { h1 { color: #222; background: #111 } }")
    found = find(page)
    assert any(each.startswith("label:") for each in found)
    assert any(each.startswith("dark: color-contrast:") and "h1" in each for each in found)
    assert not any(each.startswith("color-contrast:") for each in found)


@pytest.mark.parametrize("address", ["login", "signup", "password/reset", "password/reset/done"])
def test_before_one_is_in(open_page: Visit, site: Site, address: str) -> None:
    no_violation(open_page(None, f"{site.url}/accounts/{address}/"))


def test_first_run(open_page: Visit, own_site: Callable[..., Site]) -> None:
    page = open_page(None, own_site().url + "/welcome/")
    expect(page.get_by_role("heading", name="Name your site")).to_be_visible()
    no_violation(page)


@pytest.mark.parametrize(
    "address", ["profile", "settings", "two-factor", "sessions", "email", "password/change", "reauthenticate", "logout"]
)
def test_about_oneself(open_page: Visit, ana: Person, address: str) -> None:
    no_violation(open_page(ana, f"/accounts/{address}/"))


def test_a_form_with_mistakes(open_page: Visit, site: Site) -> None:
    page = open_page(None, site.url + "/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").or_(page.locator(".errorlist")).first).to_be_visible()
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_browsing_rooms(open_page: Visit, site: Site, ana: Person, window: dict[str, int]) -> None:
    site.room(ana, slug="joined", topic="One is in")
    site.room(slug="open", topic="One may join")
    page = open_page(ana, "/rooms/")
    page.set_viewport_size(window)  # type: ignore[arg-type]
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_a_room(open_page: Visit, ana: Person, room: str, window: dict[str, int]) -> None:
    page = open_page(ana, f"/rooms/{room}/")
    page.set_viewport_size(window)  # type: ignore[arg-type]
    here = RoomPage(page).is_live()
    no_violation(page)

    page.locator(".message").last.hover()
    expect(page.get_by_role("toolbar")).to_be_visible()
    no_violation(page)

    page.get_by_role("link", name="People of this room").click()
    expect(page.locator(".person").first).to_be_visible()
    no_violation(page)
    page.locator(".person").get_by_role("link").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Close").click()

    if window is PHONE:
        page.get_by_role("link", name="List of rooms").click()
    page.locator(".sidebar .menu summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")

    for keys in ("Control+k", "?"):
        page.locator(".message").last.focus()
        page.keyboard.press(keys)
        expect(page.get_by_role("dialog")).to_be_visible()
        no_violation(page)
        page.keyboard.press("Escape")

    page.context.set_offline(True)
    expect(here.banner).to_be_visible()
    here.say("Written without a network.")
    expect(page.locator(".message[data-state]")).to_have_count(1)
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_the_emoji_and_what_was_said_before(open_page: Visit, ana: Person, room: str, window: dict[str, int]) -> None:
    with ana.client() as socket:
        seq = socket.ask("message", {"room": room, "body": "frist"})["message"]["seq"]
        socket.ask("edit", {"room": room, "seq": seq, "body": "first"})
    page = open_page(ana, f"/rooms/{room}/")
    page.set_viewport_size(window)  # type: ignore[arg-type]
    here = RoomPage(page).is_live()
    page.get_by_role("button", name="edited").click()
    expect(page.get_by_role("dialog").get_by_text("frist")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")

    page.locator(".message").last.focus()
    page.keyboard.press("+")
    expect(page.get_by_role("dialog").get_by_role("button", name="thumbs up")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")

    here.box.press_sequentially(":smil")
    expect(page.get_by_role("option").first).to_be_visible()
    no_violation(page)
    page.get_by_role("button", name="Preview").click()
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_the_threads_one_follows(open_page: Visit, site: Site, ana: Person, room: str, window: dict[str, int]) -> None:
    bo = site.person("cy")
    site.hand("admit", room=room, user=bo.id)
    with ana.client() as mine, bo.client() as socket:
        mine.ask("message", {"room": room, "body": "root"})
        for seq in (1, len(BODIES) + 2):
            mine.ask("follow", {"room": room, "seq": seq})
            socket.ask("message", {"room": room, "body": f"@{ana.handle}", "thread": seq})
    page = open_page(ana, "/threads/")
    page.set_viewport_size(window)  # type: ignore[arg-type]
    expect(page.locator(".followed-thread")).to_have_count(2)
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_a_thread(open_page: Visit, ana: Person, room: str, window: dict[str, int]) -> None:
    with ana.client() as socket:
        for body in BODIES:
            socket.ask("message", {"room": room, "body": body, "thread": 1})
    page = open_page(ana, f"/rooms/{room}/threads/1/")
    page.set_viewport_size(window)  # type: ignore[arg-type]
    RoomPage(page).is_live()
    no_violation(page)
    page.locator("#panel .message").last.hover()
    expect(page.get_by_role("toolbar")).to_be_visible()
    no_violation(page)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_direct_conversations(open_page: Visit, site: Site, ana: Person, window: dict[str, int]) -> None:
    """With somebody who is online and said something; with several; whom to write to; the switcher with people in it."""
    bo, cy = site.person("bo", status="In the south"), site.person("cy", name="Cyrano " + "de Bergerac " * 3)
    us, all_ = site.direct(ana, bo), site.direct(ana, bo, cy)
    site.say(us, bo, "psst")
    site.say(all_, cy, "*all* of you")
    with bo.client():
        page = open_page(ana, f"/rooms/{us}/")
        page.set_viewport_size(window)  # type: ignore[arg-type]
        RoomPage(page).is_live()
        expect(page.locator(".head .faces")).to_have_attribute("data-online", "")
        no_violation(page)
        if window is PHONE:
            page.get_by_role("link", name="List of rooms").click()
            no_violation(page)
            page.keyboard.press("Escape")
        page.locator(".message").last.focus()
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox")).to_be_focused()
        page.keyboard.type(site.person("walrus").handle)
        expect(page.get_by_role("option")).to_have_count(1)
        no_violation(page)
    page.goto(f"{site.url}/new/message/?q=bo")
    no_violation(page)


def test_what_opens_over_a_room(open_page: Visit, site: Site, ana: Person) -> None:
    """Menus, the question before deleting, pictures, files on their way, what is pinned; on a phone."""
    room = site.room(moderators=[ana])
    file = ana.attach(room, "Pier.jpg", files.photo(width=800, height=600))
    with ana.client() as socket:
        socket.ask("message", {"room": room, "body": "from the pier", "attachments": [file]})
        socket.ask("message", {"room": room, "body": "*soon*"})
        socket.ask("pin", {"room": room, "seq": 1})
    page = open_page(ana, f"/rooms/{room}/", viewport=PHONE)
    here = RoomPage(page).is_live()
    page.get_by_label("Jump to a date", exact=True).first.click()
    expect(page.get_by_label("From this day on")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")

    page.locator(".message").last.hover()
    page.get_by_role("button", name="React", exact=True).click()
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    no_violation(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    no_violation(page)
    page.get_by_role("button", name="Keep it").click()

    page.get_by_role("link", name="Pier.jpg").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    no_violation(page)
    page.keyboard.press("Escape")

    page.locator("[data-slot=files]").set_input_files(
        [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}]
    )
    expect(page.locator(".upload[data-state=sent]")).to_have_count(1)
    here.box.fill("# to come")
    no_violation(page)

    page.get_by_role("link", name="Pinned: 1").click()
    expect(page.get_by_role("group", name="Pinned messages").get_by_role("listitem")).to_have_count(1)
    no_violation(page)


def test_the_pages_around_a_room(open_page: Visit, site: Site, ana: Person) -> None:
    """Its settings, for who moderates it and who does not, what is pinned, saved, its links; an archived one; making one; a person; inviting."""
    bo = site.person("bo", name="Bo", status="In the south")
    room, other = site.room(bo, moderators=[ana], topic="What it looks like"), site.room(ana, moderators=[bo])
    archived = site.room(ana, archived=True)
    link = site.invitation(room, ana, days=1, max_uses=2)
    site.say(room, bo, *BODIES)
    with ana.client() as socket:
        for seq in range(1, len(BODIES) + 1):
            socket.ask("pin", {"room": room, "seq": seq})
            socket.ask("save", {"room": room, "seq": seq})
    shown = ana.get(f"/rooms/{room}/settings/").text
    (large,) = re.findall(rf"/rooms/{room}/invitations/\d+/(?=\")", shown)
    page = open_page(ana, "/saved/")
    for address in (
        f"/rooms/{room}/settings/", f"/rooms/{other}/settings/", f"/rooms/{room}/pinned/", f"/rooms/{archived}/", large, link[len(site.url):],
        "/saved/", "/new/room/", "/new/message/", "/invite/", f"/people/{bo.id}/", f"/people/{ana.id}/",
        f"/rooms/{room}/people/{bo.id}/", f"/rooms/{room}/messages/1/report/",
    ):  # fmt: skip
        page.goto(site.url + address)
        no_violation(page)
    stranger = open_page(None, link)
    expect(stranger.get_by_role("heading", name="You are invited")).to_be_visible()
    no_violation(stranger)


def test_the_admin(open_page: Visit, site: Site) -> None:
    """In our colours: lists, forms, the question before deleting."""
    admin = site.admin()
    room = site.room(moderators=[admin], topic="What it looks like")
    site.invitation(room, admin)
    site.say(room, admin, *BODIES)
    pk, message = site.hand("room_id", room=room), site.hand("message_id", room=room, seq=1)
    page = open_page(admin, "/admin/")
    for address in (
        "", "rooms/room/", f"rooms/room/{pk}/change/", "rooms/room/add/", "rooms/message/", f"rooms/message/{message}/change/",
        "rooms/invitation/", "rooms/report/", "rooms/sanction/", "accounts/auditentry/",
        "accounts/user/?q=admin", f"accounts/user/{admin.id}/change/", "accounts/site/1/change/",
    ):  # fmt: skip
        page.goto(f"{site.url}/admin/{address}")
        no_violation(page, DJANGO)
    page.goto(f"{site.url}/admin/accounts/auditentry/")
    page.locator("#result_list a").last.click()
    expect(page.get_by_role("link", name="Close")).to_be_visible()
    no_violation(page, DJANGO)
    page.goto(f"{site.url}/admin/rooms/message/?q={BODIES[0][:11]}")
    page.get_by_role("checkbox", name="Select this object for an action").first.check()
    page.get_by_label("Action:").select_option("delete_messages")
    page.get_by_role("button", name="Go").or_(page.get_by_role("button", name="Run")).first.click()
    expect(page.get_by_label("Reason (kept with the message)")).to_be_visible()
    no_violation(page, DJANGO)


def test_a_room_where_nothing_was_said(open_page: Visit, site: Site, ana: Person) -> None:
    no_violation(open_page(ana, f"/rooms/{site.room(ana, slug='empty')}/"))


def test_the_people_of_a_room(open_page: Visit, ana: Person, room: str) -> None:
    no_violation(open_page(ana, f"/rooms/{room}/people/"))


def say_ok(page: Page, address: str) -> None:
    """Open a page that answers 404 as if it answered 200: Chromium would log it as an error."""
    page.route(address, lambda route: route.fulfill(status=200, response=route.fetch()))
    page.goto(address)


def test_nothing_there(open_page: Visit, site: Site, ana: Person) -> None:
    page = open_page(ana, "/accounts/profile/")
    say_ok(page, site.url + "/rooms/nothing/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    no_violation(page)


def test_an_invite_that_does_not_work(open_page: Visit, site: Site) -> None:
    page = open_page(None, site.url + "/accounts/login/")
    say_ok(page, site.url + "/accounts/invite/none/")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    no_violation(page)


def test_completion_and_the_bell(open_page: Visit, ana: Person, room: str) -> None:
    page = open_page(ana, f"/rooms/{room}/")
    page.set_viewport_size(PHONE)
    here = RoomPage(page).is_live()
    expect(page.locator(".suggestions")).to_be_attached()
    here.box.press_sequentially("@")
    expect(page.get_by_role("option")).not_to_have_count(0)
    no_violation(page)
    page.keyboard.press("Escape")
    page.get_by_label("Notifications", exact=True).click()
    expect(page.get_by_role("button", name="Every message")).to_be_visible()
    no_violation(page)
