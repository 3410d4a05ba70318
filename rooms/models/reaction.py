"""A reaction: somebody's emoji on a message. Once a person, message and emoji."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models

from rooms.models import rows
from rooms.models.message import Message

MOST_NAMED = 20  # people named with one emoji
MOST_NAMES = 300  # and on one message
MOST_KNOWN = 5_000  # of the others on one message, by their ids


class ReactionQuerySet(models.QuerySet["Reaction"]):
    """Reactions by name of the question."""

    def gathered(self, message_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
        """For each of the messages that has any: `{emoji, count, users}` for each emoji, in the order it first came. One query.

        `users` are named, `others` (where there are any) are the ids of those who follow: each finds themselves in a crowd, and it stays small.
        """
        person = Reaction._meta.get_field("user").related_model._meta.db_table
        rest = f"JOIN {person} ON {person}.id = user_id WHERE message_id IN ({rows.marks(len(message_ids))}) ORDER BY {{table}}.id"
        found = rows.values(Reaction, f"message_id, emoji, user_id, {person}.name", rest, [*message_ids])
        gathered: dict[int, dict[str, dict[str, Any]]] = {}
        names, known = Counter[int](), Counter[int]()
        for message_id, emoji, user_id, name in found:
            mark = gathered.setdefault(message_id, {}).setdefault(emoji, {"emoji": emoji, "count": 0, "users": []})
            mark["count"] += 1
            if mark["count"] <= MOST_NAMED and names[message_id] < MOST_NAMES:
                names[message_id] += 1
                mark["users"].append({"id": user_id, "name": name})
            elif known[message_id] < MOST_KNOWN:
                known[message_id] += 1
                mark.setdefault("others", []).append(user_id)
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
