"""The main flow, in Chromium, Firefox and WebKit: sign in, read history, send and receive, react, attach, lose the network and come back.

One person is in the browser; the other is a Socket.IO client, which hears what the first one does and answers.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.engines.driver import Driver, call, until
from tests.support import files
from tests.support.line import Line
from tests.support.people import Client, Person
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]

PASSWORD = "correct horse 7"
# What engines say by themselves of a network that is away.
AWAY = ("ERR_", "WebSocket", "can’t establish a connection", "Failed to load resource", "NetworkError", "cut off")

STANDS = """(body) => [...document.querySelectorAll(".message[data-seq]:not([data-state])")]
    .some((message) => message.querySelector("[data-slot=body]").innerText.trim() === body)"""
NUMBERS = "() => [...document.querySelectorAll('#main [data-seq]')].map((message) => Number(message.dataset.seq))"
BANNER = "(state) => document.querySelector('[data-slot=banner]')?.dataset.state === state"
SCROLL_TO = """(seq) => {
  const message = document.querySelector(`[data-seq="${seq}"]`);
  message.scrollIntoView();
  return message.getBoundingClientRect().top;
}"""
TOP = "(seq) => document.querySelector(`[data-seq='${seq}']`).getBoundingClientRect().top"
REACTED = """(seq, label) =>
  document.querySelector(`[data-seq='${seq}'] .reaction`)?.textContent.trim().replace(/\\s+/, " ") === label"""
IN_VIEW = """(selector) => {
  const [box, log] = [selector, ".log"].map((each) => document.querySelector(each)?.getBoundingClientRect());
  return box && box.height > 0 && box.top >= log.top - 1 && box.bottom <= log.bottom + 1;
}"""


class Flow:
    """Somebody in a room, in a browser; and somebody else there, who is not."""

    def __init__(self, driver: Driver, line: Line, person: Person, other: Person, room: str) -> None:
        self.driver, self.line, self.person, self.other, self.room = driver, line, person, other, room
        self.peer = other.client()

    def sign_in(self) -> None:
        """Ask for the room, be asked who one is, and land in the room, in step with the server."""
        self.driver.open(f"{self.line.url}/rooms/{self.room}/")
        self.driver.type("input[name=login]", f"{self.person.handle}@example.com")
        self.driver.type("input[name=password]", PASSWORD)
        self.driver.press("Enter")
        self.sees("(room) => location.pathname === `/rooms/${room}/`", self.room)
        self.hears("Hello!")

    def hears(self, body: str) -> None:
        """The other says it, and it is seen."""
        self.peer.ask("message", {"room": self.room, "body": body})
        self.peer.expect("message", room=self.room)  # their own
        self.sees(STANDS, body)

    def sees(self, function: str, *args: Any) -> None:
        """Wait for it."""
        until(self.driver, function, *args)

    def banner_says(self, state: str) -> None:
        """Wait until the connection stands so."""
        self.sees(BANNER, state)

    def say(self, body: str) -> None:
        """Write and send."""
        self.driver.type("textarea[name=body]", body)
        self.driver.press("Enter")

    def numbers(self) -> list[int]:
        """The seqs in the log, from the top."""
        return self.driver.evaluate(call(NUMBERS))  # type: ignore[no-any-return]


# What the page has and should not: a scrollbar of its own, a player or picture wider than its message.
STICKS_OUT = """() => {
  const { scrollHeight, clientHeight, scrollWidth, clientWidth } = document.documentElement;
  const right = document.querySelector(".log").getBoundingClientRect().right;
  const wide = [...document.querySelectorAll(".attachments *")].filter((e) => {
    const card = e.closest(".attachments > *").getBoundingClientRect();
    return e.getBoundingClientRect().right > Math.min(card.right, right) + 1;
  });
  return [...(scrollHeight > clientHeight || scrollWidth > clientWidth ? ["the page scrolls"] : []), ...wide.map((e) => e.outerHTML)];
}"""


Start = Callable[..., Flow]


@pytest.fixture
def start(site: Site, driver: Driver, line: Line) -> Iterator[Start]:
    """Two people in a room where some things were said, one of them in the browser. The console must have stayed quiet at the end."""
    peers: list[Client] = []

    def begin(*said: str) -> Flow:
        ana, bo = site.person("ana", password=PASSWORD), site.person("bo", name="Bo")
        room = site.room(ana, bo)
        site.say(room, ana, *said)
        flow = Flow(driver, line, ana, bo, room)
        peers.append(flow.peer)
        flow.sign_in()
        return flow

    yield begin
    for peer in peers:
        peer.close()
    said = [text for text in driver.said() if not any(usual in text for usual in AWAY)]
    assert not said, "the browser's console:\n" + "\n".join(said)


def test_sign_in_and_read_history(start: Start) -> None:
    """The latest is in view; scrolling up, older pages come to the first message, and what one looks at stays where it is."""
    here = start(*(f"line {n}\n" * (n % 3 + 1) for n in range(1, 200)))
    here.sees(IN_VIEW, "[data-seq='200']")
    while (first := here.numbers()[0]) > 1:
        before = here.driver.evaluate(call(SCROLL_TO, first + 1))
        here.sees("(first) => Number(document.querySelector('#main [data-seq]').dataset.seq) < first", first)
        assert abs(here.driver.evaluate(call(TOP, first + 1)) - before) < 2, "the log jumped"
    numbers = here.numbers()
    assert numbers == list(range(1, len(numbers) + 1))
    here.driver.click("[data-slot=pill]")
    here.sees(IN_VIEW, "[data-seq='200']")


def test_send_receive_and_react(start: Start) -> None:
    """Both ways, once, in one order; a reaction by the bar over the message, one by the palette, and the other's."""
    here = start()
    here.say("Good **morning**")
    assert here.peer.expect("message", room=here.room)["message"]["body"] == "Good **morning**"
    here.sees(STANDS, "Good morning")
    here.hears("And to you")
    here.sees(IN_VIEW, "[data-seq='3']")
    assert here.numbers() == [1, 2, 3]
    assert here.driver.evaluate("document.querySelector('textarea[name=body]').value") == ""

    here.driver.hover("[data-seq='3'] .body")
    here.driver.click("[data-seq='3'] [data-action=react]")
    here.driver.click("[data-seq='3'] [data-emoji='🎉']")
    marks = here.peer.expect("message", room=here.room)["message"]["reactions"]
    assert [(mark["emoji"], mark["users"][0]["id"]) for mark in marks] == [("🎉", here.person.id)]
    here.peer.ask("react", {"room": here.room, "seq": 3, "emoji": "🎉", "on": True})
    here.sees(REACTED, 3, "🎉 2")

    here.driver.evaluate("document.querySelector(\"[data-seq='2']\").focus()")
    here.driver.press("+")
    here.sees("() => document.activeElement.matches('dialog.palette [data-slot=search]')")
    here.driver.type("dialog.palette [data-slot=search]", "rocket")
    here.sees("() => document.querySelector('.palette-grid button')?.innerText === '🚀'")
    here.driver.press("Enter")
    here.sees(REACTED, 2, "🚀 1")


def test_attach(site: Site, start: Start, tmp_path: Path) -> None:
    """A picture by the button, with words: the other gets it, upright; the sender sees it, and opens it large."""
    photo = tmp_path / "sea.jpg"
    photo.write_bytes(files.photo(6, width=1600, height=1200))
    here = start()
    here.driver.upload("input[type=file]", photo)
    here.sees("() => document.querySelector('.upload[data-state=sent]')")
    here.say("The sea")
    (sent,) = here.peer.expect("message", room=here.room)["message"]["attachments"]
    assert (sent["name"], sent["width"], sent["height"]) == ("sea.jpg", 1200, 1600)
    here.sees(STANDS, "The sea")
    here.sees("() => document.querySelector('.message[data-seq] .attachments img')?.naturalWidth > 0")
    here.driver.click(".message[data-seq] .picture")
    here.sees("() => document.querySelector('dialog[open] img')?.naturalWidth > 0")
    here.driver.press("Escape")
    here.sees("() => !document.querySelector('dialog[open]')")


def test_nothing_sticks_out(start: Start) -> None:
    """Neither on a desk nor on a phone, in a room with pictures, sound and wide words."""
    here = start()
    sent = {
        "sea.png": files.image(1600, 900),
        "song.wav": files.sound(1),
        "a rather long name " * 8 + ".pdf": b"%PDF-1.7",
    }
    ids = [here.other.attach(here.room, name, data) for name, data in sent.items()]
    here.peer.ask("message", {"room": here.room, "body": "wide " + "Donaudampfschiff" * 30, "attachments": ids})
    here.sees("() => document.querySelector('.attachments img')?.naturalWidth > 0")
    for width, height in ((1280, 860), (390, 844)):
        here.driver.resize(width, height)
        assert here.driver.evaluate(call(STICKS_OUT)) == []


def test_lose_the_network_and_come_back(site: Site, start: Start) -> None:
    """The page says so; what one writes waits and goes out once, in order; what was missed is there before the banner goes."""
    here = start()
    here.line.cut()
    here.banner_says("reconnecting")
    for body in ("from the tunnel", "still in it"):
        here.say(body)
    here.sees("() => document.querySelectorAll('.message[data-state=pending]').length === 2")
    for n in range(3):
        here.peer.ask("message", {"room": here.room, "body": f"meanwhile {n}"})
    here.line.mend()
    here.banner_says("live")
    assert here.driver.evaluate(call(STANDS, "meanwhile 2")), "live before what was missed is there"
    here.sees(STANDS, "still in it")
    here.hears("welcome back")
    assert here.numbers() == [1, 2, 3, 4, 5, 6, 7]
    said = [message["body"] for message in site.stored(here.room)["messages"]]
    meanwhile = ["meanwhile 0", "meanwhile 1", "meanwhile 2"]
    assert said == ["Hello!", *meanwhile, "from the tunnel", "still in it", "welcome back"]
