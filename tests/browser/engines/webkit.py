"""WebKit, Safari's engine: Debian's WebKitGTK in its MiniBrowser, on a display of its own that nobody looks at.

Its driver speaks classic WebDriver alone, which has no console: errors are heard by listeners that come with whatever is asked of a page first.
What it says before that is not heard.
"""

import os
import shutil
import socket
import subprocess
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, WebKitGTK
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from urllib3.exceptions import HTTPError

from tests.browser.engines.driver import DriverError, call, missing, until

P, R = ParamSpec("P"), TypeVar("R")
PATIENCE, TRIES = 30.0, 3  # seconds for an answer of the driver's; how often it is started

# Answers what was said since it last asked.
LISTEN = """() => {
  if (window.said) return said.splice(0);
  window.said = [];
  addEventListener("error", (event) => said.push(event.message ?? `not loaded: ${event.target.outerHTML}`), true);
  addEventListener("unhandledrejection", (event) => said.push(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) => said.push(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
  for (const kind of ["error", "warn"]) console[kind] = (...what) => said.push(what.join(" "));
  return [];
}"""


def translated(act: Callable[P, R]) -> Callable[P, R]:
    """With the library's errors as ours."""

    @wraps(act)
    def acting(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        except WebDriverException as error:
            raise DriverError(str(error)) from error

    return acting


class WebKit:
    """See Driver."""

    def __init__(self) -> None:
        browser = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
        driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
        if not browser or not driver:
            missing("WebKit", "webkit2gtk-driver")
        if not screen:
            missing("Xvfb, a display for WebKit,", "xvfb")
        self._browser, self._driver = str(browser), driver
        self._screen = subprocess.Popen(
            [screen, "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._screen.stdout is not None
        self._display = f":{self._screen.stdout.readline().strip()}"
        self._web: WebKitGTK | None = None
        self._said: list[str] = []

    @property
    def web(self) -> WebKitGTK:
        """Its page."""
        assert self._web
        return self._web

    @translated
    def begin(self) -> None:
        self._quit()
        self._said = []
        options = Options()
        options.binary_location = self._browser
        for argument in ("--automation", "--full-screen"):  # without bars a page may be as narrow as a phone
            options.add_argument(argument)
        for _ in range(TRIES):
            if self._started(options):
                return
        raise DriverError(f"WebKit did not start in {TRIES} times {PATIENCE} s")

    def _started(self, options: Options) -> bool:
        """Whether the browser came up. Now and then its driver waits for it for ever (seen once in twenty starts of a busy machine)."""
        service = Service(self._driver, env={**os.environ, "DISPLAY": self._display})
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(PATIENCE)  # selenium asks with what stands here when it begins
        try:
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # selenium's, of itself
                self._web = WebKitGTK(options=options, service=service)
        except HTTPError:
            if service.process:
                service.process.kill()
            return False
        finally:
            socket.setdefaulttimeout(before)
        return True

    @translated
    def open(self, url: str) -> None:
        self.web.get(url)
        self.said()

    @translated
    def evaluate(self, expression: str) -> Any:
        said, value = self.web.execute_script(f"return [{call(LISTEN)}, {expression}]")
        self._said += said
        return value

    @translated
    def click(self, selector: str) -> None:
        self._find(selector).click()

    @translated
    def hover(self, selector: str) -> None:
        ActionChains(self.web).move_to_element(self._find(selector)).perform()

    @translated
    def type(self, selector: str, text: str) -> None:
        self._find(selector).send_keys(text)

    @translated
    def press(self, key: str) -> None:
        named = {"Enter": Keys.ENTER, "Escape": Keys.ESCAPE, "ArrowUp": Keys.ARROW_UP, "Tab": Keys.TAB}
        ActionChains(self.web).send_keys(named.get(key, key)).perform()

    @translated
    def upload(self, selector: str, path: Path) -> None:
        self._find(selector).send_keys(str(path))

    @translated
    def resize(self, width: int, height: int) -> None:
        self.web.set_window_size(width, height)
        until(self, "(width, height) => innerWidth === width && innerHeight === height", width, height)

    @translated
    def photograph(self, path: Path) -> None:
        self.web.save_screenshot(str(path))

    def said(self) -> list[str]:
        self.evaluate("null")
        return self._said

    def close(self) -> None:
        self._quit()
        self._screen.terminate()
        self._screen.wait(10)
        assert self._screen.stdout is not None
        self._screen.stdout.close()

    def _quit(self) -> None:
        if self._web:
            self._web.quit()
            self._web = None

    def _find(self, selector: str) -> WebElement:
        until(self, "(selector) => document.querySelector(selector)?.isConnected", selector)
        return self.web.find_element(By.CSS_SELECTOR, selector)
