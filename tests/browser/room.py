"""A room on a page, in the words of who uses it."""

import re

from playwright.sync_api import Locator, Page, expect

NEWEST = "[data-seq], [data-client-id]"


class RoomPage:
    """What a person does and sees in a room."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.locator("#main").get_by_role("log")
        self.box = page.get_by_role("textbox", name=re.compile("^Message "))
        self.banner = page.locator("[data-slot=banner]")

    def is_live(self) -> "RoomPage":
        """Wait until the page is in step with the server: the banner alone says so before the page has begun, too."""
        expect(self.banner).to_have_attribute("data-connection", "live")
        return self.banner_says("live")

    def banner_says(self, state: str) -> "RoomPage":
        """Wait until the connection stands so, and the banner shows it ("live": that there is none)."""
        expect(self.banner).to_have_attribute("data-state", state)
        expect(self.banner.locator(f"[data-state={state}]")).to_have_count(0 if state == "live" else 1)
        return self

    def say(self, body: str) -> None:
        """Write and send."""
        self.box.fill(body)
        self.box.press("Enter")

    def choose(self, what: str, within: Locator | None = None) -> None:
        """Do with the message that has the bar what stands in its menu."""
        where = within or self.page
        where.get_by_role("button", name="More", exact=True).click()
        where.get_by_role("button", name=what, exact=True).click()

    def pastes(self, text: str) -> bool:
        """Whether the clipboard has just this, sooner or later: pasted into the (empty) box, for no page may read it."""
        for _ in range(200):
            self.box.press("ControlOrMeta+v")
            pasted = self.box.input_value()
            self.box.fill("")
            if pasted == text:
                return True
        return False

    def message(self, body: str) -> Locator:
        """The messages that say just this."""
        return self.page.locator(".message").filter(has=self.page.get_by_text(body, exact=True))

    def stored(self, body: str) -> Locator:
        """Those of them that the server has."""
        return self.page.locator(".message[data-seq]:not([data-state])").filter(
            has=self.page.get_by_text(body, exact=True)
        )

    def numbers(self) -> list[int]:
        """The seqs on the page, from the top."""
        seqs: list[int] = self.log.evaluate(
            "log => [...log.querySelectorAll('[data-seq]')].map(e => Number(e.dataset.seq))"
        )
        return seqs

    def top_of(self, seq: int) -> float:
        """Where a message stands in the window, in CSS pixels."""
        return float(self.page.locator(f"[data-seq='{seq}']").evaluate("e => e.getBoundingClientRect().top"))

    def count_of(self, room: str) -> Locator:
        """The unread count of a room in the list."""
        return self.page.locator(f"[data-room='{room}'] [data-slot=count]")
