"""What is held against somebody: a mute or a ban, in one room, or (a mute) everywhere. It ends by itself; nobody has to see to it.

A ban from the site is the person's own affair (`accounts.models.standing`). Invariant: who is banned from a room is no member of it; of who is muted
the memberships say so, too (`Membership.muted_until`), where posting has it at hand. One standing row a room, person and kind: the latest. What was
lifted or replaced stands in the audit log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.audit import REASON_LENGTH
from rooms.models.membership import Membership
from rooms.models.room import Room


class SanctionQuerySet(models.QuerySet["Sanction"]):
    """Sanctions by name of the question."""

    def holding(self) -> Self:
        """Those that have not ended."""
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()))

    def against(self, room: Room, users: Collection[User]) -> list[Sanction]:
        """What holds against `users` in the room. One query; none for nobody."""
        if not users:
            return []
        return list(self.holding().filter(Q(room=room) | Q(room=None), user__in=users))

    def ban_of(self, room: Room, user: User) -> Sanction | None:
        """The ban that keeps `user` out of the room."""
        return self.holding().filter(room=room, user=user, kind=Sanction.Kind.BAN).first()

    def of_room(self, room: Room) -> Self:
        """What holds in one room, each with whom it holds against and who said so, the last first."""
        return self.holding().filter(room=room).select_related("user", "by").order_by("-pk")

    def impose(self, room: Room | None, user: User, kind: str, **fields: object) -> Sanction:
        """Store what holds from now on, in the place of what held."""
        made, _is_new = self.update_or_create(
            room=room, user=user, kind=kind, defaults={**fields, "made_at": timezone.now()}
        )
        return made


class Sanction(models.Model):
    """One mute or ban."""

    class Kind(models.TextChoices):
        """What one may not do."""

        MUTE = "mute", _("muted")
        BAN = "ban", _("banned")

    room = models.ForeignKey(
        Room, models.CASCADE, null=True, blank=True, related_name="sanctions", verbose_name=_("room")
    )  # null: everywhere
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sanctions", verbose_name=_("whom"))
    kind = models.CharField(_("what"), max_length=4, choices=Kind)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.CharField(_("why"), max_length=REASON_LENGTH, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("since"), default=timezone.now)

    objects = models.Manager.from_queryset(SanctionQuerySet)()

    class Meta:
        verbose_name = _("mute or ban")
        verbose_name_plural = _("mutes and bans")
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["room", "user", "kind"], name="one_sanction_a_room", condition=Q(room__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["user", "kind"], name="one_sanction_a_site", condition=Q(room__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_kind_display()}"

    @property
    def holds(self) -> bool:
        """Whether it has not ended."""
        return self.until is None or self.until > timezone.now()


def hush(memberships: Iterable[Membership], sanctions: Iterable[Sanction]) -> None:
    """Let each membership say what mutes it: of the sanctions the one that ends last. The caller saves them."""
    mutes = [each for each in sanctions if each.kind == Sanction.Kind.MUTE and each.holds]
    for member in memberships:
        its = [each for each in mutes if each.user_id == member.user_id and each.room_id in (None, member.room_id)]
        last = max(its, key=_end, default=None)
        member.muted_until, member.mute_reason = (last.until, last.reason) if last else (None, "")


def _end(mute: Sanction) -> datetime:
    assert mute.until is not None, "a mute has an end"
    return mute.until
