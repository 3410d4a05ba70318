"""A message: numbered by `seq` in its room for ever, stamped with the room's `version` at each change.

"Everything since version v" is one range of the index (room, version). A deleted message keeps its row, its number and its author and loses its body.
"""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rooms.models.room import Room


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages by name of the question."""

    def whole(self) -> Self:
        """With all that a payload shows, in one query."""
        return self.select_related("author", "reply_to__author")

    def newest(self, room: Room, limit: int) -> list[Message]:
        """The newest `limit` messages of `room`, oldest first."""
        return list(reversed(self.whole().filter(room=room).order_by("-seq")[:limit]))

    def before(self, room: Room, seq: int, limit: int) -> list[Message]:
        """The `limit` messages below `seq`, oldest first."""
        return list(reversed(self.whole().filter(room=room, seq__lt=seq).order_by("-seq")[:limit]))

    def after(self, room: Room, seq: int, limit: int) -> list[Message]:
        """The `limit` messages above `seq`, oldest first."""
        return list(self.whole().filter(room=room, seq__gt=seq).order_by("seq")[:limit])

    def around(self, room: Room, seq: int, limit: int) -> list[Message]:
        """A page with `seq` in its middle. `seq` runs without a gap, so the page is one range and one query."""
        low = max(1, min(seq - limit // 2, room.last_seq - limit + 1))
        return list(self.whole().filter(room=room, seq__gte=low, seq__lt=low + limit).order_by("seq"))

    def since(self, room: Room, version: int, limit: int) -> list[Message]:
        """The messages changed after `version`, in the order of their last change."""
        return list(self.whole().filter(room=room, version__gt=version).order_by("version")[:limit])

    def at(self, room: Room, seq: int) -> Message | None:
        """The message numbered `seq`."""
        return self.whole().filter(room=room, seq=seq).first()


class Message(models.Model):
    """What somebody said."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    seq = models.BigIntegerField()
    version = models.BigIntegerField()
    client_id = models.UUIDField(default=uuid.uuid4)
    body = models.TextField(_("body"), blank=True)
    html = models.TextField(blank=True, editable=False)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    created_at = models.DateTimeField(_("posted"))
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    delete_reason = models.CharField(_("reason"), max_length=250, blank=True)

    objects = models.Manager.from_queryset(MessageQuerySet)()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(fields=["author", "client_id"], name="one_message_a_client_id"),
        ]
        indexes = [
            models.Index(fields=["room", "version"], name="message_changes"),
            models.Index(fields=["room", "seq"], name="message_deleted", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"#{self.room_id}/{self.seq}"

    @property
    def is_deleted(self) -> bool:
        """Whether the body is gone for good."""
        return self.deleted_at is not None

    def excerpt(self, length: int = 80) -> str:
        """The beginning of the body on one line, at most `length` characters."""
        line = " ".join(self.body[: length * 4].split())
        return line if len(line) <= length else f"{line[: length - 1]}…"

    def get_absolute_url(self) -> str:
        """The permalink."""
        return f"{self.room.get_absolute_url()}#{self.seq}"
