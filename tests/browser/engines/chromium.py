"""Chromium, driven by Playwright over its own protocol."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests.browser.engines.driver import DriverError

P, R = ParamSpec("P"), TypeVar("R")


def translated(act: Callable[P, R]) -> Callable[P, R]:
    """With the library's errors as ours."""

    @wraps(act)
    def acting(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        except Error as error:
            raise DriverError(str(error)) from error

    return acting


class Chromium:
    """See Driver."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._context: BrowserContext | None = None
        self._page: Page
        self._said: list[str] = []

    @translated
    def begin(self) -> None:
        self.close()
        self._said = []
        self._context = self._browser.new_context()
        self._context.set_default_timeout(10_000)
        self._page = self._context.new_page()
        self._page.on("console", self._hear)
        self._page.on("pageerror", lambda error: self._said.append(str(error)))

    @translated
    def open(self, url: str) -> None:
        self._page.goto(url)

    @translated
    def evaluate(self, expression: str) -> Any:
        return self._page.evaluate(expression)

    @translated
    def click(self, selector: str) -> None:
        self._page.locator(selector).first.click()

    @translated
    def hover(self, selector: str) -> None:
        self._page.locator(selector).first.hover()

    @translated
    def type(self, selector: str, text: str) -> None:
        self._page.locator(selector).first.press_sequentially(text)

    @translated
    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    @translated
    def upload(self, selector: str, path: Path) -> None:
        self._page.locator(selector).first.set_input_files(path)

    @translated
    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    @translated
    def photograph(self, path: Path) -> None:
        self._page.screenshot(path=path)

    def said(self) -> list[str]:
        return self._said

    def close(self) -> None:
        """Our window of it: the browser is pytest-playwright's."""
        if self._context:
            self._context.close()
            self._context = None

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append(message.text)
