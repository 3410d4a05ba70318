"""A hand in the database of a running site, from a process beside it: `python -m tests.support.hand`, one JSON object a line in, one out.

It arranges people, rooms and what was said, and looks at what is stored. Nobody who is connected hears of it: what they should hear goes through
the site itself.
"""

import gc
import inspect
import json
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.support.forkserver import Forked
from tests.support.late import backwards, claim  # noqa: F401  (asked for by name)
from tests.support.rooms import footprint, furnish  # noqa: F401  (asked for by name)
from tests.support.vectors import exhibit  # noqa: F401  (asked for by name)

JSON = dict[str, Any]


class Hand:
    """The caller's side: `hand("person", handle="ana")`."""

    def __init__(self, environment: dict[str, str], root: Path) -> None:
        self.environment = environment
        if "LD_PRELOAD" in environment:  # a clock of its own is loaded where a program begins
            self._process: subprocess.Popen[str] | Forked = subprocess.Popen(
                [sys.executable, "-m", "tests.support.hand"], cwd=root, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        else:
            self._process = Forked(["hand"], environment, is_asked=True)

    def __call__(self, what: str, **how: Any) -> Any:
        """Do `what`; return what it answers. Raises AssertionError with the other side's traceback."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None and answers is not None
        print(json.dumps([what, how]), file=asked, flush=True)
        answer = json.loads(answers.readline() or '{"error": "the hand is gone"}')
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def close(self) -> None:
        """Let go."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


# --- The other side ---


def person(handle: str, password: str | None = None, **fields: Any) -> JSON:
    """Make a person and sign them in; they join no room."""
    from accounts.models import User

    fields = {"email": f"{handle}@example.com", "name": handle.title()} | fields
    user = User.objects.create_user(handle=handle, password=password, **fields)
    return {"id": user.pk, "handle": handle, "name": user.name, "session": session(user.pk)}


def session(user: int, days: float = 1) -> str:
    """Sign a person in once more; return the key of the session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    store = SessionStore()
    store[SESSION_KEY] = str(user)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = User.objects.get(pk=user).get_session_auth_hash()
    store.set_expiry(int(days * 86_400))
    store.save()
    return store.session_key


def sessions() -> list[str]:
    """The keys of all sessions that are kept."""
    from django.contrib.sessions.models import Session

    return list(Session.objects.values_list("pk", flat=True))


def room(slug: str, members: list[int] = [], moderators: list[int] = [], archived: bool = False, **fields: Any) -> JSON:  # noqa: B006
    """Make a room with its people."""
    from accounts.models import User
    from rooms import actions

    made = actions.create_room(None, fields.pop("name", slug.title()), slug=slug, **fields)
    actions.admit(made, User.objects.filter(pk__in=members))
    actions.admit(made, User.objects.filter(pk__in=moderators), "moderator")
    if archived:
        actions.archive(made)
    return {"id": made.pk, "slug": made.slug, "name": made.name}


def lobby() -> JSON:
    """Make the Lobby, or find it."""
    from rooms.models import Room

    fields = {"name": "Lobby", "is_default": True}
    made, _ = Room.objects.get_or_create(slug="lobby", defaults=fields)
    return {"id": made.pk, "slug": made.slug, "name": made.name}


def admit(room: str, user: int) -> None:
    """Make a person a member."""
    from accounts.models import User
    from rooms import actions
    from rooms.models import Room

    actions.admit(Room.objects.get(slug=room), [User.objects.get(pk=user)])


def dismiss(room: str, user: int) -> None:
    """Take a person out of a room."""
    from accounts.models import User
    from rooms import actions
    from rooms.models import Room

    actions.dismiss(Room.objects.get(slug=room), [User.objects.get(pk=user)])


def invitation(room: str, user: int, days: float | None = None, max_uses: int | None = None) -> JSON:
    """Make a link into a room."""
    from datetime import timedelta

    from accounts.models import User
    from rooms import actions

    lifetime = None if days is None else timedelta(days=days)
    made = actions.invite(User.objects.get(pk=user), room, lifetime, max_uses)
    return {"id": made.pk, "address": made.get_absolute_url()}


def say(room: str, author: int, bodies: list[str]) -> list[JSON]:
    """Post; return the messages."""
    from accounts.models import User
    from rooms import actions, payloads

    user = User.objects.get(pk=author)
    drafts = [actions.Draft(user, room, body) for body in bodies]
    return [payloads.message(posted.message) for posted in actions.post(drafts)]  # type: ignore[union-attr]


def stored(room: str) -> JSON:
    """What the database has of a room."""
    from rooms import payloads
    from rooms.models import Message, Room

    found = Room.objects.get(slug=room)
    messages = Message.objects.whole().filter(room=found).order_by("seq")
    return {**payloads.room(found), "messages": [payloads.message(message) for message in messages]}


def revisions(rooms: list[str]) -> dict[str, list[str]]:
    """What messages said before their edits, in order, by "room/seq"; of deleted ones nothing is left."""
    from rooms.models import Revision

    found: dict[str, list[str]] = {}
    for each in Revision.objects.filter(message__room__slug__in=rooms).select_related("message__room").order_by("pk"):
        found.setdefault(f"{each.message.room.slug}/{each.message.seq}", []).append(each.body)
    return found


def saved(rooms: list[str]) -> list[list[Any]]:
    """What is saved: room, seq, user."""
    from rooms.models import Saved

    return [list(each) for each in Saved.objects.filter(room__slug__in=rooms).values_list("room__slug", "seq", "user")]


def marks(rooms: list[str]) -> dict[str, int]:
    """The read marks, by "room/user"."""
    from rooms.models import Membership

    found = Membership.objects.filter(room__slug__in=rooms).values_list("room__slug", "user", "last_read_seq")
    return {f"{slug}/{user}": mark for slug, user, mark in found}


def damaged(names: list[str]) -> None:
    """Make a room for each kind of damage, and plant it there."""
    from tests.support.damage import DAMAGES, lived_in

    for n, name in enumerate(names):
        DAMAGES[name][0](lived_in(f"room-{n}"))


def direct(by: int, people: list[int]) -> str:
    """Open a direct conversation; return its slug."""
    from accounts.models import User
    from rooms import actions

    return actions.open_direct(User.objects.get(pk=by), actions.named(people)).room.slug


def spread(room: str, first: str, minutes: float) -> None:
    """Let the messages of a room have been posted one after another, from the moment `first` on, so many minutes apart."""
    from datetime import datetime, timedelta

    from rooms.models import Message

    for message in Message.objects.filter(room__slug=room):
        at = datetime.fromisoformat(first) + timedelta(minutes=minutes * (message.seq - 1))
        Message.objects.filter(pk=message.pk).update(created_at=at)


def read(room: str, user: int, seq: int) -> None:
    """Set a read mark."""
    from rooms.models import Membership

    Membership.objects.filter(room__slug=room, user=user).update(last_read_seq=seq)


def archive(room: str) -> None:
    """Archive a room behind everybody's back."""
    from django.utils import timezone

    from rooms.models import Room

    Room.objects.filter(slug=room).update(archived_at=timezone.now())


def reason(room: str, seq: int) -> str:
    """Why a message was deleted."""
    from rooms.models import Message

    return Message.objects.get(room__slug=room, seq=seq).delete_reason


def room_id(room: str) -> int:
    """The primary key of a room."""
    from rooms.models import Room

    return Room.objects.get(slug=room).pk


def message_id(room: str, seq: int) -> int:
    """The primary key of a message."""
    from rooms.models import Message

    return Message.objects.get(room__slug=room, seq=seq).pk


def browser_id(key: str) -> int:
    """The primary key of the browser with this session."""
    from accounts.models import Browser

    return Browser.objects.get(session_key=key).pk


def admit_quietly(room: str, user: int) -> None:
    """Make somebody a member as in a shell."""
    from rooms.models import Membership, Room

    Membership.objects.create(room=Room.objects.get(slug=room), user_id=user)


def membership_id(room: str, user: int) -> int:
    """The primary key of a membership."""
    from rooms.models import Membership

    return Membership.objects.get(room__slug=room, user=user).pk


def change_person(user: int, **fields: Any) -> None:
    """Set columns of a person as they are, past every rule."""
    from accounts.models import User

    User.objects.filter(pk=user).update(**fields)


def save_person(user: int, **fields: Any) -> None:
    """Change a person as in a shell: `user.save()`. `password` is set as such."""
    from accounts.models import User

    changed = User.objects.get(pk=user)
    if password := fields.pop("password", None):
        changed.set_password(password)
    for name, value in fields.items():
        setattr(changed, name, value)
    changed.save()


def end_session(key: str, expire: bool = False) -> None:
    """Take a session away as in a shell; `expire`: let it be over instead."""
    from datetime import timedelta

    from django.contrib.sessions.models import Session
    from django.utils import timezone

    found = Session.objects.filter(session_key=key)
    found.update(expire_date=timezone.now() - timedelta(seconds=1)) if expire else found.delete()


def uproot(kind: str, **which: Any) -> None:
    """Delete a row as in a shell: of a person, a room, a membership, with all that hangs on it."""
    from django.apps import apps

    model = apps.get_model({"person": "accounts.User", "room": "rooms.Room", "membership": "rooms.Membership"}[kind])
    model._default_manager.get(**which).delete()


def deactivate(user: int) -> None:
    """Shut a person out, as the admin does."""
    from accounts import actions
    from accounts.models import User

    actions.deactivate([User.objects.get(pk=user)])


def set_up(**settings: str) -> None:
    """Change the site's settings."""
    from accounts.models import Site

    site = Site.current()
    for name, value in settings.items():
        setattr(site, name, value)
    site.save()


def main() -> None:
    """Answer until the input ends."""
    import django

    gc.disable()  # as manage.py: what is imported stays
    django.setup()
    gc.enable()
    doings = {name: doing for name, doing in globals().items() if inspect.isfunction(doing) and name != "main"}
    for line in sys.stdin:
        try:
            what, how = json.loads(line)
            answer = {"result": doings[what](**how)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
