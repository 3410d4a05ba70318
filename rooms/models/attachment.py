"""A file that somebody sent along. It waits for its message (`message` is null), belongs to it from then on, and goes when it goes.

Invariant: who is not a member of its room never gets it, and until its message stands, nobody but its uploader.
`image/`, `audio/` and `video/` are said only of what was found to be one by its content; such a file plays in place, every other is a download.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rooms.models.message import Message
from rooms.models.room import Room

if TYPE_CHECKING:
    from accounts.models import User

PATIENCE = timedelta(days=1)  # how long an upload waits for its message
IN_PLACE = ("image", "audio", "video")


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments by name of the question."""

    def of_messages(self, message_ids: Collection[int]) -> dict[int, list[Attachment]]:
        """Those of each of the messages that has any, in their order. One query, or none for no message."""
        found: dict[int, list[Attachment]] = {}
        for each in self.filter(message__in=message_ids).order_by("position") if message_ids else ():
            assert each.message_id is not None
            found.setdefault(each.message_id, []).append(each)
        return found

    def waiting(self, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Attachment]:
        """Lock and return those of `ids` that have no message yet. Only within a transaction."""
        return {each.pk: each for each in self.select_for_update().filter(pk__in=list(ids), message=None)}

    def seen_by(self, user: User) -> Self:
        """What `user` may fetch: of the messages of their rooms, and what they uploaded there themselves."""
        mine = models.Q(message=None, uploader=user) | models.Q(message__isnull=False)
        return self.filter(mine, room__memberships__user=user)

    def stale(self) -> Self:
        """What has waited too long for a message."""
        return self.filter(message=None, created_at__lt=timezone.now() - PATIENCE)

    def known_files(self, names: Collection[str]) -> set[str]:
        """Those of `names` that are files of ours."""
        files = self.filter(file__in=names).values_list("file", flat=True)
        return {*files, *self.filter(thumbnail__in=names).values_list("thumbnail", flat=True)}

    def discard(self) -> int:
        """Delete these, and their files once that is committed; return how many."""
        with transaction.atomic():
            gone = list(self.select_for_update().only("pk", "file", "thumbnail"))
            type(self)(self.model).filter(pk__in=[each.pk for each in gone]).delete()
            names = [name for each in gone for name in (each.file.name, each.thumbnail.name) if name]
            transaction.on_commit(lambda: _delete_files(names))
        return len(gone)


def _delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


class Attachment(models.Model):
    """A file, waiting or sent. The id is the uploader's choice, so that a retry is stored once; the names in storage tell nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments")
    room = models.ForeignKey(Room, models.CASCADE, related_name="attachments", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("bytes"))
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(max_length=100, unique=True)
    thumbnail = models.FileField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager.from_queryset(AttachmentQuerySet)()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [models.Index(fields=["created_at"], name="attachment_waiting", condition=models.Q(message=None))]

    def __str__(self) -> str:
        return self.name

    @property
    def plays_in_place(self) -> bool:
        """Whether a page may show it; anything else is saved to disk, never opened."""
        return self.content_type.partition("/")[0] in IN_PLACE
