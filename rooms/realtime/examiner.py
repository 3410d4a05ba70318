"""The examiner: looks, round after round, whether all who are connected may still be, and hear the rooms that they should.

What is changed through `actions` is told at once. This is for all else: a session that expires, `user.save()` in a shell, a row that another
process or a hand in the database takes away; and what this process itself deletes past the actions, which is looked at after its commit.

Invariants: each socket is looked at once in `every` seconds, one that has just come in the next round; a look is a few queries about at most
`TOGETHER` sockets, so that nobody waits for it; nothing is done to the rooms of a socket that changed while the database was asked. Whose person is
not admitted any more is told so, as by `expel`, which may be on its way here. A session is let go without a word, at the second look that does not
find it: the page that gives it another key may be at work just then, and the entrance decides when they come back.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import eventlet
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session as StoredSession
from django.db import DatabaseError, transaction
from django.db.models.signals import post_delete
from django.utils import timezone

from accounts import two_factor
from accounts.models import User
from accounts.models.standing import ADMITTED
from rooms import actions
from rooms.models import Membership, Room, rows
from rooms.realtime import entrance
from rooms.realtime.engine import Batcher
from rooms.realtime.repair import drop_broken_connections, give_back
from rooms.realtime.session import Session

TOGETHER = 50  # sockets a look
DOUBTED = -1  # in `Session.vouched`, where otherwise stands a hash of the rows that vouched for it

log = logging.getLogger(__name__)


class Examiner:
    """Compares the sockets of this process with the database."""

    def __init__(
        self,
        sessions: Mapping[str, Session],
        of_user: Callable[[int], list[Session]],
        sign_out: Callable[[Iterable[Session]], None],
        let_go: Callable[[Iterable[Session]], None],
        every: float,
    ) -> None:
        """`sessions`: by sid, as they come and go; `of_user`: those of a person (id); `sign_out` closes sockets for good, `let_go` so that they come
        back; `every`: seconds a round."""
        self._sessions, self._of_user, self._every = sessions, of_user, every
        self._sign_out, self._let_go = sign_out, let_go
        self._looks: Batcher[Session, None] = Batcher(self._look, most=TOGETHER)  # one greenlet, one connection

    def run(self) -> None:
        """Walk round for ever."""
        while True:
            here = list(self._sessions.values())
            parts = [here[start : start + TOGETHER] for start in range(0, len(here), TOGETHER)]
            for part in parts or [[]]:
                eventlet.sleep(self._every / max(len(parts), 1))
                self.look_at(part)

    def watch(self) -> None:
        """Look at once, too, where this process deletes what sockets hang on."""
        for model in (User, Membership, Room):
            post_delete.connect(self._deleted, model, weak=False)

    def _deleted(self, sender: type[Any], instance: Any, **_: Any) -> None:
        if isinstance(instance, Room):
            concerned = [session for session in self._sessions.values() if instance.pk in session.rooms.values()]
        else:
            concerned = self._of_user(instance.pk if isinstance(instance, User) else instance.user_id)
        if concerned:
            transaction.on_commit(lambda: eventlet.spawn_n(self.look_at, concerned))

    def look_at(self, sessions: Sequence[Session]) -> None:
        """Compare these now. Returns when it is done, or could not be."""
        try:
            self._looks.submit_all(sessions)
        except DatabaseError as error:
            log.warning("the examiner could not look: %s", error)
        except Exception:
            log.exception("the examiner's look failed")

    def _look(self, sessions: Sequence[Session]) -> list[None]:
        try:
            self._examine([session for session in sessions if not session.is_over])
        except DatabaseError:
            drop_broken_connections()
            raise
        finally:
            give_back()
        return [None] * len(sessions)

    def _examine(self, sessions: Sequence[Session]) -> None:
        heard = {session.sid: dict(session.rooms) for session in sessions}
        ids = list({session.user.pk for session in sessions})
        active = rows.select(User, f"WHERE id IN ({rows.marks(len(ids))}) AND {ADMITTED}", ids) if ids else []
        lacking = two_factor.lacking(active)
        users = {user.pk: user for user in active if user.pk not in lacking}
        data = _stored([session.key for session in sessions])
        rooms = Membership.objects.addresses(users.keys())
        out, fallen = [], []
        for session in sessions:
            user = users.get(session.user.pk)
            if user is None:
                out.append(session)
            elif not _holds(session, user, data.get(session.key, "")):
                fallen.append(session)
            elif session.rooms == heard[session.sid]:
                _set_right(session, rooms[user.pk])
        if out:
            self._sign_out(out)
        if fallen:
            self._let_go(fallen)


def _stored(keys: Sequence[str]) -> dict[str, str]:
    """The data of the sessions that have not expired, by key."""
    if not keys:
        return {}
    now = rows.prepared(StoredSession, "expire_date", [timezone.now()])
    where = f"WHERE session_key IN ({rows.marks(len(keys))}) AND expire_date > %s"
    return {
        str(key): data for key, data in rows.values(StoredSession, "session_key, session_data", where, [*keys, *now])
    }


def _holds(session: Session, user: User, data: str) -> bool:
    """Whether a socket may stay, at least until the next look. What was good and is unchanged is not looked into."""
    seen = hash((data, user.password, user.session_epoch))
    if seen != session.vouched:
        is_good = bool(data) and entrance.owner_of(db.SessionStore().decode(data), {user.pk: user}) == user
        if not is_good and session.vouched == DOUBTED:
            return False
        session.vouched = seen if is_good else DOUBTED
    return True


def _set_right(session: Session, now: Mapping[str, int]) -> None:
    """Let a socket hear the rooms of its person, and no others."""
    if session.rooms == now:
        return
    user = session.user
    for slug, room_id in session.rooms.items() - now.items():
        actions.publish_dismissal(Room(pk=room_id, slug=slug), user.pk)
    if new := [slug for slug, _ in now.items() - session.rooms.items()]:
        for membership in Membership.objects.standing([user.pk], new):
            actions.publish_admission(membership)
