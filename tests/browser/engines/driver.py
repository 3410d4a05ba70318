"""What a test asks of a browser, whichever engine is in it; and how it waits.

Every act is a real one, by mouse and keyboard; what is seen is asked of the page by a function in JavaScript.
"""

import json
import os
import time
from pathlib import Path
from typing import Any, NoReturn, Protocol

import pytest

PATIENCE = 15.0  # seconds to wait for something to be seen


class DriverError(Exception):
    """The browser could not do it: now, or at all."""


class Driver(Protocol):
    """A browser with one page. Selectors are CSS; keys are named as in `KeyboardEvent.key`. All raise DriverError."""

    def begin(self) -> None:
        """Forget everything: an empty page, of somebody who has never been anywhere."""

    def open(self, url: str) -> None:
        """Go to an address."""

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""

    def click(self, selector: str) -> None:
        """Click on the middle of the first one."""

    def hover(self, selector: str) -> None:
        """Move the pointer there."""

    def type(self, selector: str, text: str) -> None:
        """Focus it, and press the keys of `text`."""

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""

    def upload(self, selector: str, path: Path) -> None:
        """Choose a file."""

    def resize(self, width: int, height: int) -> None:
        """Make the page so large, in CSS pixels."""

    def photograph(self, path: Path) -> None:
        """Save what is seen, as PNG."""

    def said(self) -> list[str]:
        """Errors in the console since `begin`, as far as the engine tells."""

    def close(self) -> None:
        """End the browser."""


def call(function: str, *args: Any) -> str:
    """The expression that calls a JavaScript function with these."""
    return f"({function})({', '.join(json.dumps(arg) for arg in args)})"


def until(driver: Driver, function: str, *args: Any) -> None:
    """Wait until the function's value in the page is true."""
    deadline, trouble = time.monotonic() + PATIENCE, ""
    while time.monotonic() < deadline:
        try:
            if driver.evaluate(f"Boolean({call(function, *args)})"):
                return
        except DriverError as error:  # between two pages
            trouble = str(error)
        time.sleep(0.03)
    raise AssertionError(f"never: {call(function, *args)} {trouble}; console: {driver.said()}")


def missing(what: str, package: str) -> NoReturn:
    """This engine is not here: fail, or skip where one said so."""
    if os.environ.get("WITHOUT_ENGINES"):
        pytest.skip(f"no {what}")
    pytest.fail(f"{what} is missing: apt-get install {package} (WITHOUT_ENGINES=1 to go without)")
