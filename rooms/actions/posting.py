"""Posting: many drafts, one transaction, one result a draft.

A draft is stored once however often it comes: (author, client_id) is unique, and a retry is answered with what is stored. One bad draft is refused
alone. The author has read what stands above their message.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils import timezone

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import news_of
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
    """A stored message; `is_new` is False where a retry met the first; `news`: what the room is told of it."""

    room: Room
    message: Message
    is_new: bool
    news: payloads.JSON


def post_one(draft: Draft) -> Posted:
    """Store one draft. Raises the ChatError it was refused with."""
    [result] = post([draft])
    if isinstance(result, ChatError):
        raise result
    return result


def post(drafts: Sequence[Draft]) -> list[Posted | ChatError]:
    """Store drafts in the order given, in one transaction; publish each after the commit.

    Returns one result a draft: the stored message, the earlier one if this is a retry, or the reason it was refused.
    Raises OperationalError if the database is locked, full or gone: nothing is known of any draft then, and all may be retried.
    """
    rendered = [render(draft.body) for draft in drafts]
    try:
        return _store(drafts, rendered)
    except OperationalError:
        raise  # the database's own trouble, no draft's
    except IntegrityError:
        # Another process stored one of these between our look and our write (the same client_id, in another room). Now it can be seen.
        return _store_again(drafts, rendered)
    except DatabaseError:
        return _store_alone(drafts, rendered)


def _store_again(drafts: Sequence[Draft], rendered: Sequence[str]) -> list[Posted | ChatError]:
    try:
        return _store(drafts, rendered)
    except OperationalError:
        raise
    except DatabaseError:
        return _store_alone(drafts, rendered)


def _store_alone(drafts: Sequence[Draft], rendered: Sequence[str]) -> list[Posted | ChatError]:
    """Each in a transaction of its own, so that only what the database refuses is refused."""
    results: list[Posted | ChatError] = []
    for draft, html in zip(drafts, rendered, strict=True):
        try:
            results += _store([draft], [html])
        except DatabaseError:
            results.append(Invalid("message: the database refused it"))
    return results


def _store(drafts: Sequence[Draft], rendered: Sequence[str]) -> list[Posted | ChatError]:
    """One transaction: lock, look up, number, write."""
    now = timezone.now()
    with transaction.atomic():
        rooms = Room.objects.locked(draft.room for draft in drafts)
        members = Membership.objects.held((d.author.pk, rooms[d.room].pk) for d in drafts if d.room in rooms)
        stored = {
            (earlier.author_id, earlier.client_id): earlier for earlier in Message.objects.known(d.key for d in drafts)
        }
        parents = _parents(drafts, rooms)
        fresh: list[Posted] = []
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
            message = Message.numbered(room, draft.author, draft.client_id, draft.body, html, parent, now)
            membership.last_read_seq = message.seq
            posted = Posted(room, message, is_new=True, news=news_of(room, message))
            fresh.append(posted)
            stored[draft.key] = message
            results.append(posted)
        _write(fresh, members)
    return results


def _write(fresh: Sequence[Posted], members: dict[tuple[int, int], Membership]) -> None:
    """Store the new messages and the counters that moved; publish on commit."""
    if not fresh:
        return
    messages = [posted.message for posted in fresh]
    Message.objects.append(messages)
    rooms = {posted.room.pk: posted.room for posted in fresh}
    Room.objects.count_up(rooms.values())
    read = [members[key] for key in {(message.author_id, message.room_id) for message in messages}]
    Membership.objects.mark_read(read)
    transaction.on_commit(lambda: _publish(fresh))


def _publish(fresh: Sequence[Posted]) -> None:
    """Tell the rooms. That it also reads the room for its author, their other tabs know by themselves: no `read` is sent."""
    for posted in fresh:
        broadcast.publish(broadcast.to_room(posted.room.pk), posted.news)


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
    return Posted(earlier.room, earlier, is_new=False, news=news_of(earlier.room, earlier))
