"""A tab: a client that keeps the whole of the protocol (docs/protocol.md), whatever becomes of its connections.

It holds everything that it may see, by the sync rule; so what is unread it can count by the definition, without the server's help.
Invariant: what it holds of a room is the room at its version; it is `in_step` when it knows of nothing later.
"""

import asyncio
import difflib
import itertools
import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.faults.watched import Watched
from tests.faults.wire import SOON, TRANSPORTS, Address, Broken, Http

JSON = dict[str, Any]
Shown = dict[str, Any]  # all that somebody sees
STRAGGLERS = 0.1  # seconds that a gap may close by itself
ANSWER = 5.0  # seconds for an acknowledgement


def canonical(shown: Any) -> bytes:
    """The same bytes for the same thing."""
    return json.dumps(shown, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def differences(expected: Any, seen: Any) -> str:
    """Where two things are not the same, byte for byte: a few lines of it; "" where they are."""
    if canonical(expected) == canonical(seen):
        return ""
    texts = [json.dumps(each, sort_keys=True, ensure_ascii=False, indent=1).splitlines() for each in (expected, seen)]
    return "\n".join(list(difflib.unified_diff(*texts, "expected", "seen", lineterm="", n=4))[:60])


class SignedOut(Exception):
    """The site does not let the person in any more."""


@dataclass
class View:
    """One room, as a tab sees it."""

    slug: str
    version: int = 0
    messages: dict[int, JSON] = field(default_factory=dict)
    held: dict[int, JSON] = field(default_factory=dict)  # changes ahead of their turn, by version
    room: JSON = field(default_factory=dict)  # as the server last said
    last_seq: int = 0
    is_doubtful: bool = False  # the server's word on the room was older than what we have: ask again
    is_partial: bool = False  # the history before what a reset brought is not here yet

    @property
    def is_behind(self) -> bool:
        """Whether something later is known to exist."""
        return bool(self.held) or self.is_doubtful or not self.room or self.room.get("version", 0) > self.version

    def stand(self, room: JSON, rewound: bool = False) -> None:
        """The server's word on the room and on what is the person's own in it."""
        if room["version"] < self.version and not rewound:
            return
        self.room = dict(room)
        self.last_seq = max(room["last_seq"], max(self.messages, default=0))
        self.is_doubtful = False

    def offer(self, me: int, news: JSON) -> None:
        """A live event."""
        if news["version"] > self.version:
            self.held[news["version"]] = news["message"]
            self.go_on(me)

    def go_on(self, me: int) -> None:
        """Apply what is next in turn."""
        for version in [version for version in self.held if version <= self.version]:
            del self.held[version]
        while message := self.held.pop(self.version + 1, None):
            self.version += 1
            self.take(me, message)

    def take(self, me: int, message: JSON) -> None:
        """Upsert by number; one's own new message in the log reads the room."""
        seq = message["seq"]
        if seq > self.last_seq:
            self.last_seq = seq
            if message["author"]["id"] == me and "thread" not in message:
                self.room["last_read_seq"] = seq
        known = self.messages.get(seq)
        if known is None or known["version"] < message["version"]:
            self.messages[seq] = message

    def caught_up(self, me: int, answer: JSON, since: int) -> None:
        """The answer to `sync`, asked with the version `since`."""
        if answer.get("reset"):
            if answer["version"] <= self.version and since != self.version:
                return
            self.messages, self.version, self.is_partial = {}, answer["version"], True
            self.room["version"] = 0
            self.stand(answer["room"], rewound=True)
        else:
            self.stand(answer["room"])
        for message in answer["messages"]:
            self.take(me, message)
        self.version = max(self.version, answer["version"])
        self.go_on(me)

    def shown(self, me: int) -> JSON:
        """What the person sees: the room, its messages, and what is unread by the definition."""
        mark = self.room["last_read_seq"]
        above = [
            each
            for seq, each in self.messages.items()
            if seq > mark and not each["deleted"] and "thread" not in each and each["author"]["id"] != me
        ]
        calls = above if self.room["kind"] == "direct" else [each for each in above if is_called(me, each)]
        room = self.room | {"version": self.version, "last_seq": self.last_seq}
        room |= {"unread": len(above), "mentions": len(calls)}
        return {"room": room, "messages": [self.messages[seq] for seq in sorted(self.messages)]}


def is_called(me: int, message: JSON) -> bool:
    """Whether a message of somebody else's calls the person."""
    mentions = message.get("mentions", {"room": False, "users": []})
    return bool(mentions["room"]) or me in mentions["users"]


@dataclass
class Asked:
    """What was said and is to be answered; with None where the connection was cut off."""

    event: str
    payload: JSON
    answer: "asyncio.Future[JSON | None]"


class Tab(Watched):
    """One of a person's tabs. `live()` runs for as long as it is open."""

    def __init__(
        self, name: str, me: int, cookie: str, address: Address, transport: str, chance: random.Random
    ) -> None:
        """`me`: the person's id; `transport`: of `TRANSPORTS`."""
        super().__init__()
        self.name, self.me, self.cookie, self.address, self.kind = name, me, cookie, address, transport
        self.chance = chance
        self.views: dict[str, View] = {}
        self.saved: dict[str, set[int]] = {}
        self.online: dict[str, JSON] = {}
        self.connections = 0
        self.heard: list[str] = []  # the last of what happened to it, for the log of a failed run
        self.http = Http(address, cookie)
        self._transport: Any = None
        self._is_greeted = False
        self._asked: dict[int, Asked] = {}
        self._numbers = itertools.count()
        self._sync_due: asyncio.Event = asyncio.Event()
        self._is_syncing = False

    # --- What others see of it ---

    @property
    def is_connected(self) -> bool:
        """Whether the server has said hello on this connection."""
        return self._is_greeted

    @property
    def in_step(self) -> bool:
        """Whether it is connected and knows of nothing that it lacks."""
        is_calm = self.is_connected and not self._is_syncing and not self._sync_due.is_set()
        return is_calm and not any(view.is_behind or view.is_partial for view in self.views.values())

    async def differs(self, fresh: Shown) -> str:
        """Where it shows another thing than one who has just come; "" nowhere."""
        return differences(fresh, self.shown())

    def shown(self) -> Shown:
        """All that the person sees in it."""
        saved = {slug: sorted(seqs) for slug, seqs in sorted(self.saved.items()) if seqs}
        return {"saved": saved, "rooms": {slug: view.shown(self.me) for slug, view in sorted(self.views.items())}}

    async def ask(self, event: str, payload: JSON, patience: float = ANSWER) -> JSON:
        """Say something; return the acknowledgement. Raises Broken where none came: it may have been done, or not."""
        if not self.is_connected:
            raise Broken("not connected")
        number = next(self._numbers)
        answer: asyncio.Future[JSON | None] = asyncio.get_running_loop().create_future()
        self._asked[number] = Asked(event, payload, answer)
        try:
            async with asyncio.timeout(patience):
                await self._transport.send(f"42{number}{json.dumps([event, payload])}")
                told = await answer
        except TimeoutError:
            raise Broken(f"{event}: no answer") from None
        finally:
            self._asked.pop(number, None)
        if told is None:
            raise Broken(f"{event}: cut off")
        return told

    # --- The connection ---

    async def live(self) -> None:
        """Connect, listen, and come back whenever it is cut, until cancelled. Raises SignedOut."""
        syncing = asyncio.create_task(self._catch_up())
        try:
            while True:
                try:
                    await self._connection()
                except Broken as why:
                    self._note(f"broken: {why}")
                finally:
                    self._fell()
                await self._tell()
                await asyncio.sleep(self.chance.uniform(0.05, 0.6))
        finally:
            syncing.cancel()
            self.http.close()

    async def _connection(self) -> None:
        self._transport = await TRANSPORTS[self.kind].open(self.address, self.cookie)
        self.connections += 1
        await self._transport.send("40")
        joined = asyncio.get_running_loop().time()
        while True:
            for packet in await self._transport.receive():
                await self._packet(packet)
            if not self.is_connected and asyncio.get_running_loop().time() - joined > 4 * SOON:
                raise Broken("no hello")

    def _fell(self) -> None:
        self._is_greeted = False
        if self._transport:
            self._transport.close()
            self._transport = None
        for asked in self._asked.values():
            if not asked.answer.done():
                asked.answer.set_result(None)

    async def _packet(self, packet: str) -> None:
        if packet == "2":
            await self._transport.send("3")
        elif packet.startswith("42"):
            [_, data] = json.loads(packet[2:])
            self._hear(data)
        elif packet.startswith("43"):
            number, _, rest = packet[2:].partition("[")
            asked = self._asked.get(int(number))
            if asked and not asked.answer.done():
                told = json.loads("[" + rest)[0]
                self._answered(asked.event, asked.payload, told)  # now: what comes next may be newer
                asked.answer.set_result(told)
        elif packet.startswith("44"):
            told = json.loads(packet[2:])
            if (told.get("data") or {}).get("code") == "forbidden":
                raise SignedOut(f"{self.name}: {told}")
            raise Broken(f"refused: {told}")
        elif packet[:1] == "1" or packet.startswith("41"):
            raise Broken("sent away")
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _note(self, line: str) -> None:
        self.heard.append(line)
        del self.heard[:-30]

    # --- What it hears ---

    def _hear(self, data: JSON) -> None:
        match data:
            case {"type": "hello"}:
                self._hello(data)
            case {"type": "message", "room": slug} if slug in self.views:
                view = self.views[slug]
                view.offer(self.me, data)
                if view.is_behind:
                    self._note(f"gap in {slug}: {data['version']} above {view.version}")
                    asyncio.get_running_loop().call_later(STRAGGLERS, self._sync_due.set)
            case {"type": "read", "room": slug} if slug in self.views:
                self.views[slug].room["last_read_seq"] = data["last_read_seq"]
            case {"type": "thread", "room": slug} if slug in self.views:
                self._thread(slug, data)
            case {"type": "saved", "room": slug, "seq": seq, "on": on}:
                here = self.saved.setdefault(slug, set())
                (here.add if on else here.discard)(seq)
            case {"type": "room", "room": slug} if slug not in self.views and "version" in data:
                self.views[slug] = View(slug)
                self._sync_due.set()
            case {"type": "signed_out"}:
                raise SignedOut(self.name)

    def _hello(self, hello: JSON) -> None:
        assert hello["user"]["id"] == self.me
        self._is_greeted = True
        self._note(f"hello, connection {self.connections}")
        self.online = hello["online"]
        self.saved = {slug: set(seqs) for slug, seqs in hello.get("saved", {}).items()}
        rooms = {room["slug"]: room for room in hello["rooms"]}
        for slug in self.views.keys() - rooms.keys():
            del self.views[slug]
        for slug, room in rooms.items():
            view = self.views.setdefault(slug, View(slug))
            view.is_doubtful = True  # whatever it says: a sync follows
            if room["version"] >= view.version:
                view.stand(room)
                view.is_doubtful = True
        self._sync_due.set()

    def _thread(self, slug: str, data: JSON) -> None:
        room = self.views[slug].room
        others = [each for each in room["threads"] if each["seq"] != data["seq"]]
        now = {name: data[name] for name in ("seq", "last_read_seq", "unread", "mentions")}
        room["threads"] = sorted([*others, now] if now["unread"] else others, key=lambda each: each["seq"])

    def _answered(self, event: str, payload: JSON, told: JSON) -> None:
        """What an acknowledgement says of one's own standing."""
        if not told["ok"] or payload.get("room") not in self.views:
            return
        if event in ("read", "unread") and "following" not in told:
            self.views[payload["room"]].room["last_read_seq"] = told["last_read_seq"]
        if "following" in told:
            self._thread(payload["room"], told)

    # --- Catching up ---

    async def _catch_up(self) -> None:
        """Ask for what is missing, as long as something is; at most one question is on its way."""
        while True:
            await self._sync_due.wait()
            self._sync_due.clear()
            self._is_syncing = True
            try:
                await self._sync()
            except Broken as why:
                self._note(f"sync: {why}")
                if self.is_connected:
                    asyncio.get_running_loop().call_later(1, self._sync_due.set)
            finally:
                self._is_syncing = False
            await self._tell()

    async def _sync(self) -> None:
        while behind := {slug: view.version for slug, view in self.views.items() if view.is_behind}:
            answer = await self.ask("sync", {"rooms": behind})
            if not answer["ok"]:
                await asyncio.sleep(answer["error"].get("retry_after", 1))
                continue
            for slug, result in answer["rooms"].items():
                if "error" in result:
                    raise AssertionError(f"{self.name}: sync of {slug}: {result}")
                self.views[slug].caught_up(self.me, result, behind[slug])
            if any(result.get("reset") for result in answer["rooms"].values()):
                self._note(f"reset: {[slug for slug, result in answer['rooms'].items() if result.get('reset')]}")
        for view in self.views.values():
            if view.is_partial:
                await self._read_back(view)

    async def _read_back(self, view: View) -> None:
        """After a reset: the history before the latest page; then what stands in threads, which are the numbers that are missing still."""
        has_before = True
        while has_before:
            log = [seq for seq, each in view.messages.items() if "thread" not in each]
            page = await self._take_page(view, f"messages/?before={min(log, default=view.last_seq + 1)}")
            has_before = page["has_before"] and bool(page["messages"])
        while missing := set(range(1, view.last_seq + 1)) - view.messages.keys():
            one, before = min(missing), view.last_seq + 1
            while before:
                page = await self._take_page(view, f"threads/{one}/?before={before}")
                answers = [message["seq"] for message in page["messages"] if "thread" in message]
                before = min(answers) if answers and page["has_before"] else 0
            assert one in view.messages, f"{self.name}: {view.slug} #{one} is on no page"
        view.is_partial = False

    async def _take_page(self, view: View, path: str) -> JSON:
        page = await self.page(view.slug, path)
        for message in page["messages"]:
            view.take(self.me, message)
        return page

    async def page(self, slug: str, path: str) -> JSON:
        """A page of history. Raises Broken."""
        while True:
            status, body = await self.http.ask("GET", f"/api/rooms/{slug}/{path}", patience=2 * SOON)
            if status == 200:
                answer: JSON = json.loads(body)
                return answer
            if status not in (429, 503, 502, 504):
                raise AssertionError(f"{self.name}: {path}: {status} {body[:200]!r}")
            await asyncio.sleep(1)
