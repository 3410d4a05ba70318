"""Files, as two people see them: sent by button, by pasting, by dropping; pictures that move nothing, opened and gone through by keyboard."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.room import RoomPage
from tests.support import files
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
Visit = Callable[..., Page]

# Puts files where a person would: into the clipboard or the hand of `type`, over `element`.
HAND_OVER = """(element, { type, sent }) => {
  const transfer = new DataTransfer();
  for (const { name, type, data } of sent) {
    transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type }));
  }
  const init = { bubbles: true, cancelable: true, composed: true };
  if (type === "paste") return element.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: transfer }));
  for (const each of ["dragenter", "dragover", "drop"]) element.dispatchEvent(new DragEvent(each, { ...init, dataTransfer: transfer }));
}"""


def hand_over(element: Locator, type: str, **sent: bytes) -> None:
    """Paste or drop images: their names without the ending, and what is in them."""
    listed = [
        {"name": f"{name}.png", "type": "image/png", "data": base64.b64encode(data).decode()}
        for name, data in sent.items()
    ]
    element.evaluate(HAND_OVER, {"type": type, "sent": listed})


def choose(room: RoomPage, *chosen: tuple[str, str, bytes]) -> None:
    """By the button."""
    listed = [{"name": name, "mimeType": type, "buffer": data} for name, type, data in chosen]
    room.page.get_by_label("Attach files").set_input_files(listed)  # type: ignore[arg-type]


def picture(room: RoomPage, name: str) -> Locator:
    """The pictures of this name in the log."""
    return room.log.get_by_role("img", name=name)


def loaded(image: Locator) -> None:
    """Wait until the picture is there."""
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0


def test_files_by_the_button_seen_by_the_other_without_a_jump(site: Site, visit: Visit) -> None:
    """Several at once, no words; what is under a picture stays where it is when the picture arrives."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, *(f"line {n}" for n in range(30)))
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    held: list[Route] = []
    there.page.route("**/attachments/**", lambda route: held.append(route))
    choose(
        here,
        ("sea.jpg", "image/jpeg", files.photo(6, width=1600, height=1200)),
        ("notes.pdf", "application/pdf", b"%PDF-1.7 notes"),
    )
    expect(here.page.locator(".upload[data-state=sent]")).to_have_count(2)
    here.box.press("Enter")
    message = there.page.locator(".message").filter(has=there.page.get_by_text("notes.pdf"))
    expect(message).to_have_count(1)
    expect(picture(there, "sea.jpg")).to_have_js_property("height", 300)
    expect(here.page.locator(".upload")).to_have_count(0)
    there.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    before = there.log.evaluate("log => [log.scrollHeight, log.scrollTop]")
    for route in held:
        route.continue_()
    there.page.unroute("**/attachments/**")
    loaded(picture(there, "sea.jpg"))
    assert there.log.evaluate("log => [log.scrollHeight, log.scrollTop]") == before, "the log moved"
    width, height = picture(there, "sea.jpg").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert (width, height) == (450, 600), "upright, and small"
    with there.page.expect_download() as download:
        there.page.get_by_role("link", name="notes.pdf").click()
    assert download.value.suggested_filename == "notes.pdf"
    loaded(picture(here, "sea.jpg"))
    here.page.reload()
    loaded(picture(here.is_live(), "sea.jpg"))
    assert [len(m["attachments"]) for m in site.stored(room)["messages"][-1:]] == [2]


def test_pasted_and_dropped_with_words(site: Site, visit: Visit) -> None:
    """A pasted table's picture is not meant; one that was chosen by mistake is taken out."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    expect(here.page.get_by_label("Attach files")).to_be_enabled()
    here.page.wait_for_function("() => import('#page/tray.js')")
    hand_over(here.box, "paste", one=files.image(color="red"))
    expect(here.page.locator(".upload")).to_have_count(1)
    hand_over(here.log, "drop", two=files.image(color="blue"), three=files.image(color="green"))
    expect(here.page.locator(".upload[data-state=sent]")).to_have_count(3)
    here.page.get_by_role("button", name="Remove two.png").click()
    expect(here.page.locator(".upload")).to_have_count(2)
    here.say("Look")
    expect(there.stored("Look").get_by_role("img")).to_have_count(2)
    expect(picture(there, "two.png")).to_have_count(0)
    expect(here.stored("Look").get_by_role("img")).to_have_count(2)


def test_sent_while_it_is_on_its_way(site: Site, visit: Visit) -> None:
    """The message stands at once, with its picture; what is said after it waits for it; and it goes out with its file."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    held: list[Route] = []
    here.page.route("**/api/rooms/*/attachments/", lambda route: held.append(route))
    choose(here, ("slow.png", "image/png", files.image(900, 600)))
    expect(here.page.locator(".upload[data-state=sending]").get_by_role("progressbar")).to_have_count(1)
    here.say("It is coming")
    waiting = here.message("It is coming")
    expect(waiting).to_have_attribute("data-state", "sending")
    expect(waiting.get_by_role("progressbar")).to_be_visible()
    loaded(waiting.get_by_role("img"))
    here.say("And this")
    expect(here.message("And this")).to_have_attribute("data-state", "pending")
    top = waiting.evaluate("e => e.getBoundingClientRect().height")
    held[0].continue_()
    expect(there.stored("It is coming").get_by_role("img")).to_have_count(1)
    expect(here.stored("And this")).to_have_count(1)
    assert abs(here.stored("It is coming").evaluate("e => e.getBoundingClientRect().height") - top) < 12
    assert [m["body"] for m in site.stored(room)["messages"]] == ["It is coming", "And this"]


def test_what_was_cut_off_is_sent_again_also_after_a_reload(site: Site, visit: Visit) -> None:
    """A draft's file and a message's: both outlive the page."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    here, there = (RoomPage(visit(who, f"/rooms/{room}/")).is_live() for who in (ana, bo))
    here.page.route("**/api/rooms/*/attachments/", lambda route: route.abort())
    choose(here, ("cut.png", "image/png", files.image()))
    expect(here.page.locator(".upload[data-state=failed]")).to_contain_text("Interrupted")
    expect(here.page.get_by_role("button", name="Try again")).to_be_visible()
    here.page.reload()
    here.is_live()
    expect(here.page.locator(".upload[data-state=failed]")).to_contain_text("cut.png")
    here.say("With a file")
    expect(here.message("With a file").get_by_role("img", name="cut.png")).to_be_visible()
    here.page.reload()
    expect(here.message("With a file").get_by_role("img", name="cut.png")).to_be_visible()
    here.page.unroute("**/api/rooms/*/attachments/")
    expect(there.stored("With a file").get_by_role("img", name="cut.png")).to_have_count(1)
    expect(here.stored("With a file")).to_have_count(1)


def test_text_too_long_for_a_message_is_pasted_as_a_file(site: Site, visit: Visit) -> None:
    """What is in the box stays there, and nothing has to be cut up by hand."""
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    expect(here.page.locator(".suggestions")).to_be_attached()
    paste = """(box, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      return box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }"""
    call = f"([text]) => ({paste})(document.querySelector('#main [data-slot=box]'), text)"
    here.box.fill("The log:")
    assert here.page.evaluate(call, ["😀" * 9_000]), "is left to the browser: characters count, not their halves"
    assert not here.page.evaluate(call, ["line\n" * 3000])
    upload = here.page.locator("[data-upload][data-state=sent]")
    expect(upload).to_contain_text("Pasted text.txt")
    expect(here.box).to_have_value("The log:")
    here.box.press("Enter")
    card = here.stored("The log:").locator("[data-attachment]")
    expect(card).to_contain_text("Pasted text.txt")
    expect(card).to_contain_text("15 kB")


def test_what_the_server_refuses_says_why(own_site: Callable[..., Site], visit: Visit) -> None:
    """Too large, too many, a bomb: each in words, and the rest goes on."""
    site = own_site(MAX_FILE=50_000, MAX_FILES=2)
    ana = site.person("ana")
    room = site.room(ana)
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.page.wait_for_function("() => import('#page/tray.js')")
    choose(here, ("big.bin", "application/octet-stream", bytes(50_001)))
    expect(here.page.get_by_text("big.bin is too large: 50 kB, at most 50 kB.")).to_be_visible()
    choose(here, ("bomb.png", "image/png", files.bomb()))
    expect(here.page.locator(".upload[data-state=failed]")).to_contain_text("900,000,000 pixels")
    here.page.get_by_role("button", name="Remove bomb.png").click()
    choose(here, *((f"{n}.txt", "text/plain", b"text") for n in range(3)))
    expect(here.page.get_by_text("At most 2 files with a message.")).to_be_visible()
    expect(here.page.locator(".upload[data-state=sent]")).to_have_count(2)
    here.box.press("Enter")
    expect(here.log.get_by_role("link", name="0.txt")).to_be_visible()


def test_pictures_are_gone_through_by_keyboard(site: Site, visit: Visit) -> None:
    """Enter opens, arrows go on, Escape goes back to the one seen last."""
    ana = site.person("ana")
    room = site.room(ana)
    with ana.client() as socket:
        for name in ("one", "two", "three"):
            ids = [ana.attach(room, f"{name}.png", files.image(1000, 700))]
            socket.ask("message", {"room": room, "body": "", "attachments": ids})
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    here.log.get_by_role("link", name="two.png").focus()
    here.page.keyboard.press("Enter")
    dialog = here.page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 of 3")
    loaded(dialog.get_by_role("img", name="two.png"))
    here.page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="three.png")).to_be_visible()
    expect(dialog.get_by_role("button", name="Next")).to_be_hidden()
    here.page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("3 of 3")
    here.page.keyboard.press("Home")
    expect(dialog.get_by_role("img", name="one.png")).to_be_visible()
    here.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(here.log.get_by_role("link", name="one.png")).to_be_focused()


def test_sound_plays_in_place_and_nothing_runs(site: Site, visit: Visit) -> None:
    """A player that seeks, by ranges; a page or an SVG that is sent is a card to be saved."""
    ana = site.person("ana")
    room = site.room(ana)
    sent = {"song.wav": files.sound(3), "page.html": b"<script>alert(1)</script>", "x.svg": b"<svg/>"}
    with ana.client() as socket:
        ids = [ana.attach(room, name, data) for name, data in sent.items()]
        socket.ask("message", {"room": room, "body": "", "attachments": ids})
    here = RoomPage(visit(ana, f"/rooms/{room}/")).is_live()
    sound = here.log.locator("audio")
    played: Any = sound.evaluate(
        """async (audio) => { audio.muted = true; await audio.play(); audio.currentTime = 2;
        await new Promise((resolve) => audio.addEventListener("seeked", resolve, { once: true })); return audio.duration; }"""
    )
    assert played == pytest.approx(3, abs=0.1)
    expect(here.log.locator(".file")).to_have_count(2)
    with here.page.expect_download() as download:
        here.log.get_by_role("link", name="page.html").click()
    assert download.value.suggested_filename == "page.html"


def test_without_javascript_the_form_sends_files(site: Site, visit: Visit) -> None:
    ana = site.person("ana")
    room = site.room(ana)
    page = visit(ana, f"/rooms/{room}/", java_script_enabled=False)
    page.get_by_label("Attach files").set_input_files(
        [{"name": "plain.png", "mimeType": "image/png", "buffer": files.image()}]
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("img", name="plain.png")).to_be_visible()


def test_an_answer_in_a_thread_takes_files_along(site: Site, visit: Visit) -> None:
    """Dropped on the panel they are the answer's, not the room's."""
    ana, bo = site.person("ana"), site.person("bo")
    room = site.room(ana, bo)
    site.say(room, ana, "Who has the plan?")
    with bo.client() as socket:
        socket.ask("message", {"room": room, "body": "I do", "thread": 1})
    here = RoomPage(visit(ana, f"/rooms/{room}/threads/1/")).is_live()
    panel = here.page.locator("[data-slot=panel]")
    expect(panel.locator(".suggestions")).to_be_attached()  # its composer is there
    hand_over(panel.get_by_role("log"), "drop", plan=files.image())
    expect(panel.locator(".upload[data-state=sent]")).to_have_count(1)
    expect(here.page.locator(".main .upload")).to_have_count(0)
    panel.get_by_role("textbox").press("Enter")
    expect(panel.locator(".message[data-seq]:not([data-state])").get_by_role("img", name="plan.png")).to_have_count(1)
    assert [m.get("thread") for m in site.stored(room)["messages"]] == [None, 1, 1]
