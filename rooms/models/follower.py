"""Who follows a thread (a room, and the seq of its root), and how far they have read it.

Invariant: `last_seq` is that of the thread's latest answer, so whether there may be something new is asked of this row alone, by a partial index;
only such threads are counted. Who stopped following keeps the row, and is not made to follow again by what only goes on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rooms.models import rows
from rooms.models.mention import Mention
from rooms.models.message import Message
from rooms.models.room import Room

if TYPE_CHECKING:
    from accounts.models import User


class Following(NamedTuple):
    """How one person stands to one thread: `unread` answers by others above the mark that still stand, and how many of them call the person."""

    room_id: int
    user_id: int
    seq: int
    is_following: bool
    last_read_seq: int
    unread: int
    mentions: int


class FollowerQuerySet(models.QuerySet["Follower"]):
    """Followers by name of the question."""

    def of_thread(self, room: Room, seq: int) -> Self:
        """Those of the thread under the message numbered `seq`, and who once were."""
        return self.filter(room=room, seq=seq)

    def unread_of(self, users: Collection[int], rooms: Iterable[int]) -> dict[tuple[int, int], list[Following]]:
        """The threads with unread answers that the users (ids) follow in the rooms (ids), by (user, room). One query."""
        wanted = list(rooms)
        found: dict[tuple[int, int], list[Following]] = {}
        if not users or not wanted:
            return found
        condition = f"user_id IN ({rows.marks(len(users))}) AND room_id IN ({rows.marks(len(wanted))}) AND {BEHIND}"
        for each in _standing(f"{condition} ORDER BY seq", [*users, *wanted]):
            if each.unread:
                found.setdefault((each.user_id, each.room_id), []).append(each)
        return found

    def followed_by(self, user: User, limit: int, offset: int) -> list[Following]:
        """The threads with answers that `user` follows: those with something new first, then by their latest answer."""
        member = "room_id IN (SELECT room_id FROM rooms_membership WHERE user_id = %s)"
        condition = f"user_id = %s AND is_following AND {{table}}.last_seq > {{table}}.seq AND {member}"
        order = "ORDER BY {table}.last_seq > {table}.last_read_seq DESC, answered_at DESC LIMIT %s OFFSET %s"
        return _standing(f"{condition} {order}", [user.pk, user.pk, limit, offset])

    def standing(self, room: Room, seq: int, users: Collection[int]) -> list[Following]:
        """How each of the users (ids) stands to the thread; who never followed it is left out."""
        if not users:
            return []
        condition = f"room_id = %s AND {{table}}.seq = %s AND user_id IN ({rows.marks(len(users))})"
        return _standing(condition, [room.pk, seq, *users])

    def standing_below(self, room: Room, seq: int, mark: int) -> list[Following]:
        """How those stand to the thread who follow it and have not read up to `mark`."""
        condition = "WHERE room_id = %s AND {table}.seq = %s AND is_following AND last_read_seq < %s"
        behind = rows.values(Follower, "user_id, last_read_seq", condition, [room.pk, seq, mark])
        if not behind:
            return []
        answers = Answers(room, seq, min(read for _user, read in behind))
        return [Following(room.pk, user, seq, True, read, *answers.above(read, user)) for user, read in behind]


class Answers:
    """What stands in a thread, read once for all who follow it: hundreds who are far behind would each have it counted for themselves."""

    def __init__(self, room: Room, seq: int, above: int) -> None:
        """`above`: nobody has read less."""
        said, called = Message._meta.db_table, Mention._meta.db_table
        these = f"{said}.room_id = %s AND thread = %s AND {said}.seq > %s AND deleted_at IS NULL"
        params = [room.pk, seq, above]
        self._seqs: list[int] = []
        self._own: dict[int, list[int]] = {}  # by author
        for number, author in rows.values(Message, "seq, author_id", f"WHERE {these} ORDER BY seq", params):
            self._seqs.append(number)
            self._own.setdefault(author, []).append(number)
        calls = f"SELECT {said}.seq, {said}.author_id, {called}.user_id FROM {said} JOIN {called} ON {called}.message_id = {said}.id"
        self._calls: dict[int | None, list[tuple[int, int]]] = {}  # (seq, author) by whom they call; None: all
        for number, author, user in rows.query(Message, f"{calls} WHERE {these} ORDER BY {said}.seq", params):
            self._calls.setdefault(user, []).append((number, author))

    def above(self, mark: int, user: int) -> tuple[int, int]:
        """How many answers by others stand above the mark, and how many of them call the user (an id)."""
        own = self._own.get(user, ())
        unread = len(self._seqs) - bisect_right(self._seqs, mark) - (len(own) - bisect_right(own, mark))
        calls = [*self._calls.get(user, ()), *self._calls.get(None, ())]
        return unread, sum(1 for seq, author in calls if seq > mark and author != user)


BEHIND = "is_following AND {table}.last_seq > {table}.last_read_seq"  # as the partial index has it


def _standing(condition: str, params: list[Any]) -> list[Following]:
    said, called = Message._meta.db_table, Mention._meta.db_table
    above = (
        f"{said}.room_id = {{table}}.room_id AND {said}.thread = {{table}}.seq AND {said}.seq > {{table}}.last_read_seq"
        f" AND {said}.author_id <> {{table}}.user_id AND {said}.deleted_at IS NULL"
    )
    mine = f"({called}.user_id = {{table}}.user_id OR {called}.user_id IS NULL)"
    calls = f"SELECT COUNT(*) FROM {said} JOIN {called} ON {called}.message_id = {said}.id AND {mine} WHERE {above}"
    columns = "room_id, user_id, seq, is_following, last_read_seq"
    counts = f"(SELECT COUNT(*) FROM {said} WHERE {above}), ({calls})"
    found = rows.values(Follower, f"{columns}, {counts}", f"WHERE {condition}", params)
    return [Following(room, user, seq, bool(on), *rest) for room, user, seq, on, *rest in found]


class Follower(models.Model):
    """One person and one thread."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    is_following = models.BooleanField(_("follows"), default=True)
    last_read_seq = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    answered_at = models.DateTimeField()  # when the latest answer came: the order of the list of threads

    objects = models.Manager.from_queryset(FollowerQuerySet)()

    class Meta:
        verbose_name = _("follower of a thread")
        verbose_name_plural = _("followers of threads")
        constraints = [models.UniqueConstraint(fields=["room", "seq", "user"], name="one_follower_a_person")]
        indexes = [
            models.Index(fields=["user", "-answered_at"], name="follower_by_user"),
            models.Index(
                fields=["user", "room"],
                name="follower_behind",
                condition=Q(is_following=True, last_seq__gt=F("last_read_seq")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · #{self.room_id}/{self.seq}"
