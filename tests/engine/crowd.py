"""Many members in one process, each a light Socket.IO client that keeps the protocol: versions, gaps, sync, retries with a client_id.

What a member knows (`held`, `acknowledged`, what is not acknowledged yet) outlives its connections, as it does in a browser.
"""

import asyncio
import uuid
from typing import Any

import orjson

from tests.engine.wire import TEXT, masked, request

JSON = dict[str, Any]
SYNC, POST = 1, 2  # ids of acknowledgements
NEWS = b'42["data",{"type":"message"'


class Member(asyncio.Protocol):
    """One person in one room, who says one thing after another while `crowd.is_talking`."""

    def __init__(self, crowd: "Crowd", name: str, cookie: str) -> None:
        self.crowd, self.name, self.cookie = crowd, name, cookie
        self.version = 0
        self.held: dict[int, JSON] = {}
        self.acknowledged: list[str] = []
        self.pending: JSON | None = None  # said, and not yet acknowledged
        self.transport: Any = None
        self.is_syncing = False

    # --- the wire

    def connection_made(self, transport: Any) -> None:
        self.transport, self.buffer, self.has_head = transport, b"", False
        self.early: list[JSON] = []  # news that came before the answer to `sync`
        transport.write(request(Cookie=self.cookie))
        self.send(b"40")

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.crowd.changed()

    def send(self, text: bytes) -> None:
        self.transport.write(masked(TEXT, text, key=b"\0\0\0\0"))

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data
        if not self.has_head:
            if b"\r\n\r\n" not in buffer:
                self.buffer = buffer
                return
            assert buffer.startswith(b"HTTP/1.1 101"), buffer
            buffer, self.has_head = buffer.split(b"\r\n\r\n", 1)[1], True
        at = 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1], at + 2
            if size > 125:
                long = 2 if size == 126 else 8
                size, start = int.from_bytes(buffer[start : start + long], "big"), start + long
            if len(buffer) < start + size:
                break
            if buffer[at] & 15 == TEXT:
                self.on_text(buffer[start : start + size])
            at = start + size
        self.buffer = buffer[at:]

    # --- the protocol

    def on_text(self, text: bytes) -> None:
        if text.startswith(NEWS):
            news = orjson.loads(text[2:])[1]
            if self.is_syncing:
                self.early.append(news)
            else:
                self.apply(news)
        elif text.startswith(b"432"):
            self.on_posted(*orjson.loads(text[3:]))
        elif text.startswith(b"431"):
            self.on_synced(orjson.loads(text[3:])[0]["rooms"][self.crowd.room])
        elif text == b"2":
            self.send(b"3")
        elif text.startswith(b"40"):
            self.sync()
            if self.pending:
                self.post()

    def sync(self) -> None:
        self.is_syncing = True
        asked = ["sync", {"rooms": {self.crowd.room: self.version}}]
        self.send(b"42%d%s" % (SYNC, orjson.dumps(asked)))

    def on_synced(self, answer: JSON) -> None:
        assert not answer.get("reset"), "too far behind for this test"
        self.held |= {message["seq"]: message for message in answer["messages"]}
        self.version = answer["version"]
        if answer["more"]:
            self.sync()
            return
        self.is_syncing = False
        early, self.early = self.early, []
        for news in early:
            self.apply(news)
        if not self.pending:
            self.talk()
        self.crowd.changed()

    def apply(self, news: JSON) -> None:
        if news["version"] == self.version + 1:
            self.version += 1
            self.held[news["message"]["seq"]] = news["message"]
        elif news["version"] > self.version and not self.is_syncing:
            self.sync()

    def talk(self) -> None:
        """Say the next thing, if it is time to."""
        if self.crowd.is_talking:
            body = f"{self.name} says {len(self.acknowledged)}"
            self.pending = {"room": self.crowd.room, "body": body, "client_id": str(uuid.uuid4())}
            self.post()

    def post(self) -> None:
        self.send(b"42%d%s" % (POST, orjson.dumps(["message", self.pending])))

    def on_posted(self, answer: JSON) -> None:
        assert answer["ok"], answer
        assert self.pending and answer["message"]["client_id"] == self.pending["client_id"]
        self.acknowledged.append(self.pending["client_id"])
        self.pending = None
        self.talk()
        self.crowd.changed()


class Crowd:
    """The members of a room, and what a test waits for."""

    def __init__(self, room: str, cookies: dict[str, str]) -> None:
        """`cookies`: the Cookie header of each member, by name."""
        self.room = room
        self.is_talking = True
        self.members = [Member(self, name, cookie) for name, cookie in cookies.items()]
        self.changed = lambda: None

    @property
    def acknowledged(self) -> int:
        """How many messages all members together know to be stored."""
        return sum(len(member.acknowledged) for member in self.members)

    async def connect(self, port: int) -> None:
        """Let everybody in, all at once."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.create_connection(lambda m=m: m, "127.0.0.1", port) for m in self.members))  # type: ignore[misc]

    async def until(self, condition: Any, timeout: float = 60) -> None:
        """Wait until `condition()` holds; it is asked whenever something has happened to a member."""
        reached = asyncio.get_running_loop().create_future()

        def changed() -> None:
            if not reached.done() and condition():
                reached.set_result(None)

        self.changed = changed
        changed()
        await asyncio.wait_for(reached, timeout)
        self.changed = lambda: None
