"""An invitation: a link into one room, for as long and as many as it says.

Invariant: `uses` counts those who became members by it, and changes only under the lock of the room's row. A link holds as long as who made it could
make it again: it ends with their account and their role in the room, and rests while they are banned from the site.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.site import new_key
from accounts.models.standing import admitted
from rooms.models.membership import Membership
from rooms.models.room import Room


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by name of the question."""

    def whole(self) -> Self:
        """Each with its room, its maker, and `is_backed`: whether its maker may still make it."""
        moderates = Membership.objects.filter(
            room=OuterRef("room"), user=OuterRef("created_by"), role=Membership.Role.MODERATOR
        )
        backed = admitted("created_by__") & (Q(created_by__is_staff=True) | Q(Exists(moderates)))
        return self.select_related("room", "created_by").annotate(
            is_backed=models.ExpressionWrapper(backed, output_field=models.BooleanField())
        )

    def by_token(self, token: str) -> Invitation | None:
        """The invitation that a link names, whole: one indexed look-up."""
        return None if "\0" in token else self.whole().filter(token=token).first()

    def active(self) -> Self:
        """Those that let somebody in, whole, the newest first."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        left = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
        return self.whole().filter(unexpired, left, revoked_at=None, is_backed=True).order_by("-pk")


class Invitation(models.Model):
    """A link into a room."""

    class State(models.TextChoices):
        """Whether it lets somebody in, and why not."""

        ACTIVE = "active", _("works")
        REVOKED = "revoked", _("taken back")
        EXPIRED = "expired", _("expired")
        USED_UP = "used_up", _("used up")

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations", verbose_name=_("room"))
    token = models.CharField(max_length=64, unique=True, default=new_key, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("made by"), editable=False
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Empty: it does not expire."))
    max_uses = models.PositiveIntegerField(
        _("for how many people"), null=True, blank=True, help_text=_("Empty: for any number.")
    )
    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    revoked_at = models.DateTimeField(_("taken back"), null=True, editable=False)

    # Filled in by whole().
    is_backed: bool

    objects = models.Manager.from_queryset(InvitationQuerySet)()

    class Meta:
        verbose_name = _("invite link")
        verbose_name_plural = _("invite links")

    def __str__(self) -> str:
        return f"{self.room} · {self.created_by}"

    def state(self, now: datetime | None = None) -> State:
        """How it stands (of one that is `whole`)."""
        if self.revoked_at or not self.is_backed:
            return self.State.REVOKED
        if self.expires_at and self.expires_at <= (now or timezone.now()):
            return self.State.EXPIRED
        return self.State.USED_UP if self.max_uses is not None and self.uses >= self.max_uses else self.State.ACTIVE

    def get_absolute_url(self) -> str:
        """The link, without the site's own address."""
        return reverse("invitation", args=[self.token])
