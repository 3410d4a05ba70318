"""One greenlet that takes all that is waiting and handles it at once; while it does, the next batch gathers.

A batch begins with the first turn of the hub that brings nothing more to it: who was answered together asks again together, and what
each batch costs whatever is in it (a commit, a send to every member) is shared by all of them. No timer is needed: one that is
alone waits for one look at the sockets. A handler that had to wait for something may ask for `more` then.

Invariants: items are handled in the order in which they were given; each caller gets its own result, or the error of its batch, in the
same order; it is always the same greenlet (a database connection made in `handle` stays with it).
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Generic, TypeVar

import eventlet
from eventlet import hubs
from eventlet.event import Event

from .later import Later

PATIENCE = 0.004  # seconds that a batch may gather

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Hands what callers submit to `handle`, a batch at a time.

    `handle` gets the items in order and returns one result an item, in the same order; a result that is an exception is raised
    in its caller. If `handle` itself raises, every caller of that batch sees it: refusing one bad item is the handler's concern.
    """

    def __init__(self, handle: Callable[[list[Item]], Sequence[Result | Exception]], *, most: int = 256) -> None:
        """`most`: items in a batch."""
        self.handle = handle
        self.most = most
        self.waiting: list[tuple[Item, Callable[[Result | Exception], Any]]] = []
        self.batch: list[tuple[Item, Callable[[Result | Exception], Any]]] = []  # what is being handled
        self.greenlet: Any = None
        self.parked = False

    def submit(self, item: Item) -> Result:
        """Wait until `item` is handled; return its result or raise its error. Not to be called in the hub."""
        return self.submit_all([item])[0]

    def submit_all(self, items: Sequence[Item]) -> list[Result]:
        """The same for several, in one batch if `most` allows; raises the first error."""
        events = [Event() for _ in items]
        for item, event in zip(items, events, strict=True):
            self._take(item, event.send)  # an exception is sent like any result, and raised here
        return [_whole(event.wait()) for event in events]

    def later(self, item: Item) -> Later:
        """The same without waiting: the result comes in the batcher's greenlet, and is the error if there was one."""
        later = Later()
        self._take(item, later.come)
        return later

    def more(self, fits: Callable[[Item], bool]) -> list[Item]:
        """For `handle` alone: add the first of those who came meanwhile to the batch, as long as they fit; return them."""
        count, most = 0, min(len(self.waiting), self.most - len(self.batch))
        while count < most and fits(self.waiting[count][0]):
            count += 1
        joining, self.waiting = self.waiting[:count], self.waiting[count:]
        self.batch += joining
        return [item for item, _ in joining]

    def _take(self, item: Item, done: Callable[[Result | Exception], Any]) -> None:
        self.waiting.append((item, done))
        if self.greenlet is None:
            self.greenlet = eventlet.spawn(self._run)
        elif self.parked:
            self.parked = False
            self._begin_soon()

    def _begin_soon(self) -> None:
        hubs.get_hub().schedule_call_global(0, self._gather, 0, monotonic() + PATIENCE)

    def _gather(self, before: int, until: float) -> None:
        """In the hub: begin, unless this turn has brought more than the `before` of the last one."""
        count = len(self.waiting)
        if before < count < self.most and monotonic() < until:
            hubs.get_hub().schedule_call_global(0, self._gather, count, until)
        else:
            self.greenlet.switch()

    def _run(self) -> None:
        while True:
            self.batch, self.waiting = self.waiting[: self.most], self.waiting[self.most :]
            results = self._results([item for item, _ in self.batch])
            for (_, done), result in zip(self.batch, results, strict=True):
                done(result)
            if self.waiting:  # those who have their result go on first, and may ask again
                self._begin_soon()
            else:
                self.parked = True
            hubs.get_hub().switch()

    def _results(self, items: list[Item]) -> Sequence[Result | Exception]:
        try:
            results = self.handle(items)
            assert len(results) == len(self.batch), "one result an item"
            return results
        except Exception as error:
            return [error] * len(self.batch)
        except eventlet.Timeout as error:  # not an Exception, to eventlet
            return [TimeoutError(str(error))] * len(self.batch)


def _whole(result: Result | Exception) -> Result:
    if isinstance(result, Exception):
        raise result
    return result
