"""Takes the pictures of the docs from a real site in a real browser: `python -m docs.screenshots` writes them to docs/, each of few bytes."""

import io
import math
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.people import Person
from tests.support.site import Site, serving

HERE = Path(__file__).parent
COLOURS = 128  # half of a picture's palette: a third of the bytes, and no eye tells
SQL = "SELECT * FROM message WHERE room_id = 7 AND seq < 90210\nORDER BY seq DESC LIMIT 50"
TALK = [
    ("tomasz", f"The new index is in. History of the biggest room opens in one query now:\n\n```sql\n{SQL}\n```"),
    ("ines", "That is **three milliseconds** instead of three hundred 🎉"),
    ("ines", "And the numbers moved, see https://harbour.example/bench"),
    ("noor", "From the ferry this morning:"),
    ("bo", "Release notes are drafted:\n\n- [x] one process, one file of data\n- [x] nothing missed after a reconnect\n- [ ] sign-up by invite link"),
    ("noor", "@ana could you check that `p99` is per room, not over all of them?"),
    ("tomasz", "Three it is. Coffee first ☕"),
]  # fmt: skip
ANSWERS = [
    ("noor", "Does that hold for the first page, too?"),
    ("tomasz", "It does: the same range, read backwards."),
    ("bo", "Nice 👌"),
]
REACTIONS = {1: {"🎉": ("ines", "noor", "bo", "ana"), "🚀": ("sam",)}, 4: {"❤️": ("ana", "lea"), "😍": ("sam",)}}
PHOTO, READ = 4, 5  # the message that has a picture; up to where it is read
ROOMS = [
    ("Deploys", "open", 3),
    ("Design review", "open", 12),
    ("Board", "closed", 0),
    ("Reading club and long lunches", "open", 0),
]
NAMES = {
    "tomasz": "Tomasz Król",
    "ines": "Ines Duarte",
    "noor": "Noor Aziz",
    "bo": "Bo",
    "ana": "Ana Berg",
    "sam": "Sam Okafor",
    "lea": "Lea Fontaine",
}


def furnish(site: Site) -> Person:
    """People, rooms and a conversation; return whose eyes we look through."""
    site.hand("set_up", name="Harbour")
    site.hand("lobby")
    people = {
        handle: Person(site.url, **site.hand("person", handle=handle, name=name, is_staff=handle == "ana", is_superuser=handle == "ana"))
        for handle, name in NAMES.items()
    }  # fmt: skip
    for person in people.values():
        site.hand("admit", room="lobby", user=person.id)
    you, others = people["ana"], [person for handle, person in people.items() if handle != "ana"]
    for name, kind, unread in ROOMS:
        room = site.room(you, *others, slug=name.lower().replace(" ", "-"), name=name, kind=kind, topic="")
        site.say(room, others[0], *("…" for _ in range(unread)))
    for handle, body in TALK:
        file = (
            [people[handle].attach("lobby", "Morning ferry.png", harbour())]
            if handle == "noor" and "ferry" in body
            else []
        )
        with people[handle].client() as socket:
            socket.ask("message", {"room": "lobby", "body": body, "attachments": file})
    for seq, marks in REACTIONS.items():
        for emoji, handles in marks.items():
            for handle in handles:
                with people[handle].client() as socket:
                    socket.ask("react", {"room": "lobby", "seq": seq, "emoji": emoji})
    for handle, body in ANSWERS:
        with people[handle].client() as socket:
            socket.ask("message", {"room": "lobby", "body": body, "thread": 1})
    site.say(site.direct(you, people["ines"]), people["ines"], "Half past one?")
    site.say(site.direct(you, people["tomasz"], people["noor"]), you, "Thursday, the three of us?")
    return you


def harbour(width: int = 800, height: int = 420) -> bytes:
    """A picture of the sea in the morning, drawn here."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        draw.line([(0, y), (width, y)], fill=(250 - y // 6, 214 - y // 4, 190 - y // 8))
    draw.ellipse([width * 0.68, height * 0.16, width * 0.78, height * 0.16 + width * 0.1], fill=(255, 244, 214))
    for layer, colour in enumerate([(116, 150, 170), (72, 116, 142), (38, 78, 106)]):
        edge = [
            (x, height * (0.52 + 0.15 * layer) + math.sin(x / 60 + layer * 2) * 6 * (layer + 1))
            for x in range(0, width + 8, 8)
        ]
        draw.polygon([(0, height), *edge, (width, height)], fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def of_few_colours(image: Image.Image) -> Image.Image:
    """The colours there are most of stay as they are, the others share what is left of the palette: paper is paper, and a red heart is red."""
    counted: list[Any] = sorted(image.getcolors(1 << 24) or [], reverse=True)
    usual = [channel for _, colour in counted[:COLOURS] for channel in colour]
    others = image.quantize(256 - COLOURS, method=Image.Quantize.FASTOCTREE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((usual + others)[: 3 * 256])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def people_panel(page: Page) -> None:
    """Who is in the room, beside it."""
    page.get_by_role("link", name="People of this room").click()
    page.locator(".person").first.wait_for()


def thread_panel(page: Page) -> None:
    """A thread beside the log, and the bar of a message."""
    page.locator(".thread:visible").first.click()
    page.locator("#panel .message").last.wait_for()


SHOTS: list[tuple[str, str, str, tuple[int, int], Callable[[Page], object] | None]] = [
    ("room-light", "light", "/rooms/lobby/", (1280, 760), people_panel),
    ("room-dark", "dark", "/rooms/lobby/", (1280, 760), people_panel),
    ("thread", "light", "/rooms/lobby/", (1280, 760), thread_panel),
    ("phone", "light", "/rooms/lobby/", (390, 760), None),
    ("phone-dark", "dark", "/rooms/lobby/", (390, 760), None),
    ("admin", "light", "/admin/rooms/room/", (1280, 620), None),
]


def take(browser: Browser, you: Person, theme: str, path: str, size: tuple[int, int], act: Callable[[Page], object] | None) -> bytes:  # fmt: skip
    """A picture of a page as somebody has it, once it is live."""
    viewport: dict[str, int] = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme=theme, device_scale_factor=1.25)  # type: ignore[arg-type]
    context.add_cookies([you.browser_cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(you.url + path)
    if path.startswith("/rooms/"):
        page.locator("[data-slot=banner][data-state=live]").wait_for(state="attached")
        page.wait_for_load_state("networkidle")
    if act:
        act(page)
    shot = page.screenshot(animations="disabled", caret="hide")
    context.close()
    return shot


def main() -> None:
    """Serve, furnish, look."""
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as site, sync_playwright() as playwright:
        you = furnish(site)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, *how in SHOTS:
            site.hand("read", room="lobby", user=you.id, seq=READ)
            shot = Image.open(io.BytesIO(take(browser, you, *how)))  # type: ignore[arg-type]
            of_few_colours(shot.convert("RGB")).save(HERE / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
