"""A run: people talk, faults come by the schedule; then everything is calm, and the verdict is spoken.

The verdict: every acknowledged change is there exactly once, none that was refused is; all tabs, and one that has just come, show the same, byte for
byte; `manage.py doctor` finds nothing. Nobody is made to reconnect or to sync for it: the tabs hear a last word in each room after the faults.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.faults.crowd import Crowd, Hand, Person
from tests.faults.ledger import Post
from tests.faults.network import Network
from tests.faults.page import Page
from tests.faults.schedule import Event, lane
from tests.faults.site import Fault, Site
from tests.faults.tab import Shown, Tab, differences

JSON = dict[str, Any]
FINISH = (
    90.0  # seconds in which everybody has their answer once it is calm, the longest patience of the server's included
)
AGREE = 60.0  # seconds in which all tabs are in step after the last word


class Failed(AssertionError):
    """What the verdict holds against the site."""


class Run:
    """One run of one seed against one site."""

    def __init__(
        self, site: Site, seed: int, *, people: int = 4, transports: Sequence[str] = ("websocket", "polling", "upgraded", "page"),
        pace: float = 0.5, speed: float = 1.0, log: Any = print,
    ) -> None:  # fmt: skip
        """`transports`: of each person's tabs; `pace`: seconds between two doings of a tab; `speed`: the schedule is so many times faster."""
        self.site, self.seed, self.speed, self.log = site, seed, speed, log
        self.chance = random.Random(seed)
        self.network = Network(site.address, self.chance)
        self.happened: Counter[str] = Counter()
        self.begun: dict[str, int] = {}  # how many lines the site's log had when each kind first came
        self._size, self._transports, self._pace = people, list(transports), pace
        self._begun = time.monotonic()

    async def go(self, seconds: float | None) -> JSON:
        """Do it all, with faults for so long, or until every kind has come; return what there was of everything.

        Raises Failed, or what went wrong in the harness.
        """
        await self.network.open()
        crowd = self.crowd = self._gather()
        living = asyncio.create_task(crowd.live())
        try:
            async with self._alive(living):
                await self._weather(seconds)
                await self.site.mend()
                self.network.calm()
                self.tell("calm")
                await crowd.stop(FINISH)
                await self._last_words()
                await self._settle()
                found = await self._verdict()
            if found:
                raise Failed("\n\n".join(found))
            return self.summary()
        finally:
            living.cancel()
            with suppress(asyncio.CancelledError, BaseExceptionGroup):
                await living
            await self.network.close()

    def tell(self, line: str) -> None:
        """A line of the log, with the seconds since the beginning."""
        self.log(f"{time.monotonic() - self._begun:7.2f}  {line}")

    def summary(self) -> JSON:
        """What there was of everything."""
        ledger = self.crowd.ledger
        return {
            "seed": self.seed, "seconds": round(time.monotonic() - self._begun), "faults": dict(sorted(self.happened.items())),
            "answers": ledger.answers, "retries": ledger.retries, "refusals": ledger.refusals,
            "messages": sum(map(len, ledger.said.values())), "connections": sum(tab.connections for tab in self.crowd.tabs),
            "reset": self.network.reset, "silenced": self.network.silenced, "doubled": self.network.doubled,
        }  # fmt: skip

    @asynccontextmanager
    async def _alive(self, living: "asyncio.Task[None]") -> AsyncIterator[None]:
        """The block goes on while the crowd lives; where somebody falls, so does the block, for that reason."""
        me = asyncio.current_task()
        assert me
        living.add_done_callback(lambda task: None if task.cancelled() else me.cancel())
        try:
            yield
        except asyncio.CancelledError:
            if living.done() and not living.cancelled():
                living.result()
            raise

    # --- Before and while ---

    def _gather(self) -> Crowd:
        hand = self.site.hand
        made = [hand("person", handle=f"p{n}") for n in range(self._size)]
        ids = [each["id"] for each in made]
        hand("room", slug="hall", members=ids[1:], moderators=ids[:1])
        hand("room", slug="nook", members=ids)
        direct = hand("direct", by=ids[0], people=ids[1:3])
        people = [
            Person(
                each["id"],
                each["handle"],
                f"sessionid={each['session']}",
                ["hall", "nook", *[direct] * (n < 3)],
                ["hall"] * (n == 0),
            )
            for n, each in enumerate(made)
        ]
        return Crowd(people, self.network.address, self._transports, self.chance, self._pace)

    async def _weather(self, seconds: float | None) -> None:
        """Both lanes, for so long, or until every kind has come once; a fault that has begun is ended."""
        network: dict[str, Fault] = {
            "cut": self._cut, "slow": self._slow, "shuffled": self._shuffled, "silent": self._silent, "doubled": self._doubled,
        }  # fmt: skip
        kinds = {**self.site.faults, **network}
        until = time.monotonic() + (seconds or 0)

        def is_over() -> bool:
            return time.monotonic() > until if seconds else all(self.happened[name] for name in kinds)

        async with asyncio.TaskGroup() as lanes:
            for faults in (dict(self.site.faults), network):
                chance = random.Random(f"{self.seed}/{'/'.join(faults)}")
                lanes.create_task(self._lane(faults, chance, is_over))

    async def _lane(self, faults: dict[str, Fault], chance: random.Random, is_over: Callable[[], bool]) -> None:
        for event in lane(chance, list(faults), self.speed) if faults else ():
            await asyncio.sleep(event.pause)
            if is_over():
                return
            await self._befall(faults[event.name], event)

    async def _befall(self, fault: Fault, event: Event) -> None:
        self.tell(f"{event.name} ({event.hard:.2f}, {event.seconds:.1f} s)")
        self.begun.setdefault(event.name, len(self.site.log()))
        await fault(event.hard, event.seconds)
        self.happened[event.name] += 1
        ledger, tabs = self.crowd.ledger, self.crowd.tabs
        there = f"{sum(tab.is_connected for tab in tabs)} of {len(tabs)} tabs connected"
        self.tell(f"{event.name} is over: {ledger.answers} answers, {ledger.retries} retries, {there}")

    async def _cut(self, hard: float, seconds: float) -> None:
        self.network.cut(0.2 + 0.8 * hard)

    async def _slow(self, hard: float, seconds: float) -> None:
        self.network.delay = 0.4 * hard
        await asyncio.sleep(seconds)
        self.network.delay = 0.0

    async def _shuffled(self, hard: float, seconds: float) -> None:
        self.network.shuffle = True
        self.network.cut(0.5)  # so that there are connections to be made
        await asyncio.sleep(seconds)
        self.network.shuffle = False

    async def _silent(self, hard: float, seconds: float) -> None:
        self.network.silence = 0.2 + 0.5 * hard
        self.network.cut(0.3)
        await asyncio.sleep(seconds)
        self.network.silence = 0.0

    async def _doubled(self, hard: float, seconds: float) -> None:
        self.network.double = 0.2 + 0.6 * hard
        await asyncio.sleep(seconds)
        self.network.double = 0.0

    # --- After ---

    async def _last_words(self) -> None:
        """One message in each room: whoever lacks something hears by it that there is something."""
        for room in self.crowd.rooms:
            person = self.crowd.people[0]
            chance = random.Random(f"{self.seed}/{room}")
            await self.crowd._post(Hand(self.crowd, person, person.tabs[0], chance), room)

    async def _settle(self) -> None:
        """Wait until every tab is in step with what is stored."""
        self.stored = {slug: self.site.hand("stored", room=slug) for slug in self.crowd.rooms}

        def agrees(tab: Tab | Page) -> bool:
            views = tab.views
            return tab.in_step and all(view.version >= self.stored[slug]["version"] for slug, view in views.items())

        for tab in self.crowd.tabs:
            if not await tab.until(lambda: agrees(tab), AGREE):  # noqa: B023
                seen = {slug: view.version for slug, view in tab.views.items()}
                wanted = {slug: room["version"] for slug, room in self.stored.items()}
                raise Failed(
                    f"{tab.name} never came in step: connected {tab.is_connected}, {seen}, stored {wanted}\n"
                    + "\n".join(tab.heard)
                )
        self.tell("all in step")

    async def _verdict(self) -> list[str]:
        found = [*self._counted(), *self._kept()]
        for person in self.crowd.people:
            fresh = await self._fresh(person)
            found += self._sees_what_is_stored(person, fresh)
            for tab in person.tabs:
                if difference := await tab.differs(fresh):
                    told = "\n".join(tab.heard)
                    found.append(f"{tab.name} shows another thing than one who has just come\n{difference}\n{told}")
        if told := await asyncio.to_thread(self.site.doctor):
            found.append(f"the doctor:\n{told}")
        if trouble := self.site.trouble(self.begun):
            found.append("the log:\n" + "\n".join(trouble[:20]))
        return found

    def _sees_what_is_stored(self, person: Person, fresh: Shown) -> Iterator[str]:
        if sorted(fresh["rooms"]) != sorted(person.rooms):
            yield f"{person.handle} is in {person.rooms}, and sees {list(fresh['rooms'])}"
        for slug, room in fresh["rooms"].items():
            if difference := differences(self.stored[slug]["messages"], room["messages"]):
                yield f"{person.handle}, anew: {slug}\n{difference}"

    async def _fresh(self, person: Person) -> JSON:
        """What somebody sees who has just come, with an empty tab. What the server says is unread must be that by the definition."""
        tab = Tab(f"{person.handle}, anew", person.id, person.cookie, self.site.address, "websocket", random.Random(0))
        living = asyncio.create_task(tab.live())
        try:
            if not await tab.until(lambda: tab.in_step, AGREE):
                raise Failed(f"{tab.name} never came in step\n" + "\n".join(tab.heard))
            shown = tab.shown()
            for slug, view in tab.views.items():
                said = {name: view.room[name] for name in ("unread", "mentions", "last_seq", "version")}
                counted = {name: shown["rooms"][slug]["room"][name] for name in said}
                if said != counted:
                    raise Failed(f"{person.handle} in {slug}: the server says {said}, there are {counted}")
            return shown
        finally:
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living

    def _counted(self) -> list[str]:
        """Messages: each acknowledged one is there once, as it was sent; no other is."""
        found = []
        ledger = self.crowd.ledger
        for slug, room in self.stored.items():
            seqs = [message["seq"] for message in room["messages"]]
            if seqs != list(range(1, room["last_seq"] + 1)):
                found.append(f"{slug}: numbers {seqs}, last {room['last_seq']}")
            there = Counter(message["client_id"] for message in room["messages"])
            told = Counter(post.draft["client_id"] for post in ledger.said.get(slug, ()))
            if there != told:
                found.append(
                    f"{slug}: acknowledged and not there once: {told - there}; there and not acknowledged: {there - told}"
                )
        lost = [post for post in ledger.posts.values() if not post.seq and not post.refused]
        return [*found, *(f"no answer, and it is over: {post}" for post in lost)]

    def _kept(self) -> list[str]:
        """What was done to them: the last acknowledged word on each thing is how it is."""
        ledger, found = self.crowd.ledger, []
        messages = {
            (slug, message["seq"]): message for slug, room in self.stored.items() for message in room["messages"]
        }
        revisions = self.site.hand("revisions", rooms=self.crowd.rooms)
        for post in (post for said in ledger.said.values() for post in said):
            message = messages.get(post.at)
            if message is None or (post.at in ledger.deleted) != message["deleted"]:
                found.append(f"{post.at}: deleted {post.at in ledger.deleted}, stored {message}")
            elif not message["deleted"]:
                before = revisions.get(f"{post.draft['room']}/{post.seq}", [])
                found += self._as_said(post, message, [*before, message["body"]])
        for at, event in ledger.not_found.items():
            if at not in ledger.deleted:
                found.append(f"{event} of {at} was refused as not found; it stands")
        saved = {(slug, seq, user) for slug, seq, user in self.site.hand("saved", rooms=self.crowd.rooms)}
        for (at, user), on in ledger.saved.items():
            if ((*at, user) in saved) != on:
                found.append(f"{at} saved by {user}: {on}, stored {not on}")
        marks = self.site.hand("marks", rooms=self.crowd.rooms)
        for (room, user), mark in ledger.marks.items():
            if user % 2 == 0 and marks[f"{room}/{user}"] < mark:
                found.append(f"{user} has read {room} up to {mark}, stored {marks[f'{room}/{user}']}")
        return found

    def _as_said(self, post: Post, message: JSON, bodies: list[str]) -> list[str]:
        ledger, found = self.crowd.ledger, []
        if bodies != post.bodies:
            found.append(f"{post.at} said {bodies}; acknowledged were {post.bodies}")
        wanted = {emoji for (at, _, emoji), on in ledger.reactions.items() if at == post.at and on}
        users = {(at_user, emoji) for (at, at_user, emoji), on in ledger.reactions.items() if at == post.at and on}
        there = [(user["id"], each["emoji"]) for each in message.get("reactions", ()) for user in each["users"]]
        if sorted(there) != sorted(users) or {each["emoji"] for each in message.get("reactions", ())} != wanted:
            found.append(f"{post.at} has {there}; acknowledged were {users}")
        if ("pinned_at" in message) != ledger.pins.get(post.at, False):
            found.append(f"{post.at} pinned: {ledger.pins.get(post.at, False)}, stored {message}")
        sent = [each["id"] for each in message.get("attachments", ())]
        if sent != post.draft.get("attachments", []):
            found.append(f"{post.at} has {sent} with it, sent was {post.draft}")
        thread, quoted = message.get("thread"), (message["reply_to"] or {}).get("seq")
        if (message["author"]["id"], thread, quoted) != (
            post.author,
            post.draft.get("thread"),
            post.draft.get("reply_to"),
        ):
            found.append(f"{post.at} is {message}, sent was {post.draft}")
        return found
