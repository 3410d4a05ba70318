"""Takes the README's pictures from a real site in a real browser: `python -m docs.screenshots` writes docs/room-light.png and docs/room-dark.png."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.people import Person
from tests.support.site import Site, serving

HERE = Path(__file__).parent
SQL = "SELECT * FROM message WHERE room_id = 7 AND seq < 90210\nORDER BY seq DESC LIMIT 50"
TALK = [
    ("tomasz", f"The new index is in. History of the biggest room opens in one query now:\n\n```sql\n{SQL}\n```"),
    ("ines", "That is **three milliseconds** instead of three hundred 🎉"),
    ("ines", "And the numbers moved, see https://harbour.example/bench"),
    ("noor", "Could you check that `p99` is per room, not over all of them?"),
    ("ana", "On it. It is per room, I will show it after lunch."),
    ("bo", "Release notes are drafted:\n\n- one process, one file of data\n- nothing missed after a reconnect\n- sign-up by invite link"),
    ("noor", "Reads well. Shipping at three?"),
    ("tomasz", "Three it is. Coffee first ☕"),
]  # fmt: skip
ROOMS = [
    ("Deploys", "open", 3),
    ("Design review", "open", 12),
    ("Board", "closed", 0),
    ("Reading club and long lunches", "open", 0),
]


def furnish(site: Site) -> Person:
    """People, rooms and a conversation; return whose eyes we look through."""
    site.hand("lobby")
    names = {
        "tomasz": "Tomasz Król",
        "ines": "Ines Duarte",
        "noor": "Noor Aziz",
        "bo": "Bo",
        "ana": "Ana Berg",
        "sam": "Sam",
        "lea": "Lea",
    }
    people = {
        handle: Person(site.url, **site.hand("person", handle=handle, name=name)) for handle, name in names.items()
    }
    for person in people.values():
        site.hand("admit", room="lobby", user=person.id)
    you, others = people["ana"], [person for handle, person in people.items() if handle != "ana"]
    for name, kind, unread in ROOMS:
        room = site.room(you, *others, slug=name.lower().replace(" ", "-"), name=name, kind=kind, topic="")
        site.say(room, others[0], *("…" for _ in range(unread)))
    for handle, body in TALK:
        site.say("lobby", people[handle], body)
    return you


def main() -> None:
    """Serve, furnish, look."""
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as site, sync_playwright() as playwright:
        you = furnish(site)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for theme in ("light", "dark"):
            site.hand("read", room="lobby", user=you.id, seq=len(TALK) - 2)
            context = browser.new_context(
                viewport={"width": 1280, "height": 760}, color_scheme=theme, device_scale_factor=1.25
            )
            context.add_cookies([you.browser_cookie])
            page = context.new_page()
            page.goto(f"{site.url}/rooms/lobby/")
            page.locator("[data-slot=banner][data-state=live]").wait_for(state="attached")
            page.get_by_role("link", name="People of this room").click()
            page.locator(".person").first.wait_for()
            page.screenshot(path=HERE / f"room-{theme}.png")
        browser.close()


if __name__ == "__main__":
    main()
