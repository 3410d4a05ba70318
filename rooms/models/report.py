"""Somebody finds that a message should not stand, and says why: once a person a message. The staff settle it.

`said` is what the message said then: its author may take it back before anybody looks. Invariant: it is kept no longer than the report is open.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.audit import REASON_LENGTH
from rooms.models.message import Message
from rooms.models.room import Room

if TYPE_CHECKING:
    from accounts.models import User

DAY = timedelta(days=1)


class ReportQuerySet(models.QuerySet["Report"]):
    """Reports by name of the question."""

    def open(self) -> Self:
        """Those that nobody has settled."""
        return self.filter(settled_at=None)

    def of_a_day(self, user: User) -> Self:
        """What somebody has reported within a day, the first first."""
        return self.filter(reporter=user, made_at__gt=timezone.now() - DAY).order_by("made_at")


class Report(models.Model):
    """One person about one message."""

    class Outcome(models.TextChoices):
        """What came of it."""

        OPEN = "", _("open")
        DISMISSED = "dismissed", _("dismissed")
        DELETED = "deleted", _("message deleted")
        MUTED = "muted", _("author muted")
        BANNED = "banned", _("author banned")

    message = models.ForeignKey(Message, models.CASCADE, related_name="reports", verbose_name=_("message"))
    room = models.ForeignKey(Room, models.CASCADE, related_name="+", verbose_name=_("room"))
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports", verbose_name=_("reported by")
    )
    reason = models.CharField(_("why"), max_length=REASON_LENGTH)
    said = models.TextField(blank=True, editable=False)
    made_at = models.DateTimeField(_("reported"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=9, blank=True, choices=Outcome, default=Outcome.OPEN)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    objects = models.Manager.from_queryset(ReportQuerySet)()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        default_permissions = ("view", "change")
        constraints = [models.UniqueConstraint(fields=["message", "reporter"], name="one_report_a_person")]
        indexes = [models.Index(fields=["made_at"], name="report_open", condition=Q(settled_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.reporter} · {self.message}"
