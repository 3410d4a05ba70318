"""What a first visit to a room costs over the wire: the site as it is deployed, its files collected, an empty cache."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.room import RoomPage
from tests.support.assets import collected
from tests.support.server import ROOT
from tests.support.site import Site, serving

pytestmark = [pytest.mark.browser, pytest.mark.server]
ALL, OURS = 150_000, 40_000  # bytes: of a first visit, headers and all; of our own JavaScript in it, gzipped
EAGER = 32  # modules that the page can't begin without


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with its static files collected, as `make run` serves it."""
    with serving(tmp_path_factory.mktemp("deployed"), STATIC_ROOT=collected()) as site:
        yield site


def test_a_first_visit_is_light(deployed: Site, browser: Browser, visit: Callable[..., Page]) -> None:
    """All that is fetched until nothing more comes, the page and the WebSocket's script included."""
    ana = deployed.person("ana")
    room = deployed.room(ana, *[deployed.person() for _ in range(10)])
    deployed.say(room, ana, *[f"message {number} of a page" for number in range(50)])
    page = visit(
        ana, "/accounts/logout/", locale="en"
    )  # so this context, and its process, had nobody before: tests/browser/contexts.py
    fetched: dict[str, int] = {}
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.clearBrowserCache")
    addresses: dict[str, str] = {}
    cdp.on("Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]}))
    cdp.on("Network.loadingFinished", lambda event: fetched.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(f"{deployed.url}/rooms/{room}/")
    RoomPage(page).is_live()
    expect(page.get_by_role("button", name="Attach files")).to_be_visible()
    page.wait_for_load_state("networkidle")
    sizes = {addresses[number]: size for number, size in fetched.items() if addresses[number].startswith("http")}
    static = Path(deployed.server.environment["STATIC_ROOT"])
    modules = [address.partition("/static/")[2] for address in sizes if "/static/js/" in address]
    ours = {name: (static / f"{name}.gz").stat().st_size for name in modules}
    assert any("main." in name for name in ours), "nothing was measured"
    assert sum(ours.values()) <= OURS, ours
    assert sum(sizes.values()) <= ALL, sizes
    assert page.locator("link[rel=modulepreload]").count() <= EAGER


def test_modules_lose_their_comments_and_keep_their_names(deployed: Site) -> None:
    """Each by itself: who looks at the site's source finds the module of the repository."""
    static = Path(deployed.server.environment["STATIC_ROOT"])
    text = (static / "js/core/timeline.js").read_text()
    source = (ROOT / "static/js/core/timeline.js").read_text()
    assert "export{" in text.replace(" ", "") or "export class" in text
    assert "/**" not in text
    assert len(gzip.compress(text.encode())) < 0.7 * len(gzip.compress(source.encode()))
