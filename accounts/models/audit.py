"""The audit log: who used power over whom, where, when and why. Written in the transaction of the deed itself, and never changed after.

Invariant: a row is added or not, and that is all; the model refuses the rest, and so does the database (a trigger, migration 0007). It names people,
rooms and messages by value, not by reference, so that what it says holds whatever becomes of them.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

REASON_LENGTH = 250  # characters


class AppendOnly(TypeError):
    """The audit log is written once."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries can be read, and new ones added."""

    def update(self, **fields: Any) -> NoReturn:
        raise AppendOnly("an entry of the audit log is never changed")

    def delete(self) -> NoReturn:
        raise AppendOnly("an entry of the audit log is never deleted")

    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable["AuditEntry"], *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("an entry of the audit log is never changed")


class Act(models.TextChoices):
    """What somebody did by the power they have."""

    MESSAGE_DELETED = "message_deleted", _("message deleted")
    MESSAGES_PURGED = "messages_purged", _("messages of a day deleted")
    REPORT_DISMISSED = "report_dismissed", _("report dismissed")
    REPORT_SETTLED = "report_settled", _("report settled")
    MEMBER_ADDED = "member_added", _("member added")
    MEMBER_REMOVED = "member_removed", _("member taken out")
    MEMBER_MUTED = "member_muted", _("muted in a room")
    MEMBER_UNMUTED = "member_unmuted", _("mute in a room lifted")
    MEMBER_BANNED = "member_banned", _("banned from a room")
    MEMBER_UNBANNED = "member_unbanned", _("ban from a room lifted")
    ROLE_GIVEN = "role_given", _("role given")
    ROOM_MADE = "room_made", _("room made")
    ROOM_CHANGED = "room_changed", _("room changed")
    ROOM_ARCHIVED = "room_archived", _("room archived")
    ROOM_UNARCHIVED = "room_unarchived", _("room taken into use again")
    LINK_MADE = "link_made", _("invite link made")
    LINK_REVOKED = "link_revoked", _("invite link taken back")
    PERSON_MADE = "person_made", _("person made")
    PERSON_CHANGED = "person_changed", _("person changed")
    PERSON_DEACTIVATED = "person_deactivated", _("person deactivated")
    PERSON_ACTIVATED = "person_activated", _("person activated")
    PERSON_MUTED = "person_muted", _("muted everywhere")
    PERSON_UNMUTED = "person_unmuted", _("mute everywhere lifted")
    PERSON_BANNED = "person_banned", _("banned from the site")
    PERSON_UNBANNED = "person_unbanned", _("ban from the site lifted")
    PASSWORD_SET = "password_set", _("password set")
    TWO_FACTOR_REMOVED = "two_factor_removed", _("two-factor sign-in taken off")
    SESSIONS_REVOKED = "sessions_revoked", _("signed out everywhere")
    SITE_CHANGED = "site_changed", _("site settings changed")
    INVITE_RENEWED = "invite_renewed", _("invite link of the site renewed")
    ADMIN_EDIT = "admin_edit", _("edited in the admin")


def acts() -> list[Any]:
    """All there are; a new one needs no migration."""
    return Act.choices


class AuditEntry(models.Model):
    """One deed."""

    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    act = models.CharField(_("what"), max_length=32, choices=acts)
    by = models.BigIntegerField(null=True)  # the id of a person; null: a program, or somebody at the console
    by_name = models.CharField(_("who"), max_length=120, blank=True)
    whom = models.BigIntegerField(null=True)
    whom_name = models.CharField(_("whom"), max_length=120, blank=True)
    room = models.BigIntegerField(null=True)
    room_slug = models.CharField(_("room"), max_length=64, blank=True)
    seq = models.BigIntegerField(_("message"), null=True)
    reason = models.CharField(_("why"), max_length=REASON_LENGTH, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True, encoder=DjangoJSONEncoder)

    objects = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        default_permissions = ("view",)
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["by"], name="audit_by", condition=models.Q(by__isnull=False)),
            models.Index(fields=["whom"], name="audit_whom", condition=models.Q(whom__isnull=False)),
            models.Index(fields=["room"], name="audit_room", condition=models.Q(room__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} · {self.by_name or '-'}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("an entry of the audit log is never changed")
        super().save(*args, **options | {"force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("an entry of the audit log is never deleted")
