"""The ledger: what was asked of the site, and what it answered. The verdict holds the site to it.

Invariant: what somebody does to one thing (a message's words, their emoji on it, their mark in a room) they do after the answer to what they did
to it before; so the last answer says how it must be. Every ask ends with an answer: it is asked again until there is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
At = tuple[str, int]  # a room's slug and a message's seq


@dataclass
class Post:
    """A message that somebody wants to say, and what became of it."""

    author: int
    draft: JSON  # as it is sent
    seq: int = 0  # once it is acknowledged
    refused: str = ""  # the code
    bodies: list[str] = field(default_factory=list)  # what it said, in order: the draft's, and each acknowledged edit's

    @property
    def at(self) -> At:
        """Where it stands."""
        return self.draft["room"], self.seq


@dataclass
class Ledger:
    """Everything asked, by all."""

    posts: dict[str, Post] = field(default_factory=dict)  # by client_id
    said: dict[str, list[Post]] = field(default_factory=dict)  # the acknowledged ones of a room
    deleted: set[At] = field(default_factory=set)
    reactions: dict[tuple[At, int, str], bool] = field(default_factory=dict)
    pins: dict[At, bool] = field(default_factory=dict)
    saved: dict[tuple[At, int], bool] = field(default_factory=dict)
    marks: dict[tuple[str, int], int] = field(default_factory=dict)  # below which a person's read mark is not
    not_found: dict[At, str] = field(default_factory=dict)  # what was not done because a message was gone
    answers: int = 0
    retries: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    _busy: set[Any] = field(default_factory=set)

    @contextmanager
    def alone(self, *thing: Any) -> Iterator[bool]:
        """Whether nobody else is at this thing now; nobody is, until the block ends."""
        if thing in self._busy:
            yield False
            return
        self._busy.add(thing)
        try:
            yield True
        finally:
            self._busy.discard(thing)

    def answered(self, event: str, asked: JSON, told: JSON) -> None:
        """Somebody has an answer, if not yet the last one."""
        self.answers += 1
        if not told["ok"]:
            code = told["error"]["code"]
            self.refusals[f"{event}: {code}"] = self.refusals.get(f"{event}: {code}", 0) + 1
            if code == "not_found" and "seq" in asked:
                self.not_found[asked["room"], asked["seq"]] = event

    def acknowledged(self, post: Post, seq: int) -> None:
        """A post is stored."""
        assert not post.seq, f"acknowledged twice: {post}"
        post.seq = seq
        self.said.setdefault(post.draft["room"], []).append(post)
        if "thread" not in post.draft:
            self.read(post.draft["room"], post.author, seq)

    def read(self, room: str, user: int, seq: int) -> None:
        """Somebody has read so far."""
        self.marks[room, user] = max(self.marks.get((room, user), 0), seq)
