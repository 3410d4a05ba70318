"""axe-core on a page as it stands."""

from typing import Any

from django.conf import settings
from playwright.sync_api import Page

AXE = (settings.BASE_DIR / "node_modules/axe-core/axe.min.js").read_text()
FIND = """async (without) => {
    const rules = Object.fromEntries(without.map(rule => [rule, {enabled: false}]));
    return (await axe.run({rules})).violations.flatMap(({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html}\\n${failureSummary}`));
}"""

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


def find(page: Page, without: list[str] | None = None) -> list[str]:
    """What axe finds on the page as it stands."""
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(each => each.finished))")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE + "; 0")
    found: list[Any] = page.evaluate(FIND, without or [])
    return [str(each) for each in found]


def no_violation(page: Page, without: list[str] | None = None) -> None:
    """Axe finds nothing, and nothing makes the page scroll sideways."""
    assert not (found := find(page, without)), "\n\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
