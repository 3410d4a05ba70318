"""A tab that is the browser's page without a face: static/js itself, in Node, on a stock socket.io-client (tests/faults/page.mjs).

It posts through the page's own outbox, which asks again by itself; what is unread it counts by the events, as the page does.
"""

import asyncio
import itertools
import json
import shutil
from dataclasses import dataclass
from typing import Any

from tests.faults.tab import ANSWER, Shown, differences
from tests.faults.watched import Watched
from tests.faults.wire import Address, Broken
from tests.support.server import ROOT

JSON = dict[str, Any]
LINE = 64_000_000  # bytes of the longest
KINDS = {"page": ["websocket"], "page, polling": ["polling"], "page, upgraded": ["polling", "websocket"]}
STANDING = ("last_read_seq", "unread", "mentions", "threads", "role", "involvement", "can_post", "archived", "topic")


@dataclass
class Log:
    """What is known of a room's log from here."""

    version: int


class Page(Watched):
    """One of a person's tabs, as `Tab` is."""

    def __init__(self, name: str, me: int, cookie: str, address: Address, kind: str) -> None:
        super().__init__()
        self.name, self.me, self.cookie, self.address, self.kind = name, me, cookie, address, kind
        self.is_connected = self.in_step = False
        self.views: dict[str, Log] = {}
        self.connections = 0
        self.heard: list[str] = []
        self._asked: dict[int, asyncio.Future[JSON]] = {}
        self._numbers = itertools.count()
        self._process: asyncio.subprocess.Process | None = None

    async def live(self) -> None:
        """Run until cancelled."""
        node = shutil.which("node")
        assert node
        host, port = self.address
        command = [node, "tests/faults/page.mjs", f"http://{host}:{port}", self.cookie, str(self.me), *KINDS[self.kind]]
        process = self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE
        )
        try:
            assert process.stdout
            while line := await process.stdout.readline():
                await self._said(json.loads(line))
            raise AssertionError(f"{self.name}: the page has ended, {await process.wait()}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _said(self, line: JSON) -> None:
        if state := line.get("state"):
            self.connections += state["connected"] and not self.is_connected
            self.is_connected, self.in_step = state["connected"], state["in_step"]
            self.views = {slug: Log(version) for slug, version in state["versions"].items()}
            self.heard = [*self.heard[-20:], json.dumps(state)]
        else:
            answer = self._asked.get(line["n"])
            if answer and not answer.done():
                answer.set_result(line)
        async with self.changed:
            self.changed.notify_all()

    async def ask(self, event: str, payload: JSON, patience: float = ANSWER) -> JSON:
        """Say something; return the acknowledgement. Raises Broken where none came."""
        if event == "message" and "attachments" not in payload:
            return await self._answer({"say": payload}, 3 * patience)
        return await self._answer({"ask": [event, payload], "patience": patience}, patience + 1)

    async def _answer(self, line: JSON, patience: float) -> JSON:
        if self._process is None or self._process.stdin is None:
            raise Broken("not there yet")
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._process.stdin.write(json.dumps({"n": number, **line}).encode() + b"\n")
            async with asyncio.timeout(patience):
                told = await answer
        except (OSError, TimeoutError) as error:
            raise Broken(repr(error)) from None
        finally:
            self._asked.pop(number, None)
        if "broken" in told:
            raise Broken(told["broken"])
        answered: JSON = told["told"]
        return answered

    async def differs(self, fresh: Shown) -> str:
        """Where it shows another thing than one who has just come: how the person stands, and the messages of its window; "" nowhere."""
        shown = await self._answer({"show": True}, 30)
        seen = {room["slug"]: {name: room[name] for name in STANDING} for room in shown["rooms"]}
        wanted = {slug: {name: each["room"][name] for name in STANDING} for slug, each in fresh["rooms"].items()}
        for slug, log in shown["logs"].items():
            window = [
                message
                for message in fresh["rooms"][slug]["messages"]
                if log["first"] <= message["seq"] and "thread" not in message
            ]
            seen[slug] |= {"messages": log["messages"], "is live": log["live"]}
            wanted[slug] |= {"messages": window, "is live": True}
        return differences(wanted, seen)
