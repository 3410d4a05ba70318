"""Tells whether anything ran in Chromium that should not have: by what happens there, not by how the page is written.

It hears of dialogs, calls of `alert` and its kin in any frame, errors, requests to elsewhere or to what is not there, new pages, navigations, and
violations of the Content-Security-Policy. `poke` sets off what waits for somebody: handlers, links and forms that are programs, sheets, names that
took the place of others.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Frame, Page, Request, Response

from tests.support.people import Person

WATCH = """(() => {
  for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { ran(name); };
  addEventListener("securitypolicyviolation", (event) => ran(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
})();"""
POKE = """async () => {
  const harmless = ["http:", "https:", "mailto:", "blob:", "about:"];
  const isProgram = (address) => {
    try { return Boolean(address) && !harmless.includes(new URL(address, "http://here.example/").protocol); } catch { return false; }
  };
  const press = (element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  for (const each of document.querySelectorAll("*")) {
    for (const { name } of each.attributes) if (name.startsWith("on")) each.dispatchEvent(new Event(name.slice(2)));
    const link = each.getAttribute("href") ?? each.getAttribute("xlink:href");
    if (isProgram(link) && !each.hasAttribute("download")) press(each);
    if (isProgram(each.getAttribute("formaction"))) press(each);
    if (isProgram(each.getAttribute("action"))) HTMLFormElement.prototype.submit.call(each);
  }
  if (getComputedStyle(document.documentElement).getPropertyValue("--xss")) ran("style");
  const taken = ["querySelector", "getElementById", "createElement"].some((name) => !(document[name] instanceof Function));
  if ("clobber" in window || taken || document.body instanceof HTMLFormElement) ran("clobbered");
  await new Promise((done) => setTimeout(done));
}"""
FRAMES = """async ([base, pages]) => {
  const holder = document.body.appendChild(document.createElement("div"));
  await Promise.all(pages.map((html, number) => new Promise((done) => {
    const frame = holder.appendChild(Object.assign(document.createElement("iframe"), { name: `v${base + number}` }));
    frame.addEventListener("load", done);
    setTimeout(done, 1000);
    frame.contentDocument.open();
    frame.contentDocument.write(html);
    frame.contentDocument.close();
  })));
}"""
AT_ONCE = 60  # frames
# The way to everywhere else leads to a port that nobody listens on. A route would have each request of ours asked about, and nothing cached.
NOWHERE: Any = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1,localhost"}
PATIENCE = 20_000  # milliseconds: some pages are long


class Judge:
    """Watches all pages of a browser context. `found`: what ran, and in which frame ("" for a page's own)."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self.found: list[tuple[str, str]] = []
        self._expected = 0
        context.expose_binding("ran", lambda source, what: self._tell(what, source["frame"]))
        context.add_init_script(WATCH)
        context.on("page", self._watch)
        context.on("request", self._asked)
        context.on("response", self._answered)

    def open(self) -> Page:
        """A new page under watch."""
        self._expected += 1
        return self.context.new_page()

    def goto(self, page: Page, address: str) -> Page:
        """Go to a page of the site, let it finish, poke it."""
        page.goto(self.origin + address)
        self.poke(page)
        assert page.url.startswith(self.origin + address.split("?")[0]), f"led away to {page.url}"
        return page

    def poke(self, page: Page) -> None:
        """Set off what waits."""
        for frame in page.frames:
            if not frame.is_detached():
                frame.evaluate(POKE)

    def read(self, page: Page, pages: list[str]) -> None:
        """Let Chromium read whole pages, each in a frame of its own (their scripts and sheets are not fetched), and poke them."""
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.setBlockedURLs", {"urls": ["*/static/*"]})
        for base in range(0, len(pages), AT_ONCE):
            page.evaluate(FRAMES, [base, pages[base : base + AT_ONCE]])
            for frame in page.frames[1:]:
                with suppress(Error):  # it went away, or is no place for scripts: both are told elsewhere
                    frame.evaluate(POKE)
            page.evaluate("document.body.lastElementChild.remove()")

    def acquits(self) -> None:
        """Nothing ran."""
        assert self.found == [], self.found[:20]

    def _tell(self, what: str, frame: Frame | None = None) -> None:
        self.found.append((what, frame.name if frame else ""))

    def _watch(self, page: Page) -> None:
        self._expected -= 1
        if self._expected < 0:
            self._tell("a new page")
        page.on("dialog", lambda dialog: (self._tell(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self._tell(f"error: {error}"))

    def _asked(self, request: Request) -> None:
        if request.url.startswith(("blob:", self.origin, "about:")) or request.url.startswith("data:image/"):
            return
        self._tell(f"request: {request.url}", _frame_of(request))

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._tell(f"{response.status}: {response.url}", _frame_of(response.request))


def _frame_of(request: Request) -> Frame | Any:
    try:
        return request.frame
    except Error:  # of a navigation whose frame is not there yet
        return None


@contextmanager
def judged(browser: Browser, origin: str, person: Person | None = None, **options: Any) -> Iterator[Judge]:
    """A browser context under watch, signed in as somebody."""
    context = browser.new_context(viewport={"width": 1100, "height": 760}, proxy=NOWHERE, **options)
    context.set_default_timeout(PATIENCE)
    if person:
        context.add_cookies([person.browser_cookie])  # type: ignore[list-item]
    try:
        yield Judge(context, origin)
    finally:
        context.close()
