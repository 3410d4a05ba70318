"""A reaction: somebody's emoji on a message. Once a person, message and emoji."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models

from rooms.models.message import Message

MOST_NAMED = 100  # people told with one emoji


class ReactionQuerySet(models.QuerySet["Reaction"]):
    """Reactions by name of the question."""

    def gathered(self, message_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """For each of the messages that has any: `{emoji, count, users}` for each emoji, in the order it first came. One query."""
        found = (
            self.filter(message__in=message_ids)
            .order_by("pk")
            .values_list("message_id", "emoji", "user_id", "user__name")
        )
        gathered: dict[int, dict[str, dict[str, Any]]] = {}
        for message_id, emoji, user_id, name in found:
            mark = gathered.setdefault(message_id, {}).setdefault(emoji, {"emoji": emoji, "count": 0, "users": []})
            mark["count"] += 1
            if mark["count"] <= MOST_NAMED:
                mark["users"].append({"id": user_id, "name": name})
        return {message_id: list(marks.values()) for message_id, marks in gathered.items()}


class Reaction(models.Model):
    """What somebody thinks of a message, in one sign."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reactions")
    emoji = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager.from_queryset(ReactionQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user", "emoji"], name="one_reaction_a_person")]

    def __str__(self) -> str:
        return self.emoji
