"""Posting: many drafts, one transaction, one result a draft.

A draft is stored once however often it comes: (author, client_id) is unique, and a retry is answered with what is stored. One bad draft is refused
alone. The author has read what stands above their message; an answer in a thread says nothing of the room's log.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import filtering
from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions import following
from rooms.actions.answering import store as store_roots
from rooms.actions.change import news_of
from rooms.actions.mentioning import called, rendered
from rooms.actions.surroundings import Surroundings
from rooms.errors import ChatError, Invalid, NotFound
from rooms.formatting import Rendered, is_long
from rooms.models import Attachment, Membership, Mention, Message, Room, storing
from rooms.permissions import refusal_to_post


# Neither is frozen: that makes an instance three times as dear, and there is one of each a message.
@dataclass(slots=True)
class Draft:
    """A message to be. `body` has been through `schemas.clean_said`; `room` is a slug; `reply_to`: a seq of the same log; `thread`: a root's;
    `attachments`: ids of uploads of the author's that wait in the room."""

    author: User
    room: str
    body: str
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)
    reply_to: int | None = None
    thread: int | None = None
    attachments: tuple[uuid.UUID, ...] = ()
    shown: Rendered | None = None  # by `prepared`

    @property
    def key(self) -> tuple[int, uuid.UUID]:
        """What makes a retry the same message."""
        return self.author.id, self.client_id


@dataclass(slots=True)
class Posted:
    """A stored message; `is_new` is False where a retry met the first; `news`: what the room is told of it, and `also`: of its root."""

    room: Room
    message: Message
    is_new: bool
    news: payloads.JSON
    also: payloads.JSON | None = None


def post_one(draft: Draft) -> Posted:
    """Store one draft. Raises the ChatError it was refused with."""
    [result] = post([draft])
    if isinstance(result, ChatError):
        raise result
    return result


def prepared(draft: Draft) -> Draft:
    """Render a long text before it is among those of others: only its author waits for it."""
    if not is_long(draft.body):
        return draft
    [masked] = _masked([draft])
    return replace(masked, shown=rendered([masked])[0])


Joining = Callable[[Collection[str]], Sequence[Draft]]


def nobody(_rooms: Collection[str]) -> Sequence[Draft]:
    """Nobody joins."""
    return ()


def post(drafts: Sequence[Draft], joining: Joining = nobody) -> list[Posted | ChatError]:
    """Store drafts in the order given, in one transaction; publish each after the commit.

    `joining`: asked once the rooms (their slugs) are locked, for more drafts for them, which came while the lock was waited for.
    Returns one result a draft, those who joined last: the stored message, the earlier one if this is a retry, or the reason it was refused.
    Raises OperationalError if the database is locked, full or gone: nothing is known of any draft then, and all may be retried.
    """
    drafts = _masked(drafts)
    shown = _shown(drafts)

    def join(rooms: Collection[str]) -> None:
        if late := _masked(joining(rooms)):
            drafts.extend(late)
            shown.extend(_shown(late))

    try:
        return _store(drafts, shown, all_new=True, join=join)
    except OperationalError:
        raise  # the database's own trouble, no draft's
    except (_Doubt, IntegrityError):
        return _store_again(drafts, shown)
    except DatabaseError:
        return _store_alone(drafts, shown)


def _masked(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts as the site's word filter lets them be said."""
    if not filtering.is_on():
        return [*drafts]
    said = [(draft, filtering.masked(draft.body)) for draft in drafts]
    return [draft if body == draft.body else replace(draft, body=body, shown=None) for draft, body in said]


def _shown(drafts: Sequence[Draft]) -> list[Rendered]:
    fresh = iter(rendered([draft for draft in drafts if draft.shown is None]))
    return [next(fresh) if draft.shown is None else draft.shown for draft in drafts]


class _Doubt(Exception):
    """A draft that would be refused if it were new: it may be a retry of what was stored when it was still allowed."""


def _store_again(drafts: Sequence[Draft], shown: Sequence[Rendered]) -> list[Posted | ChatError]:
    """With a look for retries. Should another process store one between our look and our write, each goes alone."""
    try:
        return _store(drafts, shown)
    except OperationalError:
        raise
    except DatabaseError:
        return _store_alone(drafts, shown)


def _store_alone(drafts: Sequence[Draft], shown: Sequence[Rendered]) -> list[Posted | ChatError]:
    """Each in a transaction of its own, so that only what the database refuses is refused. Its own trouble is no refusal: those stored by then
    are told of, and a retry of any is harmless."""
    results: list[Posted | ChatError] = []
    for draft, text in zip(drafts, shown, strict=True):
        try:
            results += _store([draft], [text])
        except OperationalError:
            raise
        except DatabaseError:
            results.append(Invalid(_("the database refused it")))
    return results


def _store(
    drafts: Sequence[Draft],
    shown: Sequence[Rendered],
    *,
    all_new: bool = False,
    join: Callable[[Collection[str]], None] = lambda _rooms: None,
) -> list[Posted | ChatError]:
    """One transaction: lock, look up, number, write. `join` may add to both lists once the rooms are locked.

    `all_new`: do not look for retries, which are rare. The constraint knows them: IntegrityError for one, or _Doubt where it would not
    come to that.
    """
    now = timezone.now()
    with storing.few_round_trips(Message), transaction.atomic():
        rooms = Room.objects.locked_to_post([draft.room for draft in drafts])
        join(rooms)
        members = Membership.objects.held([(d.author.id, rooms[d.room].id) for d in drafts if d.room in rooms])
        known = [] if all_new else Message.objects.known(draft.key for draft in drafts)
        stored = {(earlier.author_id, earlier.client_id): earlier for earlier in known}
        near = Surroundings.of(drafts, rooms, now)
        results: list[Posted | ChatError] = []
        fresh: list[Posted] = []
        readers: dict[int, Membership] = {}  # who has read up to what they said
        hurried: dict[int, Membership] = {}  # who has to wait now
        for draft, text in zip(drafts, shown, strict=True):
            room = rooms.get(draft.room)
            membership = members.get((draft.author.id, room.id)) if room else None
            if stored and (earlier := stored.get(draft.key)):
                results.append(_retried(earlier, draft, membership))
                continue
            if refusal := refusal_to_post(room, membership) or near.refusal(draft, text, room, membership):
                if all_new:
                    raise _Doubt
                results.append(refusal)
                continue
            assert room is not None and membership is not None
            posted = _numbered(draft, text, room, near)
            if room.slow_mode:
                membership.spoke_at = now
                hurried[membership.id] = membership
            if not draft.thread:
                membership.last_read_seq = posted.message.seq
                readers[membership.id] = membership
            if not all_new:
                stored[draft.key] = posted.message
            fresh.append(posted)
            results.append(posted)
        if fresh:
            _write(fresh, readers.values(), near)
        if hurried:
            Membership.objects.mark_spoken(hurried.values())
    return results


def _numbered(draft: Draft, text: Rendered, room: Room, near: Surroundings) -> Posted:
    """The message that a draft becomes, under the lock of its room."""
    parent = near.quote(draft) if draft.reply_to else None
    message = Message.numbered(room, draft.author, draft.client_id, draft.body, text.html, parent, near.now)
    if text.mentioned:
        message.called = called(room, draft.author, text.mentioned)
    if draft.attachments:
        near.bring(message, draft.attachments)
    also = near.answer(room, draft.thread, message) if draft.thread else None
    return Posted(room, message, True, news_of(room, message), also)


def _write(fresh: Sequence[Posted], readers: Collection[Membership], near: Surroundings) -> None:
    """Store the new messages and the counters that moved; publish on commit. `readers`: who has read up to what they said."""
    messages = [posted.message for posted in fresh]
    store_roots(near.answered)
    Room.objects.count_up({posted.room.id: posted.room for posted in fresh}.values())
    Membership.objects.mark_read(readers)
    Message.objects.append(messages)  # after those: it waits for the database's answer, to all three
    if calling := [message for message in messages if message.called]:
        Mention.objects.store(calling)
    _attach(messages)
    transaction.on_commit(lambda: _publish(fresh))
    for root, answers in near.answered.items():
        following.answered(root.room, root, answers)


def _attach(messages: Sequence[Message]) -> None:
    """The files that came along are those of their messages from now on."""
    attached = [each for message in messages if message.files for each in _placed(message)]
    if attached:
        Attachment.objects.bulk_update(attached, ["message", "position"])


def _placed(message: Message) -> list[Attachment]:
    assert message.attached is not None
    for position, each in enumerate(message.attached):
        each.message, each.position = message, position
    return message.attached


def _publish(fresh: Sequence[Posted]) -> None:
    """Tell the rooms. That it also reads the room for its author, their other tabs know by themselves: no `read` is sent."""
    for posted in fresh:
        broadcast.publish(broadcast.to_room(posted.room.id), posted.news)
        if posted.also:
            broadcast.publish(broadcast.to_room(posted.room.id), posted.also)


def _retried(earlier: Message, draft: Draft, membership: Membership | None) -> Posted | ChatError:
    """A retry is answered with the first, to those who may still read it; the same id for another room is a mistake of the client."""
    if earlier.room.slug != draft.room:
        return Invalid(_("already used in another room"), field="client_id")
    if membership is None:
        return NotFound(_("there is no such room, or you are not in it"), field="room")
    return Posted(earlier.room, earlier, is_new=False, news=news_of(earlier.room, earlier))
