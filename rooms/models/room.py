"""A room, and the two counters that carry every guarantee.

`last_seq` numbers the messages of a room 1, 2, 3, ...; `version` numbers its changes. Both only grow, and only under the lock of the room's
row (`locked`), so that they agree with the order of commits however many processes write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.conf import settings
from django.core.validators import MaxValueValidator, validate_slug
from django.db import models
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.fields import NameField
from accounts.names import NAME_LENGTH
from rooms.models import rows, storing

if TYPE_CHECKING:
    from accounts.models import User
    from rooms.models.membership import Membership

LOBBY = "lobby"
SLOWEST = 21_600  # seconds between two messages of a member
DIRECT = "direct"  # `Room.Kind.DIRECT`, which takes Python longer to find than all else that asks what a room is
MOST_DIRECT = 8  # people in a direct conversation


class RoomManager(models.Manager["Room"]):
    """What posting asks and tells: past the query compiler, so also without a QuerySet, which costs as much again."""

    def locked(self, slugs: Iterable[str], defer: tuple[str, ...] = ("created_at",)) -> dict[str, Room]:
        """Lock the rooms with these slugs, in the order of their ids, and return them by slug. Only within a transaction."""
        wanted = sorted(set(slugs))
        rest = f"WHERE slug IN ({rows.marks(len(wanted))}) {rows.for_update(Room, by='id')}"
        found = rows.select(Room, rest, wanted, defer=defer) if wanted else []
        return {room.slug: room for room in found}

    def locked_to_post(self, slugs: Iterable[str]) -> dict[str, Room]:
        """The same with what posting has to know of a room; each column more takes as long as a twentieth of the look-up."""
        return self.locked(slugs, rows.but(Room, "slug", "slow_mode", "archived_at", "last_seq", "version"))

    def count_up(self, rooms: Iterable[Room]) -> None:
        """Store `last_seq` and `version` of locked rooms."""
        storing.update(Room, ["last_seq", "version"], [(room.last_seq, room.version, room.id) for room in rooms])


class RoomQuerySet(models.QuerySet["Room"]):
    """Rooms by name of the question."""

    def open(self) -> Self:
        """Rooms anyone signed in may find and join."""
        return self.filter(kind=Room.Kind.OPEN, archived_at=None)

    def of(self, user: User) -> Self:
        """Rooms `user` is a member of."""
        return self.filter(memberships__user=user)

    def known_to(self, users: Collection[int], slugs: Collection[str]) -> dict[int, set[str]]:
        """Which of `slugs` each of `users` (ids) may know of: open rooms, and closed ones they are in. Two queries."""
        found = self.filter(slug__in=slugs)
        open_ = set(found.filter(kind=Room.Kind.OPEN).values_list("slug", flat=True))
        known = {user: set(open_) for user in users}
        closed = found.filter(kind=Room.Kind.CLOSED, memberships__user__in=users)
        for user, slug in closed.values_list("memberships__user", "slug"):
            known[user].add(slug)
        return known

    def between(self, users: Collection[int]) -> Room | None:
        """The direct conversation of just these people (their ids), if there is one: a look-up in a unique index."""
        return self.filter(direct_key=Room.key_of(users)).first()

    def default(self) -> Room | None:
        """The room that a message without a room goes to: the oldest that everyone joins."""
        found = rows.select(Room, "WHERE is_default AND archived_at IS NULL ORDER BY id LIMIT 1", ())
        return found[0] if found else None

    def with_member_count(self) -> Self:
        """Adds `members`, the number of people in the room."""
        members = apps.get_model("rooms", "Membership").objects.here().filter(room=OuterRef("pk"))
        counted = members.order_by().values("room").annotate(total=Count("*")).values("total")
        return self.annotate(members=Coalesce(Subquery(counted, output_field=models.IntegerField()), 0))

    def with_people(self) -> Self:
        """Adds `people`, the memberships of direct conversations by name; of other rooms none."""
        members = apps.get_model("rooms", "Membership").objects.filter(room__kind=Room.Kind.DIRECT)
        named = members.select_related("user").order_by("user__name", "user_id")
        return self.prefetch_related(Prefetch("memberships", named, to_attr="people"))

    def with_last_activity(self) -> Self:
        """Adds `last_activity`, the time of the newest message."""
        newest = apps.get_model("rooms", "Message").objects.filter(room=OuterRef("pk"), seq=OuterRef("last_seq"))
        return self.annotate(last_activity=Subquery(newest.values("created_at")[:1]))


class Room(models.Model):
    """Where messages are posted, in one order."""

    class Kind(models.TextChoices):
        """Who may come in."""

        OPEN = "open", _("open: anyone may find and join it")
        CLOSED = "closed", _("closed: by invitation")
        DIRECT = DIRECT, _("direct conversation")

    name = NameField(_("name"), max_length=NAME_LENGTH)
    slug = models.SlugField(_("address"), max_length=64, unique=True, blank=True, validators=[validate_slug])
    topic = models.CharField(_("topic"), max_length=250, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.OPEN)
    is_default = models.BooleanField(
        _("everyone joins"), default=False, help_text=_("New people become members at sign-up.")
    )
    slow_mode = models.PositiveIntegerField(
        _("slow mode"),
        default=0,
        blank=True,
        validators=[MaxValueValidator(SLOWEST)],
        help_text=_("Seconds between two messages of one member; 0: none."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    # Of a direct conversation: who is in it. One room a set of people, whoever opens it and however many at once.
    direct_key = models.CharField(max_length=160, null=True, unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_seq = models.BigIntegerField(default=0, editable=False)
    version = models.BigIntegerField(default=0, editable=False)

    # Filled in by the queries of the same purpose.
    members: int
    people: list[Membership]
    last_activity: datetime | None

    objects = RoomManager.from_queryset(RoomQuerySet)()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name or gettext("Direct conversation %d") % self.pk

    @property
    def is_direct(self) -> bool:
        """Whether it is made by who is in it: a direct conversation."""
        return self.kind == DIRECT

    @property
    def is_archived(self) -> bool:
        """Whether the room is kept for reading only."""
        return self.archived_at is not None

    @staticmethod
    def key_of(users: Collection[int]) -> str:
        """What a set of people (their ids) is called."""
        return "-".join(map(str, sorted(set(users))))

    @classmethod
    def free_slug(cls, name: str) -> str:
        """Return an address made from `name` that no room has."""
        base = slugify(name)[:56] or "room"
        taken = set(cls.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)

    def get_absolute_url(self) -> str:
        """The room's page."""
        return reverse("room", args=[self.slug])
