"""What a browser is called by those who look at it: "Firefox on Linux" out of what it says of itself. Pure; a guess, for recognising only."""

from django.utils.translation import gettext as _

# The first that is found counts: most browsers also claim to be others.
BROWSERS = {
    "Edg/": "Edge", "EdgA/": "Edge", "OPR/": "Opera", "SamsungBrowser/": "Samsung Internet", "Vivaldi/": "Vivaldi",
    "Firefox/": "Firefox", "FxiOS/": "Firefox", "CriOS/": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS", "Mac OS X": "Mac", "Linux": "Linux",
}  # fmt: skip


def describe(agent: str) -> str:
    """Return "Chrome on Android"; for a program its own first word; "Unknown browser" where nothing is said."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or agent.split("/")[0].split(" ")[0][:40] or _("Unknown browser")
