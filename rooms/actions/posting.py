"""Posting: many drafts, one transaction, one result a draft.

A draft is stored once however often it comes: (author, client_id) is unique, and a retry is answered with what is stored. One bad draft is refused
alone. The author has read what stands above their message.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import execute_many, publish_message
from rooms.errors import ChatError, Invalid, NotFound
from rooms.formatting import render
from rooms.models import Membership, Message, Room
from rooms.permissions import NO_MESSAGE, refusal_to_post


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be. `body` has been through `schemas.clean_body`; `room` is a slug; `reply_to` is a seq of the same room."""

    author: User
    room: str
    body: str
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)
    reply_to: int | None = None

    @property
    def key(self) -> tuple[int, uuid.UUID]:
        """What makes a retry the same message."""
        return self.author.pk, self.client_id


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message; `is_new` is False where a retry met the first."""

    room: Room
    message: Message
    is_new: bool


def post_one(draft: Draft) -> Posted:
    """Store one draft. Raises the ChatError it was refused with."""
    [result] = post([draft])
    if isinstance(result, ChatError):
        raise result
    return result


def post(drafts: Sequence[Draft]) -> list[Posted | ChatError]:
    """Store drafts in the order given, in one transaction; publish each after the commit.

    Returns one result a draft: the stored message, the earlier one if this is a retry, or the reason it was refused.
    """
    rendered = [render(draft.body) for draft in drafts]
    try:
        return _store(drafts, rendered)
    except IntegrityError:
        # Another connection stored one of these between our look and our write (the same client_id, in another room). Now it can be seen.
        if len(drafts) == 1:
            return _store_again(drafts, rendered)
    except DatabaseError:
        if len(drafts) == 1:
            raise
    return [result for draft in drafts for result in _alone(draft)]


def _store_again(drafts: Sequence[Draft], rendered: Sequence[str]) -> list[Posted | ChatError]:
    try:
        return _store(drafts, rendered)
    except IntegrityError:
        return [Invalid("message: the database refused it") for _ in drafts]


def _alone(draft: Draft) -> list[Posted | ChatError]:
    try:
        return post([draft])
    except DatabaseError:
        return [Invalid("message: the database refused it")]


def _store(drafts: Sequence[Draft], rendered: Sequence[str]) -> list[Posted | ChatError]:
    """One transaction: lock, look up, number, write."""
    now = timezone.now()
    with transaction.atomic():
        rooms = Room.objects.locked(draft.room for draft in drafts)
        members = _memberships(drafts, rooms.values())
        stored = _stored_before(drafts)
        parents = _parents(drafts, rooms)
        fresh: list[Message] = []
        results: list[Posted | ChatError] = []
        for draft, html in zip(drafts, rendered, strict=True):
            room = rooms.get(draft.room)
            membership = members.get((draft.author.pk, room.pk)) if room else None
            if earlier := stored.get(draft.key):
                results.append(_retried(earlier, draft, membership))
                continue
            refusal = refusal_to_post(room, membership)
            parent = parents.get((draft.room, draft.reply_to)) if draft.reply_to else None
            if refusal is None and draft.reply_to and parent is None:
                refusal = NotFound(NO_MESSAGE.replace("seq", "reply_to"), field="reply_to")
            if refusal is not None:
                results.append(refusal)
                continue
            assert room is not None and membership is not None
            message = _number(draft, html, room, parent, now)
            membership.last_read_seq = message.seq
            fresh.append(message)
            stored[draft.key] = message
            results.append(Posted(room, message, is_new=True))
        _write(fresh, members)
    return results


def _number(draft: Draft, html: str, room: Room, parent: Message | None, now: datetime) -> Message:
    """The next message of the locked room."""
    room.last_seq += 1
    room.version += 1
    return Message(
        room=room,
        author=draft.author,
        seq=room.last_seq,
        version=room.version,
        client_id=draft.client_id,
        body=draft.body,
        html=html,
        reply_to=parent,
        created_at=now,
    )


def _write(fresh: Sequence[Message], members: dict[tuple[int, int], Membership]) -> None:
    """Store the new messages and the counters that moved; publish on commit."""
    if not fresh:
        return
    Message.objects.bulk_create(fresh)
    rooms = {message.room_id: message.room for message in fresh}
    execute_many(
        Room,
        "UPDATE {table} SET last_seq = %s, version = %s WHERE id = %s",
        [(room.last_seq, room.version, room.pk) for room in rooms.values()],
    )
    authors = {(message.author_id, message.room_id) for message in fresh}
    read = [members[key] for key in authors]
    execute_many(
        Membership, "UPDATE {table} SET last_read_seq = %s WHERE id = %s", [(m.last_read_seq, m.pk) for m in read]
    )
    for message in fresh:
        publish_message(message.room, message)
    for membership in read:
        _publish_read(rooms[membership.room_id], membership)


def _publish_read(room: Room, membership: Membership) -> None:
    """Posting reads what stands above: the author's other tabs hear of it."""
    data = {"type": "read", "room": room.slug, **payloads.read_mark(membership)}
    transaction.on_commit(lambda: broadcast.publish(broadcast.to_user(membership.user_id), data))


def _memberships(drafts: Sequence[Draft], rooms: Iterable[Room]) -> dict[tuple[int, int], Membership]:
    authors = {draft.author.pk for draft in drafts}
    found = Membership.objects.filter(room__in=list(rooms), user__in=authors, user__is_active=True)
    return {(membership.user_id, membership.room_id): membership for membership in found}


def _stored_before(drafts: Sequence[Draft]) -> dict[tuple[int, uuid.UUID], Message]:
    """The messages that are already there, by the key of their draft. Retries are rare: a look at the index comes first."""
    ids = [draft.client_id for draft in drafts]
    known = Message.objects.filter(client_id__in=ids, author__in={draft.author.pk for draft in drafts})
    found = list(known.values_list("pk", flat=True))
    if not found:
        return {}
    messages = Message.objects.whole().select_related("room").filter(pk__in=found)
    return {(message.author_id, message.client_id): message for message in messages}


def _parents(drafts: Sequence[Draft], rooms: dict[str, Room]) -> dict[tuple[str, int | None], Message]:
    """The messages that are answered, by room and seq."""
    found: dict[tuple[str, int | None], Message] = {}
    for slug in {draft.room for draft in drafts if draft.reply_to and draft.room in rooms}:
        seqs = {draft.reply_to for draft in drafts if draft.room == slug and draft.reply_to}
        parents = Message.objects.filter(room=rooms[slug], seq__in=seqs, deleted_at=None).select_related("author")
        found |= {(slug, parent.seq): parent for parent in parents}
    return found


def _retried(earlier: Message, draft: Draft, membership: Membership | None) -> Posted | ChatError:
    """A retry is answered with the first, to those who may still read it; the same id for another room is a mistake of the client."""
    if earlier.room.slug != draft.room:
        return Invalid("client_id: already used in another room", field="client_id")
    if membership is None:
        return NotFound("room: there is no such room, or you are not in it", field="room")
    return Posted(earlier.room, earlier, is_new=False)
