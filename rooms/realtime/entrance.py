"""The entrance: what those who connect at the same time need from the database is looked up for all of them together.

After a restart everybody comes back within a second or two. One by one, the queries are nine tenths of what a connect costs.
Invariant: the short way says yes only where Django's own `get_user` would; where it does not say yes, Django is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session as StoredSession
from django.db import DatabaseError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import two_factor
from accounts.models import User
from accounts.models.standing import ADMITTED
from rooms import sidebar, sync
from rooms.errors import Forbidden
from rooms.models import Membership, Saved, rows
from rooms.realtime import session
from rooms.realtime.engine import Batcher
from rooms.realtime.repair import drop_broken_connections, give_back

TOGETHER = 8  # questions of `sync` in a batch: an answer may take milliseconds, and nobody else has a turn

JSON = dict[str, Any]
K = TypeVar("K")
V = TypeVar("V")


class Entrance:
    """Tells who comes in, and what they see first."""

    def __init__(self) -> None:
        self._people: Batcher[str, User | None] = Batcher(_patiently(people))
        self._addresses: Batcher[int, dict[str, int]] = Batcher(_patiently(addresses))
        self._rooms: Batcher[int, list[JSON]] = Batcher(_patiently(rooms))
        self._saved: Batcher[int, dict[str, list[int]]] = Batcher(_patiently(saved))
        self._lacking: Batcher[tuple[int, sync.Versions], dict[str, JSON]] = Batcher(
            _patiently(sync.changes_for_all), most=TOGETHER
        )

    def sign_in(self, sid: str, environ: dict[str, Any]) -> session.Session:
        """Return the session that the cookie of a connect request stands for. Raises Forbidden."""
        key = session.key_of(environ)
        user = self._plainly(key)
        found = session.made(sid, user, key, environ) if user else session.sign_in(sid, environ)
        if two_factor.is_lacking(found.user):
            raise Forbidden(two_factor.FIRST)
        return found

    def holder(self, key: str) -> User | None:
        """Return who is signed in by the session with this key, if anybody still is."""
        user = self._plainly(key) or session.holder_of(key)
        return None if user and two_factor.is_lacking(user) else user

    def _plainly(self, key: str) -> User | None:
        plain = key.isalnum() and issubclass(session.SessionStore, db.SessionStore)
        return self._people.submit(key) if plain else None

    def addresses(self, user: User) -> dict[str, int]:
        """The ids of the rooms of a person, by slug."""
        return self._addresses.submit(user.pk)

    def rooms(self, user: User) -> list[JSON]:
        """The rooms of a person, as `hello` has them."""
        return self._rooms.submit(user.pk)

    def saved(self, user: User) -> dict[str, list[int]]:
        """The numbers of what a person has saved, by the slug of the room."""
        return self._saved.submit(user.pk)

    def catch_up(self, asked: tuple[int, sync.Versions]) -> dict[str, JSON]:
        """What a person, by id, lacks: `sync.changes`."""
        return self._lacking.submit(asked)


def _patiently(look_up: Callable[[Sequence[K]], Sequence[V]]) -> Callable[[Sequence[K]], Sequence[V]]:
    """Once more, if an error has left the connection unusable (a restart of the database)."""

    def patient(keys: Sequence[K]) -> Sequence[V]:
        try:
            return look_up(keys)
        except DatabaseError:
            if not drop_broken_connections():
                raise
            return look_up(keys)
        finally:
            give_back()

    return patient


def people(keys: Sequence[str]) -> list[User | None]:
    """The people behind session keys; None where it takes a closer look."""
    wanted = list(set(keys))
    stored = rows.select(StoredSession, f"WHERE session_key IN ({rows.marks(len(wanted))})", wanted)
    now, store = timezone.now(), db.SessionStore()
    said = {one.session_key: store.decode(one.session_data) for one in stored if one.expire_date > now}
    ids = list({id_in(each) for each in said.values()})
    found = rows.select(User, f"WHERE id IN ({rows.marks(len(ids))}) AND {ADMITTED}", ids) if ids else []
    users = {user.pk: user for user in found}
    return [owner_of(said.get(key, {}), users) for key in keys]


def addresses(users: Sequence[int]) -> list[dict[str, int]]:
    """The ids of the rooms of each of the people, by slug."""
    found = Membership.objects.addresses(set(users))
    return [dict(found[user]) for user in users]


def rooms(users: Sequence[int]) -> list[list[JSON]]:
    """The rooms of each of the people, as `hello` has them."""
    found = sidebar.rooms_of_all(set(users))
    return [found[user] for user in users]


def saved(users: Sequence[int]) -> list[dict[str, list[int]]]:
    """The numbers of what each of the people has saved, by the slug of the room."""
    found = Saved.objects.numbers(set(users))
    return [found[user] for user in users]


def id_in(said: Mapping[str, Any]) -> int:
    """The id of a person in the data of a session; 0 where there is none."""
    value = str(said.get(SESSION_KEY, ""))
    return int(value) if value.isdecimal() else 0


def owner_of(said: Mapping[str, Any], users: Mapping[int, User]) -> User | None:
    """Who the data of a session belongs to beyond doubt."""
    user = users.get(id_in(said))
    if user is None or said.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    shown = said.get(HASH_SESSION_KEY, "")
    if constant_time_compare(shown, user.get_session_auth_hash()):
        return user
    # Under an older secret key Django would give the session a new key; a socket has no way to hand that on.
    older = user.get_session_auth_fallback_hash()
    return user if any(constant_time_compare(shown, each) for each in older) else None
