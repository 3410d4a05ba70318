"""A message: numbered by `seq` in its room for ever, stamped with the room's `version` at each change.

"Everything since version v" is two short ranges: what was posted since is last by number, and what has changed since it was posted, and only that, is
in the index (room, version). A deleted message keeps its row, its number and its author and loses its body.
An answer in a thread is a message of the room like any other, with the number of the message it belongs under in `thread`; the room's log and its
pages leave it out. A thread's log is its root and the answers.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rooms.models import rows, storing, summary
from rooms.models.room import Room

if TYPE_CHECKING:
    from accounts.models import User
    from rooms.models.attachment import Attachment
    from rooms.models.membership import Membership

FILES = "📎"  # stands for the words of a message that has none
# What a page does not show of a message; and what it shows of people, who have many columns.
UNSHOWN = ("deleted_by_id", "delete_reason", "first_version")
SHOWN_OF_PEOPLE = ("handle", "name", "avatar")

_NAMED = re.compile(r'<span class="mention" data-user="(\d+)">')
UNCOUNTED = Q(deleted_at__isnull=False) | Q(thread__isnull=False)  # what is never unread in its room
CHANGED = Q(first_version=None) | Q(version__gt=models.F("first_version"))  # since it was posted, for all that is known
# In SQL: the ids of what has a version above one, the first of what was only posted, by number, and the first of what has changed.
SINCE = """
SELECT id FROM (
  SELECT id FROM {table} WHERE room_id = %s AND seq > %s AND version > %s AND version = first_version ORDER BY seq LIMIT %s
) AS posted UNION ALL SELECT id FROM (
  SELECT id FROM {table} WHERE room_id = %s AND version > %s AND (first_version IS NULL OR version > first_version) ORDER BY version LIMIT %s
) AS changed
"""


class MessageManager(models.Manager["Message"]):
    """What posting tells: past the query compiler, so also without a QuerySet, which costs as much again."""

    def append(self, messages: Sequence[Message]) -> None:
        """Store messages that were numbered under the locks of their rooms; sets their ids."""
        stored = storing.insert(messages, returning=("id", "room_id", "seq"))
        if stored is None and (keys := storing.last_keys(Message, len(messages))):
            for message, key in zip(messages, keys, strict=True):
                message.id = key
            return
        if stored is None:
            first: dict[int, int] = {}
            for message in messages:
                first.setdefault(message.room_id, message.seq)
            condition = rows.either("(room_id = %s AND seq >= %s)", len(first))
            params = [key for pair in first.items() for key in pair]
            stored = rows.values(Message, "id, room_id, seq", f"WHERE {condition}", params)
        ids = {(room, seq): pk for pk, room, seq in stored}
        for message in messages:
            message.id = ids[message.room_id, message.seq]


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages by name of the question."""

    def whole(self) -> Self:
        """With all that a payload shows, in one query."""
        return self.select_related("author", "reply_to__author")

    def newest(self, room: Room, limit: int) -> list[Message]:
        """The newest `limit` messages of the log of `room`, oldest first."""
        return _page("room_id = %s AND thread IS NULL ORDER BY seq DESC LIMIT %s", room.pk, limit)[::-1]

    def before(self, room: Room, seq: int, limit: int) -> list[Message]:
        """The `limit` messages below `seq`, oldest first."""
        return _page("room_id = %s AND thread IS NULL AND seq < %s ORDER BY seq DESC LIMIT %s", room.pk, seq, limit)[
            ::-1
        ]

    def after(self, room: Room, seq: int, limit: int) -> list[Message]:
        """The `limit` messages above `seq`, oldest first."""
        return _page("room_id = %s AND thread IS NULL AND seq > %s ORDER BY seq LIMIT %s", room.pk, seq, limit)

    def around(self, room: Room, seq: int, limit: int) -> list[Message]:
        """At most `limit` messages below `seq` and as many from it on, oldest first, in one query."""
        log = "SELECT id FROM {table} WHERE room_id = %s AND thread IS NULL AND seq"
        below, above = f"{log} < %s ORDER BY seq DESC LIMIT %s", f"{log} >= %s ORDER BY seq LIMIT %s"
        sides = f"SELECT id FROM ({below}) AS below UNION ALL SELECT id FROM ({above}) AS above"
        return _page(f"id IN ({sides}) ORDER BY seq", *(room.pk, seq, limit) * 2)

    def answers_before(self, root: Message, seq: int, limit: int) -> list[Message]:
        """The `limit` answers in the thread of `root` below `seq`, oldest first."""
        condition = "room_id = %s AND thread = %s AND seq < %s ORDER BY seq DESC LIMIT %s"
        return _page(condition, root.room_id, root.seq, seq, limit)[::-1]

    def answers_after(self, root: Message, seq: int, limit: int) -> list[Message]:
        """The `limit` answers in the thread of `root` above `seq`, oldest first."""
        condition = "room_id = %s AND thread = %s AND seq > %s ORDER BY seq LIMIT %s"
        return _page(condition, root.room_id, root.seq, seq, limit)

    def own_standing(self, membership: Membership, above: int, upto: int) -> int:
        """How many messages of the log the member wrote themselves, above one number and up to another, that stand."""
        own = self.filter(room=membership.room_id, author=membership.user_id, thread=None, deleted_at=None)
        return own.filter(seq__gt=above, seq__lte=upto).count()

    def roots(self, keys: Sequence[tuple[int, int]]) -> list[Message]:
        """The messages with these (room id, seq)."""
        return (
            _page(rows.either("(room_id = %s AND seq = %s)", len(keys)), *[part for key in keys for part in key])
            if keys
            else []
        )

    def first_unread_answer(self, root: Message, reader: User, mark: int) -> int | None:
        """The seq of the first answer under `root` above `mark` that stands and is somebody else's."""
        answers = self.filter(room=root.room_id, thread=root.seq, seq__gt=mark, deleted_at=None).exclude(author=reader)
        return answers.order_by("seq").values_list("seq", flat=True).first()

    def since(self, room: Room, version: int, limit: int) -> list[Message]:
        """The first `limit` messages changed after `version`, in the order of their last change. `room` as it was read, whatever came since.

        Since `version` no more can have been posted than the room has had changes: one looks at the numbers of so many.
        """
        last = room.last_seq - max(0, room.version - version)
        params = (room.pk, last, version, limit, room.pk, version, limit)
        return _page(f"id IN ({SINCE}) ORDER BY version LIMIT %s", *params, limit)

    def pinned(self, room: Room) -> list[Message]:
        """What is pinned in the room, the last first."""
        return _page("room_id = %s AND pinned_at IS NOT NULL ORDER BY pinned_at DESC, seq DESC", room.pk)

    def these(self, ids: Sequence[int]) -> dict[int, Message]:
        """The messages with these ids, by id."""
        found = _page(f"id IN ({rows.marks(len(ids))})", *ids) if ids else []
        return {message.pk: message for message in found}

    def pinned_seqs(self, room: Room) -> list[int]:
        """The numbers of what is pinned in the room."""
        return [
            seq for (seq,) in rows.values(Message, "seq", "WHERE room_id = %s AND pinned_at IS NOT NULL", [room.pk])
        ]

    def known(self, keys: Iterable[tuple[int, uuid.UUID]]) -> list[Message]:
        """The messages with these (author id, client id). There are none but for a retry: a look at the index comes first."""
        pairs = list(keys)
        if not pairs:
            return []
        client_ids = rows.prepared(Message, "client_id", [client_id for _, client_id in pairs])
        wanted = [
            part for (author, _), client_id in zip(pairs, client_ids, strict=True) for part in (author, client_id)
        ]
        condition = rows.either("(author_id = %s AND client_id = %s)", len(pairs))
        found = rows.values(Message, "id", f"WHERE {condition}", wanted)
        return list(self.whole().select_related("room").filter(pk__in=[pk for (pk,) in found])) if found else []

    def quoting(self, quoted: Message, after: int, limit: int) -> list[Message]:
        """The first `limit` messages that quote this one, behind that with the id `after`, in the order they were posted."""
        return _page("reply_to_id = %s AND id > %s ORDER BY id LIMIT %s", quoted.pk, after, limit)

    def times_quoted(self, ids: Iterable[int]) -> dict[int, int]:
        """How many messages quote each of these (ids), the deleted ones included; none: it is left out."""
        wanted = list(ids)
        rest = f"WHERE reply_to_id IN ({rows.marks(len(wanted))}) GROUP BY reply_to_id"
        found = rows.values(Message, "reply_to_id, COUNT(*)", rest, wanted) if wanted else []
        return {int(quoted): int(times) for quoted, times in found}

    def root(self, room: Room, seq: int) -> Message | None:
        """The root of the thread that the message numbered `seq` opens or answers in."""
        found = self.at(room, seq)
        return self.at(room, found.thread) if found and found.thread else found

    def at(self, room: Room, seq: int) -> Message | None:
        """The message numbered `seq`."""
        found = self.whole().filter(room=room, seq=seq).first()
        if found:
            found.room = room
        return found


def _page(condition: str, *params: int) -> list[Message]:
    """The messages of a page, each with its author and what it answers at hand: a few look-ups, past the query compiler.

    One query with its joins takes 2.0 ms a page of 50, most of it compiling; these 0.75 ms (measured).
    """
    messages = rows.select(Message, f"WHERE {condition}", params, defer=UNSHOWN)
    parents = _by_id(Message, {message.reply_to_id for message in messages if message.reply_to_id}, UNSHOWN)
    said = [*messages, *parents.values()]
    roots = [message for message in messages if message.summary]
    authors = {message.author_id for message in said}.union(*(summary.faces(root.summary) for root in roots))
    pinners = {message: message.pinned_by_id for message in messages if message.pinned_by_id}
    authors.update(pinners.values())
    user: Any = Message._meta.get_field("author").related_model
    people = _by_id(user, authors, rows.but(user, *SHOWN_OF_PEOPLE))
    for message in said:
        at_hand = message._state.fields_cache
        at_hand["author"] = people[message.author_id]
        if message.reply_to_id is None or message.reply_to_id in parents:
            at_hand["reply_to"] = parents.get(message.reply_to_id)
    for message, pinner in pinners.items():
        message._state.fields_cache["pinned_by"] = people[pinner]
    for root in roots:
        root.answerers = [people[pk] for pk in summary.faces(root.summary)]
    _gather(messages)
    return messages


def _gather(messages: Sequence[Message]) -> None:
    """Put the reactions of all of them at hand, in one query; who is mentioned in them, and their attachments, in one each where there are any."""
    reactions: Any = Message._meta.get_field("reactions").related_model
    mentions: Any = Message._meta.get_field("mentions").related_model
    gathered = reactions.objects.gathered([message.id for message in messages]) if messages else {}
    calling = [message.id for message in messages if message.may_mention]
    called = mentions.objects.gathered(calling) if calling else {}
    attachments: Any = Message._meta.get_field("attachments").related_model
    attached = attachments.objects.of_messages([message.id for message in messages if message.files])
    for message in messages:
        message.gathered = gathered.get(message.id, [])
        message.called = called.get(message.id, {})
        message.attached = attached.get(message.id, [])


def _by_id(model: Any, ids: Collection[int], defer: tuple[str, ...]) -> dict[int, Any]:
    """The instances with these ids, by id."""
    found = rows.select(model, f"WHERE id IN ({rows.marks(len(ids))})", [*ids], defer=defer) if ids else []
    return {each.id: each for each in found}


class Message(models.Model):
    """What somebody said."""

    # No index of their own: the unique constraints begin with them, and every index costs each message a page written.
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages", db_index=False)
    seq = models.BigIntegerField()
    version = models.BigIntegerField()
    # The version that it was posted with. None: posted before that was noted, or by hand.
    first_version = models.BigIntegerField(null=True, editable=False)
    client_id = models.UUIDField(default=uuid.uuid4)
    body = models.TextField(_("body"), blank=True)
    html = models.TextField(blank=True, editable=False)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies", db_index=False)
    created_at = models.DateTimeField(_("posted"))
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    delete_reason = models.CharField(_("reason"), max_length=250, blank=True)
    thread = models.BigIntegerField(_("thread"), null=True, editable=False)  # the seq of its root, in the same room
    summary = models.TextField(blank=True, editable=False)  # of the answers under it: rooms/models/summary.py
    files = models.PositiveSmallIntegerField(_("attachments"), default=0, editable=False)  # who has none is not asked
    pinned_at = models.DateTimeField(_("pinned"), null=True, editable=False)
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )

    objects = MessageManager.from_queryset(MessageQuerySet)()
    # The reactions as payloads show them; None: not asked for yet.
    gathered: list[dict[str, Any]] | None = None
    # Those whom the summary of its thread names; None: not asked for yet.
    answerers: list[User] | None = None
    # Who is mentioned, as payloads show it: `{room, users}`, or nothing; None: not asked for yet.
    called: dict[str, Any] | None = None
    attached: list[Attachment] | None = None  # the same of its attachments

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(fields=["author", "client_id"], name="one_message_a_client_id"),
        ]
        indexes = [
            models.Index(fields=["room", "seq"], name="message_shown", condition=Q(thread__isnull=True)),
            # A plain message is in none of the others.
            models.Index(fields=["room", "version"], name="message_changes", condition=CHANGED),
            models.Index(fields=["room", "seq"], name="message_uncounted", condition=UNCOUNTED),
            models.Index(fields=["room", "thread", "seq"], name="message_answers", condition=Q(thread__isnull=False)),
            models.Index(fields=["reply_to"], name="message_replies", condition=Q(reply_to__isnull=False)),
            models.Index(fields=["deleted_by"], name="message_deleters", condition=Q(deleted_by__isnull=False)),
            models.Index(fields=["room", "pinned_at"], name="message_pinned", condition=Q(pinned_at__isnull=False)),
            models.Index(fields=["pinned_by"], name="message_pinners", condition=Q(pinned_by__isnull=False)),
        ]

    @classmethod
    def numbered(
        cls,
        room: Room,
        author: User,
        client_id: uuid.UUID,
        body: str,
        html: str,
        reply_to: Message | None,
        now: datetime,
    ) -> Message:
        """Take the next number of a locked room; `MessageManager.append` stores the message.

        Attributes as they are stored, relations put where their descriptors would: a tenth of the cost of Django's way (measured).
        """
        room.last_seq += 1
        room.version += 1
        given = {
            "room_id": room.id, "author_id": author.id, "seq": room.last_seq, "version": room.version,
            "first_version": room.version, "client_id": client_id, "body": body, "html": html,
            "reply_to_id": reply_to.id if reply_to else None, "created_at": now, "gathered": [], "called": {},
        }  # fmt: skip
        return rows.instance(cls, given, {"room": room, "author": author, "reply_to": reply_to})

    def __str__(self) -> str:
        return f"#{self.room_id}/{self.seq}"

    @property
    def is_deleted(self) -> bool:
        """Whether the body is gone for good."""
        return self.deleted_at is not None

    @property
    def named(self) -> set[int]:
        """The ids of those whom it calls by name, as its HTML has them; whom @here calls is not among them."""
        return {int(user) for user in _NAMED.findall(self.html)} - {self.author_id}

    @property
    def may_mention(self) -> bool:
        """Whether it has to be asked who is mentioned: in most messages nobody is, and their HTML tells."""
        return 'class="mention"' in self.html

    def excerpt(self, length: int = 80) -> str:
        """The beginning of the body on one line, at most `length` characters; of files without words a sign."""
        line = " ".join(self.body[: length * 4].split()) or FILES * bool(self.files)
        return line if len(line) <= length else f"{line[: length - 1]}…"

    def get_absolute_url(self) -> str:
        """The permalink: where it stands in the log of its room or its thread."""
        log = reverse("thread", args=[self.room.slug, self.thread]) if self.thread else self.room.get_absolute_url()
        return f"{log}#{self.seq}"
