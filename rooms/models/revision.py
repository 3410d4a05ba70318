"""A revision: what a message said before an edit. Written by each edit; who may see them is `permissions`' to say."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from rooms.models.message import Message


class Revision(models.Model):
    """A body that was replaced. The editor is who replaced it, at `edited_at`."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    body = models.TextField(_("body"))
    html = models.TextField(blank=True, editable=False)
    edited_at = models.DateTimeField(_("edited"))
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")

    def __str__(self) -> str:
        return f"{self.message} until {self.edited_at:%Y-%m-%d %H:%M}"
