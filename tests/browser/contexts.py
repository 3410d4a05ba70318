"""Browser contexts that are used again. A new one has an empty cache and a process of its own: to begin one, and to fetch and compile our files anew,
was most of what opening a page costs.

Invariant: who is lent one finds nothing of who had it before but the files that are served as never changing: no page, no cookie, nothing that was
stored. (tests/browser/test_contexts.py) One that got a permission, a clock, a route or a script of its own by way of the context is not for here.
"""

from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

PLAIN = {
    "viewport",
    "bypass_csp",
    "java_script_enabled",
    "timezone_id",
}  # who asks for more than these gets a context that nobody had or will have
KEPT = 4  # of a kind


class Contexts:
    """Those of a browser. `lend` one, and `take_back` what was lent."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[str, list[BrowserContext]] = defaultdict(list)
        self._kinds: dict[BrowserContext, str] = {}
        self._anchors: dict[
            BrowserContext, Page
        ] = {}  # what keeps the process of a context's pages (--process-per-site) while it has no other
        self._origins: defaultdict[BrowserContext, set[str]] = defaultdict(set)

    def lend(self, address: str, **options: Any) -> Page:
        """An empty page in a context with these options, on its way to `address`."""
        kind = repr(sorted(options.items()))
        if not options.keys() <= PLAIN:
            return self._browser.new_context(**options).new_page()
        context = self._free[kind].pop() if self._free[kind] else self._begin(kind, options, address)
        page = context.new_page()
        self._forget(page, self._origins[context])
        self._origins[context] = {_origin_of(address)}
        return page

    def take_back(self, context: BrowserContext) -> None:
        """Close its pages, and keep it for another if it is for any."""
        kind = self._kinds.get(context, "")
        if context.is_closed() or not kind or len(self._free[kind]) >= KEPT:
            context.close()
            return
        for page in context.pages:
            if page is not self._anchors[context]:
                self._origins[context].add(_origin_of(page.url))
                page.close()
        context.set_offline(False)
        context.clear_cookies()
        self._free[kind].append(context)

    def _begin(self, kind: str, options: dict[str, Any], address: str) -> BrowserContext:
        context = self._browser.new_context(**options)
        self._kinds[context] = kind
        self._anchors[context] = anchor = context.new_page()
        anchor.goto(f"{_origin_of(address)}/static/favicon.svg")
        return context

    def _forget(self, page: Page, origins: set[str]) -> None:
        """Not where pages are closed: what one writes down as it goes may come after that."""
        if origins:
            devtools = page.context.new_cdp_session(page)
            for origin in origins:
                devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
            devtools.detach()


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
