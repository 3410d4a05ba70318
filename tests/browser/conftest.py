"""Real Chromium. A page that logs an error, or breaks the Content-Security-Policy, fails its test."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, ConsoleMessage, Page

from tests.browser.contexts import Contexts
from tests.support.people import Person

# What Chromium says by itself while the network is away, or the server is; or when a file is refused.
REFUSED = "Failed to load resource: the server responded with a status of"
AWAY = ("net::ERR_", "WebSocket connection to", f"{REFUSED} 502", f"{REFUSED} 413")

# The last list that is given holds, so this is Playwright's own, and what a new headless Chromium draws beside each page: two more pages, for its
# address bar, which nobody sees. They cost as much as ours.
OFF = (
    "AcceptCHFrame,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,"
    "MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,Translate,AvoidCorsURLLoaderRestartOnRedirect,TcpPortRandomizationWin,OptimizationHints,"
    "NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, built without windows where it is installed so: two thirds of the work. As root it has no sandbox."""
    flags = ["--disable-gpu", "--in-process-gpu", "--disable-background-networking", f"--disable-features={OFF}"]
    flags += ["--process-per-site"]  # the pages of a context are one process: contexts.py
    flags += ["--no-sandbox"] if os.getuid() == 0 else []
    executable = installed("chromium-headless-shell", "chromium", "chromium-browser")
    return {**browser_type_launch_args, "executable_path": executable, "args": flags}


def installed(*names: str) -> str:
    """The first of these programs that there is."""
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "Chromium is missing: apt-get install chromium"
    return found


@pytest.fixture(scope="session")
def whole_chromium(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Chromium as people have it, with what needs windows: notifications, above all. A module that wants it has it for its `browser`."""
    executable = installed("chromium", "chromium-browser")
    browser = browser_type.launch(**{**browser_type_launch_args, "executable_path": executable})
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def lenders() -> dict[Browser, Contexts]:
    """The contexts of each browser of this run."""
    return {}


@pytest.fixture
def visit(browser: Browser, lenders: dict[Browser, Contexts]) -> Iterator[Callable[..., Page]]:
    """Open a page as somebody, in a browser context for them alone: `visit(ana, "/rooms/lobby/")`."""
    contexts = lenders.setdefault(browser, Contexts(browser))
    lent: list[BrowserContext] = []
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in AWAY):
            said.append(message.text)

    def open_page(person: Person | None, address: str, **options: Any) -> Page:
        whole = (person.url if person else "") + address
        page = contexts.lend(whole, **{"viewport": {"width": 1100, "height": 760}} | options)
        lent.append(page.context)
        page.context.set_default_timeout(10_000)
        if person:
            page.context.add_cookies([person.browser_cookie])  # type: ignore[list-item]
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(whole)
        return page

    yield open_page
    for context in lent:
        contexts.take_back(context)
    assert not said, "the browser's console:\n" + "\n".join(said)
