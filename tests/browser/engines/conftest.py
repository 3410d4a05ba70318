"""The three engines, one after the other; and the network between each and the site."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import BrowserType

from tests.browser.conftest import installed
from tests.browser.engines.chromium import Chromium
from tests.browser.engines.driver import Driver
from tests.browser.engines.firefox import Firefox
from tests.browser.engines.webkit import WebKit
from tests.support.line import Line
from tests.support.site import Site


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def engine(
    request: pytest.FixtureRequest, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Driver]:
    """A browser as people have it, started once."""
    started: Driver
    with ExitStack() as stack:
        if request.param == "chromium":
            whole = {**browser_type_launch_args, "executable_path": installed("chromium", "chromium-browser")}
            started = Chromium(stack.enter_context(browser_type.launch(**whole)))
        else:
            started = Firefox() if request.param == "firefox" else WebKit()
        stack.callback(started.close)
        yield started


@pytest.fixture
def driver(engine: Driver) -> Driver:
    """A browser that knows nobody yet."""
    engine.begin()
    return engine


@pytest.fixture
def line(site: Site) -> Iterator[Line]:
    """The way to the site, to be cut."""
    with Line(site.server.port) as line:
        yield line
