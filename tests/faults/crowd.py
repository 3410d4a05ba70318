"""People with several tabs each, who do at random, by a seed, what people do; and do it until they have an answer.

A retry goes out as it stands, by whichever tab or by the API, as a browser's outbox does it.
"""

import asyncio
import json
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.ledger import Ledger, Post
from tests.faults.page import KINDS as PAGES
from tests.faults.page import Page
from tests.faults.tab import SignedOut, Tab
from tests.faults.wire import Address, Broken, Http

JSON = dict[str, Any]
EMOJI = ["👍", "🎉", "❤️", "👩‍👩‍👧"]
WORDS = ["hello", "*soon*", "see http://example.com/?a=1&b=2", "`x < y`", "über – 你好", "> said before", "line\nline"]
PATIENCE = [1.5, 5.0, 5.0, 12.0]  # seconds for an answer: some give up early and ask again, some late
FEW = 40  # of the latest messages are talked about


@dataclass
class Person:
    """Somebody, and their open tabs."""

    id: int
    handle: str
    cookie: str
    rooms: list[str]  # that they are in
    moderates: list[str]
    tabs: list[Tab | Page] = field(default_factory=list)


class Crowd:
    """All of them. `live` until cancelled; `stop` ends what they do, and leaves the tabs open."""

    def __init__(
        self, people: list[Person], address: Address, transports: list[str],
        chance: random.Random, pace: float,
    ) -> None:  # fmt: skip
        """`transports`: of each of a person's tabs; `pace`: seconds between two doings of one tab, on average."""
        self.people, self.address, self.pace = people, address, pace
        self.rooms = sorted({room for person in people for room in person.rooms})
        self.ledger = Ledger()
        self.is_talking = True
        self.doing: dict[str, str] = {}  # what each hand is at
        self._handles = [person.handle for person in people]
        self._seed = chance.random()
        for person in people:
            for n, transport in enumerate(transports):
                name = f"{person.handle}/{n} ({transport})"
                known = name, person.id, person.cookie, address, transport
                is_page = transport in PAGES
                person.tabs.append(Page(*known) if is_page else Tab(*known, random.Random(f"{self._seed}/{name}")))

    @property
    def tabs(self) -> list[Tab | Page]:
        """Everybody's."""
        return [tab for person in self.people for tab in person.tabs]

    async def live(self) -> None:
        """Open all tabs, and do things in them. Raises the first error of any."""
        async with asyncio.TaskGroup() as tasks:
            for person in self.people:
                for tab in person.tabs:
                    tasks.create_task(tab.live())
                    tasks.create_task(self._talk(person, tab))

    async def stop(self, patience: float) -> None:
        """Let everybody finish what they are at. Raises AssertionError where somebody has no answer within `patience` seconds."""
        self.is_talking = False
        deadline = asyncio.get_running_loop().time() + patience
        while self.doing:
            assert asyncio.get_running_loop().time() < deadline, f"never answered: {self.doing}"
            await asyncio.sleep(0.1)

    async def _talk(self, person: Person, tab: Tab | Page) -> None:
        chance = random.Random(f"{self._seed}/{tab.name}/doings")
        acts: list[tuple[int, Callable[..., Awaitable[None]]]] = [
            (30, self._post), (1, self._intrude), (10, self._answer), (6, self._quote), (4, self._attach), (15, self._edit), (4, self._delete),
            (20, self._react), (4, self._pin), (4, self._save), (12, self._read), (2, self._unread), (3, self._follow),
            (4, self._thread_read),
        ]  # fmt: skip
        weights = [weight for weight, _ in acts]
        while True:
            await asyncio.sleep(chance.expovariate(1 / self.pace))
            if not self.is_talking:
                continue
            [(_, act)] = chance.choices(acts, weights)
            self.doing[tab.name] = act.__name__
            try:
                await act(Hand(self, person, tab, chance), chance.choice(person.rooms))
            finally:
                self.doing.pop(tab.name, None)

    # --- What people do ---

    async def _post(self, hand: "Hand", room: str, **more: Any) -> None:
        body = " ".join(hand.chance.choices(WORDS, k=hand.chance.randint(1, 4)))
        if hand.chance.random() < 0.2:
            body += f" @{hand.chance.choice([*self._handles, 'room'])}"
        draft = {
            "room": room,
            "body": f"{body} {hand.chance.getrandbits(40):x}",
            "client_id": hand.name(),
        } | more
        await hand.say(draft)

    async def _intrude(self, hand: "Hand", room: str) -> None:
        """Try it where one is not in: refused, whatever happens."""
        await self._post(hand, hand.chance.choice(self.rooms))

    async def _answer(self, hand: "Hand", room: str) -> None:
        if root := hand.one(room, lambda post: "thread" not in post.draft):
            await self._post(hand, room, thread=root.seq)

    async def _quote(self, hand: "Hand", room: str) -> None:
        if parent := hand.one(room, lambda post: "thread" not in post.draft):
            await self._post(hand, room, reply_to=parent.seq)

    async def _attach(self, hand: "Hand", room: str) -> None:
        if sent := await hand.upload(room, hand.chance.randbytes(hand.chance.randint(1, 60_000))):
            await self._post(hand, room, attachments=[sent])

    async def _edit(self, hand: "Hand", room: str) -> None:
        post = hand.one(room, lambda post: post.author == hand.person.id)
        if post is None:
            return
        body = f"edited {hand.chance.getrandbits(40):x} {hand.chance.choice(WORDS)}"
        with self.ledger.alone("words", post.at) as alone:
            asked = {"room": room, "seq": post.seq, "body": body, "client_id": hand.name()}
            if alone and (await hand.insist("edit", asked))["ok"]:
                post.bodies.append(body)

    async def _delete(self, hand: "Hand", room: str) -> None:
        may_all = room in hand.person.moderates
        post = hand.one(room, lambda post: may_all or post.author == hand.person.id)
        if post is None:
            return
        told = await hand.insist("delete", {"room": room, "seq": post.seq})
        assert told["ok"] or told["error"]["code"] == "not_found", (
            told
        )  # not found: it is deleted already, by the last try or somebody else
        self.ledger.deleted.add(post.at)

    async def _react(self, hand: "Hand", room: str) -> None:
        if post := hand.one(room):
            emoji, key = hand.chance.choice(EMOJI), (post.at, hand.person.id)
            with self.ledger.alone(key, emoji) as alone:
                on = not self.ledger.reactions.get((*key, emoji), False)
                asked = {"room": room, "seq": post.seq, "emoji": emoji, "on": on, "client_id": hand.name()}
                if alone and (await hand.insist("react", asked))["ok"]:
                    self.ledger.reactions[*key, emoji] = on

    async def _pin(self, hand: "Hand", room: str) -> None:
        if post := hand.one(room):
            with self.ledger.alone("pin", post.at) as alone:
                on = not self.ledger.pins.get(post.at, False)
                asked = {"room": room, "seq": post.seq, "on": on, "client_id": hand.name()}
                if alone and (await hand.insist("pin", asked))["ok"]:
                    self.ledger.pins[post.at] = on

    async def _save(self, hand: "Hand", room: str) -> None:
        if post := hand.one(room):
            with self.ledger.alone("save", post.at, hand.person.id) as alone:
                on = not self.ledger.saved.get((post.at, hand.person.id), False)
                asked = {"room": room, "seq": post.seq, "on": on, "client_id": hand.name()}
                if alone and (await hand.insist("save", asked))["ok"]:
                    self.ledger.saved[post.at, hand.person.id] = on

    async def _read(self, hand: "Hand", room: str) -> None:
        if post := hand.one(room):
            with self.ledger.alone("mark", room, hand.person.id) as alone:
                if alone and (await hand.insist("read", {"room": room, "seq": post.seq}))["ok"]:
                    self.ledger.read(room, hand.person.id, post.seq)

    async def _unread(self, hand: "Hand", room: str) -> None:
        if hand.person.id % 2 == 0:  # of the others it is known below what their mark is not
            return
        if post := hand.one(room, lambda post: "thread" not in post.draft):
            with self.ledger.alone("mark", room, hand.person.id) as alone:
                if alone:
                    await hand.insist("unread", {"room": room, "seq": post.seq, "client_id": hand.name()})

    async def _follow(self, hand: "Hand", room: str) -> None:
        if post := hand.one(room, lambda post: "thread" not in post.draft):
            on = hand.chance.random() < 0.7
            await hand.insist("follow", {"room": room, "seq": post.seq, "on": on, "client_id": hand.name()})

    async def _thread_read(self, hand: "Hand", room: str) -> None:
        if post := hand.one(room, lambda post: "thread" in post.draft):
            await hand.insist("thread_read", {"room": room, "seq": post.draft["thread"], "upto": post.seq})


class Hand:
    """A person at one of their tabs, who asks until there is an answer."""

    def __init__(self, crowd: Crowd, person: Person, tab: Tab | Page, chance: random.Random) -> None:
        self.crowd, self.person, self.tab, self.chance = crowd, person, tab, chance

    def name(self) -> str:
        """Of one's own for what is done next (`client_id`)."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def one(self, room: str, fits: Callable[[Post], bool] = lambda post: True) -> Post | None:
        """One of the latest messages of the room that are not deleted, as far as anybody knows."""
        ledger = self.crowd.ledger
        latest = [each for each in ledger.said.get(room, [])[-FEW:] if fits(each) and each.at not in ledger.deleted]
        return self.chance.choice(latest) if latest else None

    async def say(self, draft: JSON) -> None:
        """Post, once however often it is sent."""
        ledger = self.crowd.ledger
        post = ledger.posts[draft["client_id"]] = Post(self.person.id, draft, bodies=[draft["body"]])
        told = await self.insist("message", draft, api=self.chance.random() < 0.25)
        if told["ok"]:
            assert told["message"]["client_id"] == draft["client_id"], told
            ledger.acknowledged(post, told["message"]["seq"])
        else:
            post.refused = told["error"]["code"]

    async def insist(self, event: str, payload: JSON, api: bool = False) -> JSON:
        """Ask until there is an answer that is final: done, or refused for good. `api`: a message may go by HTTP."""
        tab, ledger = self.tab, self.crowd.ledger
        while True:
            try:
                by_http = api and self.chance.random() < 0.5
                told = await (
                    self._by_http(payload) if by_http else tab.ask(event, payload, self.chance.choice(PATIENCE))
                )
            except Broken:
                ledger.retries += 1
                tab = self.chance.choice(self.person.tabs)
                await tab.until(lambda: tab.is_connected, 1)  # noqa: B023
                await asyncio.sleep(0.05)
                continue
            ledger.answered(event, payload, told)
            if told["ok"] or "retry_after" not in told["error"]:
                return told
            await asyncio.sleep(told["error"]["retry_after"])

    async def _by_http(self, draft: JSON) -> JSON:
        asked = {name: value for name, value in draft.items() if name != "room"}
        return await self._http(draft["room"], "messages/", json.dumps(asked).encode(), "application/json")

    async def upload(self, room: str, content: bytes) -> str | None:
        """Send a file ahead, once however often it is sent; return its id, or None if there is no room for more of this person's."""
        id, edge = str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), "edge-of-a-part"
        part = f'--{edge}\r\nContent-Disposition: form-data; name="{{}}"'
        body = (
            part.format("id") + f"\r\n\r\n{id}\r\n" + part.format("file") + '; filename="noise.bin"\r\n\r\n'
        ).encode()
        body += content + f"\r\n--{edge}--\r\n".encode()
        while True:
            try:
                told = await self._http(room, "attachments/", body, f"multipart/form-data; boundary={edge}")
            except Broken:
                self.crowd.ledger.retries += 1
                await asyncio.sleep(0.3)
                continue
            if told["ok"]:
                return str(told["attachment"]["id"])
            if "retry_after" not in told["error"]:
                return None
            await asyncio.sleep(told["error"]["retry_after"])

    async def _http(self, room: str, path: str, body: bytes, kind: str) -> JSON:
        http = Http(self.crowd.address, self.person.cookie)
        try:
            status, answer = await http.ask(
                "POST", f"/api/rooms/{room}/{path}", body, kind, self.chance.choice(PATIENCE)
            )
        finally:
            http.close()
        if not answer.startswith(b"{"):  # a proxy's word
            assert status in (502, 503, 504), (status, answer[:200])
            raise Broken(f"{status}")
        told: JSON = json.loads(answer)
        return told


__all__ = ["Crowd", "Hand", "Person", "SignedOut"]
