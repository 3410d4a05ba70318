"""Who is in a room, in which role, how far they have read, and how often they are mentioned above that.

Unread is a subtraction: the room's `last_seq` less the member's `last_read_seq`, less what does not count in between: own messages (`own_above`),
the deleted ones, and the answers in threads, which are unread for those who follow them (by a partial index).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, IntegerField, OuterRef, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.audit import REASON_LENGTH
from accounts.models.standing import ADMITTED
from accounts.names import collated
from rooms.models import rows, storing
from rooms.models.follower import BEHIND, Follower, Following
from rooms.models.mention import Mention
from rooms.models.message import UNCOUNTED, Message
from rooms.models.room import DIRECT, Room
from rooms.models.seat import COLUMNS, Seat

MOMENTS = ("joined_at", "date_joined", "last_login")
DATES = ("joined_at", "created_at")  # that no list of rooms shows, and SQLite takes 3 µs each to read


class MembershipManager(models.Manager["Membership"]):
    """What posting asks and tells: past the query compiler, so also without a QuerySet, which costs as much again."""

    def held(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Membership]:
        """The memberships of active people, by their (user id, room id): those of `pairs` that there are, with what posting has to know."""
        wanted = sorted(set(pairs))
        if not wanted:
            return {}
        rest = f"WHERE {rows.either('(user_id = %s AND room_id = %s)', len(wanted))} AND {_active()}"
        unasked = rows.but(Membership, "room_id", "user_id", "role", "last_read_seq", "muted_until", "spoke_at")
        found = rows.select(Membership, rest, [key for pair in wanted for key in pair], defer=unasked)
        return {(membership.user_id, membership.room_id): membership for membership in found}

    def mark_read(self, memberships: Iterable[Membership]) -> None:
        """Store `last_read_seq` of each: their own message, above which there is none of theirs."""
        marks = [(member.last_read_seq, 0, member.id) for member in memberships]
        if marks:
            storing.update(Membership, ["last_read_seq", "own_above"], marks)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by name of the question."""

    def of(self, user: User) -> Self:
        """The memberships of `user`, each with its room."""
        return self.filter(user=user).select_related("room")

    def here(self) -> Self:
        """Of those who were not shut out: whom lists of people show, and count."""
        return self.filter(user__is_active=True)

    def roll(self, room: Room) -> list[Membership]:
        """Those in `room` who were not shut out, each with the person, by name."""
        members = self.here().filter(room=room).select_related("user")
        return sorted(members, key=lambda member: (collated(member.user.name), member.pk))

    def standing(self, users: Collection[int], slugs: Collection[str] | None = None) -> list[Membership]:
        """The memberships of active people (their ids), each with its room and what is unread in it: what every connection and page begins with.

        `slugs`: only of these rooms. Threads are asked for only where one may have something unread.
        """
        rest = _among(users, slugs)
        found = rows.joined(Membership, Room, _counts(), rest, [*users, *(slugs or ())], defer=DATES) if users else []
        asked = [member for member, _room, counts in found if counts[-1]]
        threads = Follower.objects.unread_of({m.user_id for m in asked}, {m.room_id for m in asked})
        for member, its_room, (gone, by_name, with_all, _behind) in found:
            member._state.fields_cache = {
                "room": its_room
            }  # where its descriptor puts it: two hundred rooms a connection
            member.unread = its_room.last_seq - member.last_read_seq - gone - member.own_above
            member.mentions = member.unread if its_room.kind == DIRECT else by_name + with_all
            member.threads = threads.get((member.user_id, member.room_id), [])
        return self.with_people([member for member, _, _ in found])

    def seats(self, users: Collection[int]) -> list[Seat]:
        """The same as plain rows, which is what lists of rooms are made from."""
        gone, by_name, with_all, behind = _counts()
        columns = f"{COLUMNS}, last_seq - last_read_seq - own_above - {gone}, {by_name} + {with_all}, {behind}"
        found = rows.values(Membership, columns, _among(users), [*users]) if users else []
        seats = [Seat(*row[:-1]) for row in found]
        asked = [seat for seat, row in zip(seats, found, strict=True) if row[-1]]
        threads = Follower.objects.unread_of({seat.user_id for seat in asked}, {seat.room_id for seat in asked})
        people = self._people({seat.room_id for seat in seats if seat.kind == DIRECT})
        plain = not threads and not people
        return [seat if plain and seat.muted_until is None else seat.whole(threads, people) for seat in seats]

    def with_people(self, memberships: list[Membership]) -> list[Membership]:
        """Give those of direct conversations, each with its room, the other `people` in it, by name. One query; none where there is no such room."""
        direct = [member for member in memberships if member.room.kind == DIRECT]
        if not direct:
            return memberships
        people = self._people({member.room_id for member in direct})
        for member in direct:
            member.people = [person for person in people[member.room_id] if person.pk != member.user_id]
        return memberships

    def _people(self, rooms: Collection[int]) -> dict[int, list[User]]:
        """Who is in each of the rooms (ids), active or not, by name. No query for none."""
        found: dict[int, list[User]] = {room: [] for room in rooms}
        people = User._meta.db_table
        rest = f"JOIN {people} ON {people}.id = user_id WHERE room_id IN ({rows.marks(len(rooms))})"
        all_ = rows.joined(Membership, User, [], rest, list(rooms), defer=MOMENTS) if rooms else []
        for member, person, _extra in sorted(all_, key=lambda each: (collated(each[1].name), each[1].pk)):
            found[member.room_id].append(person)
        return found

    def addresses(self, users: Collection[int]) -> dict[int, dict[str, int]]:
        """The ids of the rooms of each of `users` (ids), by slug."""
        room = Room._meta.db_table
        rest = f"JOIN {room} ON {room}.id = {{table}}.room_id WHERE user_id IN ({rows.marks(len(users))})"
        found: dict[int, dict[str, int]] = {user: {} for user in users}
        for user, slug, pk in rows.values(Membership, "user_id, slug, room_id", rest, list(users)) if users else []:
            found[user][str(slug)] = pk
        return found

    def mark_spoken(self, memberships: Collection[Membership]) -> None:
        """Store `spoke_at` of each, the same moment for all; of rooms with slow mode only."""
        if memberships:
            at = max(member.spoke_at for member in memberships if member.spoke_at)
            self.filter(pk__in={member.pk for member in memberships}).update(spoke_at=at)

    def called(self, slugs: Collection[str], handles: Collection[str]) -> dict[str, dict[str, int]]:
        """The ids of active members with these handles, by handle, of each of the rooms (slugs)."""
        found: dict[str, dict[str, int]] = {slug: {} for slug in slugs}
        members = self.filter(room__slug__in=slugs, user__handle__in=handles, user__is_active=True)
        for slug, handle, user in members.values_list("room__slug", "user__handle", "user"):
            found[slug][handle] = user
        return found

    def with_unread(self) -> Self:
        """Adds `unread`, the number of messages of the log above the read mark that still stand, and `mentions`, how many call the member.

        In a direct conversation each does.
        """
        uncounted = Message.objects.filter(UNCOUNTED, room=OuterRef("room"), seq__gt=OuterRef("last_read_seq"))
        near = Mention.objects.filter(room=OuterRef("room"), seq__gt=OuterRef("last_read_seq"))
        everybody = near.filter(user=None).exclude(message__author=OuterRef("user"))
        unread = F("room__last_seq") - F("last_read_seq") - F("own_above") - _total(_counted(uncounted))
        mentions = _total(_counted(near.filter(user=OuterRef("user")))) + _total(_counted(everybody))
        return self.annotate(
            unread=unread, mentions=Case(When(room__kind=Room.Kind.DIRECT, then=unread), default=mentions)
        )


@cache
def _counts() -> tuple[str, ...]:
    """In SQL, of a membership: what does not count above the read mark, the mentions of the member and of everybody there, and whether one may have
    something unread in a thread."""
    said, called, follower = Message._meta.db_table, Mention._meta.db_table, Follower._meta.db_table
    above = (
        f"{said}.room_id = {{table}}.room_id AND seq > last_read_seq AND (deleted_at IS NOT NULL OR thread IS NOT NULL)"
    )
    near = f"{called}.room_id = {{table}}.room_id AND {called}.seq > last_read_seq AND {called}.user_id"
    by = f"JOIN {said} ON {said}.id = {called}.message_id AND {said}.author_id <> {{table}}.user_id"
    followed = f"{follower}.user_id = {{table}}.user_id AND {follower}.room_id = {{table}}.room_id"
    return (
        f"(SELECT COUNT(*) FROM {said} WHERE {above})",
        f"(SELECT COUNT(*) FROM {called} WHERE {near} = {{table}}.user_id)",
        f"(SELECT COUNT(*) FROM {called} {by} WHERE {near} IS NULL)",
        f"EXISTS (SELECT 1 FROM {follower} WHERE {followed} AND {BEHIND.replace('{table}', follower)})",
    )


def _among(users: Collection[int], slugs: Collection[str] | None = None) -> str:
    """In SQL: the memberships of the users who are active, with their rooms; `slugs`: only of these."""
    room = Room._meta.db_table
    rest = f"JOIN {room} ON {room}.id = {{table}}.room_id WHERE user_id IN ({rows.marks(len(users))}) AND {_active()}"
    return rest if slugs is None else f"{rest} AND slug IN ({rows.marks(len(slugs))})"


def _active() -> str:
    people = Membership._meta.get_field("user").related_model._meta.db_table
    return f"EXISTS (SELECT 1 FROM {people} WHERE {people}.id = user_id AND {ADMITTED})"


def _counted(found: models.QuerySet[Any]) -> models.QuerySet[Any, Any]:
    """Their number, as a subquery."""
    return found.order_by().values("room").annotate(total=Count("*")).values("total")


def _total(counted: models.QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


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
    own_above = models.PositiveIntegerField(
        default=0, editable=False
    )  # own messages above the mark: rooms/actions/reading.py
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)
    # What of the sanctions posting has to know: rooms/models/sanction.py. None: not muted.
    muted_until = models.DateTimeField(_("muted until"), null=True, editable=False)
    mute_reason = models.CharField(max_length=REASON_LENGTH, blank=True, editable=False)
    # In a room with slow mode: when the member last said something. None: not since it has it.
    spoke_at = models.DateTimeField(null=True, editable=False)

    # Filled in by standing() and with_unread().
    unread: int
    mentions: int
    # The others in a direct conversation, filled in by standing() and with_people(); None: not asked for yet.
    people: list[User] | None = None
    threads: list[Following]  # those with unread answers

    objects = MembershipManager.from_queryset(MembershipQuerySet)()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_membership_a_room")]
        indexes = [models.Index(fields=["user", "room"], name="membership_by_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.room}"

    @property
    def is_muted(self) -> bool:
        """Whether a mute holds now."""
        return self.muted_until is not None and self.muted_until > timezone.now()
