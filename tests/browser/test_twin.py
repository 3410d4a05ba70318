"""The twin: for each state of a message, what the server draws is what the page binds from its payload. One markup, two hands."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support import files
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]

# Compares the first paint with a fresh copy bound from the payload: whitespace between parts does not count, nor what grouping adds.
DIFFERENCES = """async () => {
  const { bind } = await import("#page/message.js");
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  await new Promise((resolve) => { request.onload = resolve; request.send(); });
  const drawn = request.response;
  const payloads = JSON.parse(drawn.getElementById("log-data").textContent);
  const shape = (article) => {
    const copy = article.cloneNode(true);
    copy.removeAttribute("data-first");
    for (const time of copy.querySelectorAll("time")) {
      time.removeAttribute("title");
      time.textContent = time.getAttribute("datetime");
    }
    const walk = (node) => [...node.childNodes].flatMap((child) =>
      child.nodeType === Node.TEXT_NODE ? (child.textContent.trim() ? [child.textContent.trim()] : [])
      : [[child.localName, [...child.attributes].map((a) => `${a.name}=${a.value}`).sort(), walk(child)]]);
    return JSON.stringify([[...copy.attributes].map((a) => `${a.name}=${a.value}`).sort(), walk(copy)]);
  };
  return payloads.flatMap((payload) => {
    const [server, page] = [shape(drawn.getElementById(String(payload.seq))), shape(bind(payload))];
    return server === page ? [] : [{ seq: payload.seq, server, page }];
  });
}"""


SENT = {
    "png": files.image(1234, 789),
    "wav": files.sound(),
    "mp4": b"\0\0\0\x18ftypmp42" + bytes(1_250_000),
    "bin": bytes(1499),
}


def test_the_page_draws_what_the_server_draws(site: Site, visit: Callable[..., Page]) -> None:
    """Plain, marked up, right to left, hostile, a reply, edited, deleted, a reply to what was deleted, the root of a thread, a mention, files,
    pinned, saved, both, and deleted since."""
    ana = site.person("ana", name="Ana Maria <b>Berg</b>")
    bo = site.person("bo")
    room = site.room(ana, bo)
    bodies = [
        "plain",
        "**bold** & `code`",
        "שלום",
        "<img src=x onerror=alert(1)>",
        "a\n\nb\nc",
        "to be edited",
        "to be deleted",
        "| a |\n|---|\n| 1 |",
        "```python\nx = '<b>'  # why\n```\n\n- [x] done\n\nשלום",
        "🎉 🎉",
    ]
    site.say(room, ana, *bodies, f"@{ana.handle} @{bo.handle} @room")
    site.say(room, bo, f"hi @{ana.handle}, see #{room}", "@room", f"@{bo.handle} and @nobody")
    with ana.client() as socket:
        for seq in (1, 7):
            socket.ask("message", {"room": room, "body": f"about {seq}", "reply_to": seq})
        socket.ask("edit", {"room": room, "seq": 6, "body": "edited *now*"})
        socket.ask("delete", {"room": room, "seq": 7})
        for n in range(2):
            socket.ask("message", {"room": room, "body": f"answer {n}", "thread": 4})
        for event, seq in (("pin", 1), ("save", 1), ("save", 2), ("pin", 3), ("save", 3)):
            assert socket.ask(event, {"room": room, "seq": seq})["ok"]
        socket.ask("delete", {"room": room, "seq": 3})
        for emoji in ("👍", "❤️"):
            socket.ask("react", {"room": room, "seq": 2, "emoji": emoji})
        for body, sent, edited in (
            ("", ["a.png"], "with words"),
            ("all", ["b.png", "c.wav", "d.mp4", 'e"<b>.bin'], ""),
        ):
            ids = [ana.attach(room, name, SENT[name[-3:]]) for name in sent]
            told = socket.ask("message", {"room": room, "body": body, "attachments": ids})["message"]
            assert socket.ask("edit", {"room": room, "seq": told["seq"], "body": edited})["ok"]
    page = visit(ana, f"/rooms/{room}/")
    assert page.evaluate(DIFFERENCES) == []
