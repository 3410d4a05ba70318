"""`manage.py populate`: fill a site quickly, to try it or to load it.

Users `u0 ... u<N-1>`, rooms `room-1 ... room-<M>` beside the Lobby, user `u<k>` a member of the Lobby and of `room-<k % M + 1>`, messages spread over
the rooms, and one signed-in session a user. Everything in bulk: a million messages take a minute.
"""

import random
import string
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User
from rooms.formatting import render
from rooms.models import Membership, Message, Room
from rooms.models.room import LOBBY

SAID = """
    the index is in and history opens in one query now good morning slides for Thursday are below comments until noon could you
    check that numbers moved on it lunch deploy is green thanks looks right to me will do after the call which room was that ship it
"""
BATCH = 5_000
SPACING = timedelta(seconds=40)  # between two messages of a room


class Command(BaseCommand):
    """Fill the site with people, rooms and messages."""

    help = "Fill the site with people, rooms and messages to try it with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=int, default=20)
        parser.add_argument("--rooms", type=int, default=5)
        parser.add_argument("--messages", type=int, default=1_000)
        parser.add_argument("--cookies", type=Path, help="write one signed-in session a user to this file")
        parser.add_argument("--password", help="let everyone sign in with this password (by default nobody can)")
        parser.add_argument("--even-with-real-people", action="store_true", help="do it on a site that is in use")

    def handle(self, *args: Any, users: int, rooms: int, messages: int, **options: Any) -> None:
        if min(users, rooms, messages) < 0 or users < 1:
            raise CommandError("--users must be at least 1, --rooms and --messages at least 0")
        if settings.DATABASE_IS_EMBEDDED:  # as when serving; nothing is applied unasked to any other
            call_command("migrate", verbosity=0, interactive=False)
        real = User.objects.exclude(email__regex=r"^u[0-9]+@example\.com$")
        if real.exists() and not options["even_with_real_people"]:
            raise CommandError("This site has real people. To fill it all the same: --even-with-real-people")
        random.seed(1)
        with transaction.atomic():
            people = self._people(users, options["password"])
            made = self._rooms(rooms)
            self._members(people, made)
            self._messages(messages, people, made)
        if path := options["cookies"]:
            path.write_text("".join(f"{settings.SESSION_COOKIE_NAME}={key}\n" for key in self._sessions(people)))
        self.stdout.write(f"{users} users, {len(made)} rooms, {messages} messages.")

    def _people(self, count: int, password: str | None) -> list[User]:
        hashed = make_password(password)
        everyone = [
            User(email=f"u{n}@example.com", handle=f"u{n}", name=f"U {n}", password=hashed) for n in range(count)
        ]
        User.objects.bulk_create(everyone, batch_size=BATCH, ignore_conflicts=True)
        stored = {user.handle: user for user in User.objects.filter(email__endswith="@example.com")}
        return [stored[f"u{n}"] for n in range(count)]

    def _rooms(self, count: int) -> list[Room]:
        lobby, _ = Room.objects.get_or_create(
            slug=LOBBY,
            defaults={"name": "Lobby", "is_default": True, "topic": "Everyone is here. Say hello, ask anything."},
        )
        wanted = [Room(slug=f"room-{n}", name=f"Room {n}", topic=f"All about {n}") for n in range(1, count + 1)]
        Room.objects.bulk_create(wanted, batch_size=BATCH, ignore_conflicts=True)
        stored = {room.slug: room for room in Room.objects.filter(slug__startswith="room-")}
        return [lobby, *(stored[f"room-{n}"] for n in range(1, count + 1))]

    def _members(self, people: list[User], rooms: list[Room]) -> None:
        wanted = [Membership(room=rooms[0], user=user) for user in people]
        if len(rooms) > 1:
            wanted += [Membership(room=rooms[k % (len(rooms) - 1) + 1], user=user) for k, user in enumerate(people)]
        Membership.objects.bulk_create(wanted, batch_size=BATCH, ignore_conflicts=True)

    def _messages(self, count: int, people: list[User], rooms: list[Room]) -> None:
        """Spread evenly over the rooms, each written by somebody who is in its room."""
        per_room = -(-count // len(rooms))
        start = timezone.now() - SPACING * per_room
        members = {
            room.pk: people if n == 0 else people[n - 1 :: max(1, len(rooms) - 1)] for n, room in enumerate(rooms)
        }
        words = SAID.split()
        begun = {room.pk: room.last_seq for room in rooms}
        read: dict[tuple[int, int], int] = {}  # by room and author: who posts has read what stands above
        for numbers in batched_range(count, BATCH):
            batch = []
            for number in numbers:
                room = rooms[number % len(rooms)]
                if not members[room.pk]:
                    room = rooms[0]
                room.last_seq += 1
                room.version += 1
                body = " ".join(random.choices(words, k=random.randint(2, 24))).capitalize() + "."
                author = random.choice(members[room.pk])
                read[room.pk, author.pk] = room.last_seq
                batch.append(
                    Message(
                        room=room,
                        author=author,
                        seq=room.last_seq,
                        version=room.version,
                        first_version=room.version,
                        body=body,
                        html=render(body),
                        created_at=start + SPACING * (room.last_seq - begun[room.pk]),
                    )
                )
            Message.objects.bulk_create(batch, batch_size=BATCH)
        Room.objects.bulk_update(rooms, ["last_seq", "version"], batch_size=500)
        authors = [
            member for member in Membership.objects.filter(room__in=rooms) if (member.room_id, member.user_id) in read
        ]
        for member in authors:
            member.last_read_seq = read[member.room_id, member.user_id]
        for numbers in batched_range(len(authors), BATCH):
            Membership.objects.mark_read(authors[numbers.start : numbers.stop])

    def _sessions(self, people: list[User]) -> list[str]:
        """One session a user, made as Django's login does; return their keys."""
        store = SessionStore()
        alphabet = string.ascii_lowercase + string.digits
        expires = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        sessions = [
            Session(
                session_key=get_random_string(32, alphabet),
                session_data=store.encode(
                    {
                        SESSION_KEY: str(user.pk),
                        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                        HASH_SESSION_KEY: user.get_session_auth_hash(),
                    }
                ),
                expire_date=expires,
            )
            for user in people
        ]
        Session.objects.bulk_create(sessions, batch_size=BATCH)
        return [session.session_key for session in sessions]


def batched_range(count: int, size: int) -> list[range]:
    """Return `range(count)` in pieces of `size`."""
    return [range(start, min(start + size, count)) for start in range(0, count, size)]
