"""Who is in a room, in which role, and how far they have read.

Unread is a subtraction: the room's `last_seq` less the member's `last_read_seq`, less the deleted messages in between (few, by a partial index).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from rooms.models import rows
from rooms.models.message import Message
from rooms.models.room import Room

if TYPE_CHECKING:
    from accounts.models import User


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by name of the question."""

    def of(self, user: User) -> Self:
        """The memberships of `user`, each with its room."""
        return self.filter(user=user).select_related("room")

    def standing(self, users: Collection[int]) -> list[Membership]:
        """The memberships of active people (their ids), each with its room and its `unread`: what every connection and page begins with."""
        room, said = Room._meta.db_table, Message._meta.db_table
        above = f"{said}.room_id = {{table}}.room_id AND seq > last_read_seq AND deleted_at IS NOT NULL"
        deleted = f"(SELECT COUNT(*) FROM {said} WHERE {above})"
        rest = f"JOIN {room} ON {room}.id = {{table}}.room_id WHERE user_id IN ({rows.marks(len(users))}) AND {self._active()}"
        found = rows.joined(Membership, Room, deleted, rest, list(users)) if users else []
        for member, its_room, gone in found:
            member.room, member.unread = its_room, its_room.last_seq - member.last_read_seq - gone
        return [member for member, _, _ in found]

    def addresses(self, users: Collection[int]) -> dict[int, dict[str, int]]:
        """The ids of the rooms of each of `users` (ids), by slug."""
        room = Room._meta.db_table
        rest = f"JOIN {room} ON {room}.id = {{table}}.room_id WHERE user_id IN ({rows.marks(len(users))})"
        found: dict[int, dict[str, int]] = {user: {} for user in users}
        for user, slug, pk in rows.values(Membership, "user_id, slug, room_id", rest, list(users)) if users else []:
            found[user][str(slug)] = pk
        return found

    def held(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Membership]:
        """The memberships of active people, by their (user id, room id): those of `pairs` that there are."""
        wanted = sorted(set(pairs))
        if not wanted:
            return {}
        rest = f"WHERE {rows.either('(user_id = %s AND room_id = %s)', len(wanted))} AND {self._active()}"
        found = rows.select(Membership, rest, [key for pair in wanted for key in pair])
        return {(membership.user_id, membership.room_id): membership for membership in found}

    def _active(self) -> str:
        people = Membership._meta.get_field("user").related_model._meta.db_table
        return f"EXISTS (SELECT 1 FROM {people} WHERE {people}.id = user_id AND is_active)"

    def mark_read(self, memberships: Iterable[Membership]) -> None:
        """Store `last_read_seq` of each."""
        rows.update(Membership, ["last_read_seq"], [(member.pk, member.last_read_seq) for member in memberships])

    def with_unread(self) -> Self:
        """Adds `unread`, the number of messages above the read mark that still stand."""
        deleted = (
            Message.objects.filter(room=OuterRef("room"), deleted_at__isnull=False, seq__gt=OuterRef("last_read_seq"))
            .order_by()
            .values("room")
            .annotate(total=Count("*"))
            .values("total")
        )
        gone = Coalesce(Subquery(deleted, output_field=IntegerField()), 0)
        return self.annotate(unread=F("room__last_seq") - F("last_read_seq") - gone)


class Membership(models.Model):
    """One person in one room."""

    class Role(models.TextChoices):
        """What a member may do beyond talking."""

        MEMBER = "member", _("member")
        MODERATOR = "moderator", _("moderator")

    class Involvement(models.TextChoices):
        """What a member wants to be told of."""

        EVERYTHING = "everything", _("everything")
        MENTIONS = "mentions", _("mentions only")
        NOTHING = "nothing", _("nothing")

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=9, choices=Role, default=Role.MEMBER)
    involvement = models.CharField(_("involvement"), max_length=10, choices=Involvement, default=Involvement.EVERYTHING)
    last_read_seq = models.BigIntegerField(default=0, editable=False)
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)

    unread: int  # filled in by with_unread()

    objects = models.Manager.from_queryset(MembershipQuerySet)()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_membership_a_room")]
        indexes = [models.Index(fields=["user", "room"], name="membership_by_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.room}"
