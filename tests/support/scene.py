"""A furnished room (tests/support/rooms.py) and who is in front of it: asks by each way there is, and answers `yes`, a code, or `sign in`."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support.people import PATIENCE, Client, Person
from tests.support.site import Site

JSON = dict[str, Any]
WORDS = {  # of refusals that a page tells; whatever else it tells is a surprise
    "this room is archived": "archived",
    "there is no such room": "not_found",
    "only a moderator may": "forbidden",
    "can't be left": "forbidden",
    "has no settings": "forbidden",
    "only staff may": "forbidden",
    "no moderation": "forbidden",
    "nobody like that": "not_found",
    "you are muted here": "muted",
}


@dataclass
class Scene:
    """A furnished room, and who is in front of it just now."""

    site: Site
    people: dict[str, Person]
    slug: str
    kind: str
    pk: int
    root: int
    said: dict[str, list[int]]
    file: str
    waiting: dict[str, str]
    links: list[JSON]
    messages: dict[str, int]
    memberships: dict[str, int]
    reports: list[int] = field(default_factory=list)
    sanctions: dict[str, int] = field(default_factory=dict)
    who: str = ""
    web: requests.Session = field(default_factory=requests.Session)
    client: Client | None = None

    def enter(self, who: str, web: requests.Session, client: Client | None) -> None:
        """Let somebody act from now on."""
        self.who, self.web, self.client = who, web, client

    def own(self) -> int:
        """A message of who acts. Of who never wrote: somebody's."""
        return (self.said.get(self.who) or self.said["other"])[2]

    def others(self) -> int:
        """A message of somebody else's, for each who may do something to it another one."""
        return self.said["other"][{"moderator": 2, "staff": 3}.get(self.who, 0)]

    def link(self) -> JSON:
        """A link into the room, in the same way; of a direct conversation there is none."""
        number = {"moderator": 1, "staff": 2}.get(self.who, 0)
        return self.links[number] if self.links else {"pk": 0, "token": "none"}

    def emit(self, event: str, **payload: Any) -> str:
        """Say it on the socket."""
        if self.client is None:
            return "sign in"  # test_strangers: such a connection is refused
        answer = self.client.ask(event, payload if event == "direct" else {"room": self.slug, **payload})
        return "yes" if answer["ok"] else str(answer["error"]["code"])

    def sync(self) -> str:
        """Ask on the socket for what changed."""
        if self.client is None:
            return "sign in"
        answer = self.client.ask("sync", {"rooms": {self.slug: 0}})["rooms"][self.slug]
        return str(answer["error"]["code"]) if "error" in answer else "yes"

    def api(self, method: str, path: str, **options: Any) -> str:
        """Ask the API, about the room unless the path begins with a slash."""
        answer = self._ask(method, path if path.startswith("/") else f"/api/rooms/{self.slug}/{path}", **options)
        told = answer.json()
        if told["ok"]:
            return "yes"
        code = str(told["error"]["code"])
        return "sign in" if code == "forbidden" and told["error"]["message"] == "sign in first" else code

    def page(self, method: str, path: str, **options: Any) -> str:
        """Open a page, or press a button of one, and see where that leads."""
        return told_by(self._ask(method, path, **options))

    def admin(self, method: str, path: str, **options: Any) -> str:
        """The same in the admin, where nothing is refused by a notice."""
        answer = self._ask(method, f"/admin/rooms/{path}", **options)
        outcome = told_by(answer)
        if "not one of the available choices" in answer.text:
            return "forbidden"
        if refused := re.search(r'<li class="error">([^<]*)<', answer.text):
            return next((code for known, code in WORDS.items() if known in refused[1].lower()), f"told: {refused[1]}")
        if outcome == "yes" and "errornote" in answer.text:
            return "form: " + " ".join(re.findall(r"errorlist[^>]*>(.*?)</ul>", answer.text, re.DOTALL))
        return outcome

    def here(self, method: str, path: str = "", **options: Any) -> str:
        """A page of the room."""
        return self.page(method, f"/rooms/{self.slug}/{path}", **options)

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.web.request(method, self.site.url + path, timeout=PATIENCE, **options)


def told_by(answer: requests.Response) -> str:
    """What became of it, as a page tells people."""
    if "/accounts/login/" in answer.url:
        return "sign in"
    refused = {404: "not_found", 403: "forbidden", 409: "archived"}.get(answer.status_code)
    if refused:
        return refused
    assert answer.status_code == 200, (answer.url, answer.status_code)
    for words in re.findall(r'notice-error"[^>]*>([^<]*)<', answer.text):
        told = html.unescape(words)
        return next((code for known, code in WORDS.items() if known in told.lower()), f"told: {told}")
    return "yes"
