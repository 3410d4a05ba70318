"""axe-core on a page as it stands: all of its rules by day, and by night those of colours."""

from typing import Any

from django.conf import settings
from playwright.sync_api import Page

AXE = (settings.BASE_DIR / "node_modules/axe-core/axe.min.js").read_text()
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # all that a theme can break: tests/test_styles.py
FIND = """async ([without, only]) => {
    const rules = Object.fromEntries(without.map(rule => [rule, {enabled: false}]));
    const told = {resultTypes: ["violations"], selectors: false};  // of what is well, and where a thing is by a selector, nobody reads
    const { violations } = await axe.run(only.length ? {runOnly: only, ...told} : {rules, ...told});
    return violations.flatMap(({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html}\\n${failureSummary}`));
}"""

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


def find(page: Page, without: list[str] | None = None) -> list[str]:
    """What axe finds on the page as it stands, by day and by night."""
    by_day = _look(page, without or [], [])
    page.emulate_media(color_scheme="dark")
    by_night = _look(page, [], OF_COLOURS)
    page.emulate_media(color_scheme="light")
    return by_day + [f"dark: {each}" for each in by_night]


def _look(page: Page, without: list[str], only: list[str]) -> list[str]:
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(each => each.finished))")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE + "; 0")
    found: list[Any] = page.evaluate(FIND, [without, only])
    return [str(each) for each in found]


def no_violation(page: Page, without: list[str] | None = None) -> None:
    """Axe finds nothing, and nothing makes the page scroll sideways."""
    assert not (found := find(page, without)), "\n\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
