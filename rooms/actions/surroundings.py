"""What drafts refer to besides their room: what they quote, the threads they answer in, the files they bring.

Looked up for a batch at once, under the locks of its rooms; a draft that refers to nothing costs no look-up and no question more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from accounts import filtering
from rooms import payloads
from rooms.actions.answering import answered, roots_of
from rooms.actions.mentioning import refusal_to_call
from rooms.errors import ChatError
from rooms.formatting import Rendered
from rooms.models import Attachment, Membership, Message, Room
from rooms.permissions import (
    refusal_to_answer,
    refusal_to_attach,
    refusal_to_hurry,
    refusal_to_quote,
    refusal_to_say,
)

if TYPE_CHECKING:
    from rooms.actions.posting import Draft

Key = tuple[str, int]  # a room's slug, and a number in it


@dataclass(slots=True)
class Surroundings:
    """Of one batch of drafts. `answered`: the roots that got an answer, once for each, with them; `quoted`: how often each parent (an id) is."""

    now: datetime
    is_filtered: bool
    parents: Mapping[Key, Message]
    roots: Mapping[Key, Message]
    files: dict[UUID, Attachment]
    quoted: dict[int, int]
    answered: dict[Message, list[Message]] = field(default_factory=dict)

    @classmethod
    def of(cls, drafts: Sequence[Draft], rooms: Mapping[str, Room], now: datetime) -> Self:
        """Look it up. `rooms`: those that there are, locked."""
        roots = {(rooms[draft.room], draft.thread) for draft in drafts if draft.thread and draft.room in rooms}
        ids = [id for draft in drafts if draft.attachments for id in draft.attachments]
        files = Attachment.objects.waiting(ids) if ids else {}
        parents = _parents(drafts, rooms)
        quoted = Message.objects.times_quoted([parent.pk for parent in parents.values()]) if parents else {}
        return cls(now, filtering.is_on(), parents, roots_of(roots) if roots else {}, files, quoted)

    def refusal(
        self, draft: Draft, text: Rendered, room: Room | None, membership: Membership | None
    ) -> ChatError | None:
        """Why this is not said, by somebody who may post in the room."""
        assert room is not None and membership is not None
        refusal = refusal_to_hurry(room, membership, self.now) if room.slow_mode else None
        if self.is_filtered:
            refusal = refusal or refusal_to_say(draft.body)
        if draft.thread:
            refusal = refusal or refusal_to_answer(self.roots.get((draft.room, draft.thread)))
        if draft.reply_to:
            parent = self.parents.get((draft.room, draft.reply_to))
            times = self.quoted.get(parent.pk, 0) if parent else 0
            refusal = refusal or refusal_to_quote(parent, draft.thread, times)
        if text.mentioned:
            refusal = refusal or refusal_to_call(room, text.mentioned)
        if draft.attachments:
            refusal = refusal or refusal_to_attach([self.files.get(id) for id in draft.attachments], membership)
        return refusal

    def quote(self, draft: Draft) -> Message | None:
        """What a draft quotes, once more by then."""
        parent = self.parents.get((draft.room, draft.reply_to)) if draft.reply_to else None
        if parent:
            self.quoted[parent.pk] = self.quoted.get(parent.pk, 0) + 1
        return parent

    def bring(self, message: Message, ids: Sequence[UUID]) -> None:
        """Files come along with a message; no other has them then."""
        message.attached = [self.files.pop(id) for id in ids]
        message.files = len(message.attached)

    def answer(self, room: Room, thread: int, message: Message) -> payloads.JSON:
        """Let a message count as an answer; return what the room is told of its root."""
        root = self.roots[room.slug, thread]
        self.answered.setdefault(root, []).append(message)
        return answered(room, root, message)


def _parents(drafts: Sequence[Draft], rooms: Mapping[str, Room]) -> dict[Key, Message]:
    """The messages that are quoted."""
    found: dict[Key, Message] = {}
    for slug in {draft.room for draft in drafts if draft.reply_to and draft.room in rooms}:
        seqs = {draft.reply_to for draft in drafts if draft.room == slug and draft.reply_to}
        parents = Message.objects.filter(room=rooms[slug], seq__in=seqs, deleted_at=None).select_related("author")
        found |= {(slug, parent.seq): parent for parent in parents}
    return found
