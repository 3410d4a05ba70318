"""Many threads that post and edit at once, as one process among several: `python -m tests.support.storm`, its orders as JSON on stdin.

Each thread does its steps in a random order into random rooms, some of them shared by all threads of all processes (the same client_id: retries that
race their original). One more thread follows the rooms as a client does, by `sync`. What everybody was told comes out as JSON.
"""

import json
import random
import sys
import threading
import uuid
from typing import Any

JSON = dict[str, Any]


class Storm:
    """One process's part."""

    def __init__(self, orders: JSON) -> None:
        from accounts.models import User

        self.orders = orders
        self.people = list(User.objects.filter(pk__in=orders["people"]).order_by("pk"))
        self.told: list[JSON] = []  # what each post was answered with
        self.faults: list[str] = []
        self.gate = threading.Barrier(orders["threads"] + 1)
        self.over = threading.Event()

    def run(self) -> JSON:
        """Do it all; return what everybody was told."""
        writers = [threading.Thread(target=self._guarded, args=(self._write, n)) for n in range(self.orders["threads"])]
        follower = threading.Thread(target=self._guarded, args=(self._follow, 0))
        for thread in [*writers, follower]:
            thread.start()
        for thread in writers:
            thread.join()
        self.over.set()
        follower.join()
        return {"told": self.told, "faults": self.faults}

    def _guarded(self, work: Any, n: int) -> None:
        from django.db import connections

        try:
            work(n)
        except Exception as error:
            self.faults.append(f"{work.__name__}: {error!r}")
            self.gate.abort()
        finally:
            connections.close_all()

    def _write(self, n: int) -> None:
        chance = random.Random(f"{self.orders['process']}/{n}")
        steps = [("retry", step) for step in self.orders["shared"]]
        steps += (
            [("post", None)] * self.orders["posts"] + [("batch", None)] * 3 + [("edit", None)] * self.orders["posts"]
        )
        chance.shuffle(steps)
        self.gate.wait()
        for kind, step in steps:
            getattr(self, f"_{kind}")(chance, step)

    def _post(self, chance: random.Random, _: Any) -> None:
        self._store(chance.choice(self.people), [(chance.choice(self.orders["rooms"]), str(uuid.uuid4()))])

    def _batch(self, chance: random.Random, _: Any) -> None:
        author = chance.choice(self.people)
        self._store(author, [(room, str(uuid.uuid4())) for room in chance.choices(self.orders["rooms"], k=6)])

    def _retry(self, _: random.Random, step: JSON) -> None:
        author = next(person for person in self.people if person.pk == step["author"])
        self._store(author, [(step["room"], step["client_id"])])

    def _store(self, author: Any, wanted: list[tuple[str, str]]) -> None:
        from rooms import actions
        from rooms.errors import ChatError

        drafts = [actions.Draft(author, room, f"in {room}", uuid.UUID(client_id)) for room, client_id in wanted]
        for draft, answer in zip(drafts, actions.post(drafts), strict=True):
            refused = isinstance(answer, ChatError)
            self.told.append({
                "room": draft.room, "client_id": str(draft.client_id), "code": answer.code if refused else "",  # type: ignore[union-attr]
                "seq": 0 if refused else answer.message.seq, "version": 0 if refused else answer.message.version,  # type: ignore[union-attr]
            })  # fmt: skip

    def _edit(self, chance: random.Random, _: Any) -> None:
        from rooms import actions
        from rooms.errors import ChatError
        from rooms.models import Message

        room = chance.choice(self.orders["rooms"])
        mine = Message.objects.filter(room__slug=room, deleted_at=None).select_related("author").order_by("?").first()
        if mine is None:
            return
        try:
            if chance.random() < 0.2:
                actions.delete(mine.author, room, mine.seq)
            else:
                actions.edit(mine.author, room, mine.seq, f"edited {chance.random()}")
        except ChatError as refusal:
            assert refusal.code == "not_found", refusal  # somebody deleted it meanwhile

    def _follow(self, _: int) -> None:
        """A client that asks again and again what is new ends with the true state, and never sees a gap on the way."""
        from rooms import payloads, sync
        from rooms.models import Message

        versions = dict.fromkeys(self.orders["rooms"], 0)
        seen: dict[str, dict[int, JSON]] = {room: {} for room in versions}
        self.gate.wait()
        while True:
            last_look = self.over.is_set()
            for room, answer in sync.changes(self.people[0], versions).items():
                assert "messages" in answer and "reset" not in answer, answer
                for message in answer["messages"]:
                    assert message["version"] > versions[room], "a version came late"
                    versions[room] = message["version"]
                    seen[room][message["seq"]] = message
                assert answer["version"] >= versions[room]
                versions[room] = answer["version"]
                if not answer["more"]:
                    assert sorted(seen[room]) == list(range(1, len(seen[room]) + 1)), "a gap in seq"
            if last_look:
                break
        if self.orders["alone"]:
            for room, messages in seen.items():
                stored = Message.objects.whole().filter(room__slug=room).order_by("seq")
                assert [messages[seq] for seq in sorted(messages)] == [payloads.message(m) for m in stored], (
                    "not converged"
                )


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(Storm(json.load(sys.stdin)).run()))
