"""What people have done by a name of its own (`client_id`): a retry does not do it again, whatever they did since.

A message keeps its name itself. This is for what sets something to a state and keeps no trace of it: an emoji is put on, and taken off in another tab
before the retry comes. Invariant: of each person the latest MOST are known; a retry that comes after so many others is done anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from accounts.models import User

MOST = 200


class DoneQuerySet(models.QuerySet["Done"]):
    """What was done by name of the question."""

    def is_new(self, user: User, client_id: UUID | None) -> bool:
        """Whether `user` does this for the first time; with the transaction, which has locked what is changed, it is done. Without a name: always."""
        if client_id is None:
            return True
        mine = self.filter(user=user)
        if mine.filter(client_id=client_id).exists():
            return False
        self.create(user=user, client_id=client_id)
        mine.filter(pk__lte=models.Subquery(mine.order_by("-pk").values("pk")[MOST : MOST + 1])).delete()
        return True


class Done(models.Model):
    """Somebody has done something, once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    client_id = models.UUIDField()

    objects = models.Manager.from_queryset(DoneQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_id"], name="done_once")]
        indexes = [models.Index(fields=["user", "id"], name="done_lately")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.client_id}"
