"""The three engines, one after the other; and the network between each and the site."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.engines.chromium import Chromium
from tests.browser.engines.driver import Driver
from tests.browser.engines.firefox import Firefox
from tests.browser.engines.webkit import WebKit
from tests.support.line import Line
from tests.support.site import Site


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """A browser, started once."""
    started: Driver
    if request.param == "chromium":
        browser: Browser = request.getfixturevalue("browser")
        started = Chromium(browser)
    else:
        started = Firefox() if request.param == "firefox" else WebKit()
    yield started
    started.close()


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
