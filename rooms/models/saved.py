"""What people have put aside for themselves. Nobody else knows: it is no change of the message, and stands in no payload of one.

`room` and `seq` are those of the message, so that what somebody has saved in a room is one range of an index.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from rooms.models import rows
from rooms.models.membership import Membership
from rooms.models.message import Message
from rooms.models.room import Room

if TYPE_CHECKING:
    from accounts.models import User


class SavedQuerySet(models.QuerySet["Saved"]):
    """Saved messages by name of the question."""

    def page(self, user: User, before: int | None, limit: int) -> list[Saved]:
        """What `user` has saved in the rooms they are in, the last first; `before`: saved earlier than that (an id)."""
        mine = Membership.objects.filter(user=user).values("room")
        mine_too = self.filter(user=user, room__in=mine).select_related("room").order_by("-pk")
        found: list[Saved] = list((mine_too.filter(pk__lt=before) if before is not None else mine_too)[:limit])
        messages = Message.objects.these([saved.message_id for saved in found])
        for saved in found:
            saved.message = messages[saved.message_id]
        return found

    def numbers(self, users: Collection[int]) -> dict[int, dict[str, list[int]]]:
        """The numbers of what each of `users` (ids) has saved, by the slug of the room. One query."""
        room = Room._meta.db_table
        rest = f"JOIN {room} ON {room}.id = {{table}}.room_id WHERE user_id IN ({rows.marks(len(users))}) ORDER BY seq"
        found: dict[int, dict[str, list[int]]] = {user: {} for user in users}
        for user, slug, seq in rows.values(Saved, "user_id, slug, seq", rest, [*users]) if users else []:
            found[user].setdefault(str(slug), []).append(seq)
        return found


class Saved(models.Model):
    """Somebody wants to find a message again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    saved_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager.from_queryset(SavedQuerySet)()

    class Meta:
        verbose_name_plural = "saved"
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_saving_a_person")]
        indexes = [models.Index(fields=["user", "room", "seq"], name="saved_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.message_id}"
