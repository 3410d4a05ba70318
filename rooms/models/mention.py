"""A mention: a message called somebody, by name or because they were online; or everybody in the room (then without a person).

It has the room and the number of its message, so that "how many above the read mark" is a range of an index; no number if the message is an
answer in a thread, which is not read in the log.
Invariant: a message that is deleted has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from rooms.models import storing
from rooms.models.message import Message
from rooms.models.room import Room


class MentionQuerySet(models.QuerySet["Mention"]):
    """Mentions by name of the question."""

    def gathered(self, message_ids: Collection[int]) -> dict[int, dict[str, Any]]:
        """For each of the messages that has any: `{room, users}`. One query."""
        found: dict[int, dict[str, Any]] = {}
        for message_id, user_id in self.filter(message__in=message_ids).order_by("pk").values_list("message", "user"):
            called = found.setdefault(message_id, {"room": False, "users": []})
            if user_id is None:
                called["room"] = True
            else:
                called["users"].append(user_id)
        return found

    def store(self, messages: Iterable[Message]) -> None:
        """Store who is called by new messages, as `called` says."""
        fresh = [
            Mention(
                message=message,
                user_id=user,
                room_id=message.room_id,
                seq=None if message.thread else message.seq,
            )
            for message in messages
            if message.called
            for user in ([None] if message.called["room"] else message.called["users"])
        ]
        if fresh:
            storing.insert(fresh)


class Mention(models.Model):
    """Somebody is called, or everybody."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="mentions", db_index=False
    )
    room = models.ForeignKey(Room, models.CASCADE, related_name="+", db_index=False)
    seq = models.BigIntegerField(null=True)

    objects = models.Manager.from_queryset(MentionQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_mention_a_person")]
        indexes = [
            models.Index(fields=["user", "room", "seq"], name="mention_by_user"),
            models.Index(fields=["room", "seq"], name="mention_of_all", condition=Q(user=None)),
        ]

    def __str__(self) -> str:
        return f"{self.message} · {self.user_id or 'room'}"
