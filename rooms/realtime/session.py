"""Who is behind a socket: the user of a Django session, and the rooms it hears.

Permissions of the small events (typing) are answered from here without a query; what writes is decided again under the lock, by the action.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from sys import intern
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.utils.translation import gettext_lazy as _

from accounts.languages import MAX_WISH, language_of
from accounts.models import User
from rooms import limits
from rooms.errors import Forbidden

T = TypeVar("T")
R = TypeVar("R")
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


@dataclass(slots=True)
class Session:
    """One connected client."""

    sid: str
    user: User
    key: str
    wish: str = ""  # the browser's Accept-Language
    address: str = ""  # as limits count it
    rooms: dict[str, int] = field(default_factory=dict)  # slug -> id
    is_over: bool = False  # revoked: what it said and is not stored yet is refused
    vouched: int = 0  # by the examiner: see there

    @property
    def language(self) -> str:
        """In which this client is told what was refused."""
        return language_of(self.user, self.wish)


def signed_out() -> Forbidden:
    """What somebody is told who is not signed in, or no longer."""
    return Forbidden(_("sign in first"))


def undisturbed(look: Callable[[], R], count: Callable[[], int]) -> R:
    """What `look` finds; again, where `count` (of those who were expelled) is another after it: it may have found what is no more."""
    while True:
        before = count()
        found = look()
        if count() == before:
            return found


def for_standing(
    handle: Callable[[list[T]], Sequence[R | Exception]],
) -> Callable[[list[tuple[Session, T]]], list[R | Exception]]:
    """`handle`, a batch's, for what sessions say: that of those which are over by now is refused. What `handle` adds to the batch follows."""

    def handle_standing(said: list[tuple[Session, T]]) -> list[R | Exception]:
        late = [session.is_over for session, _ in said]
        items = [item for (_, item), is_over in zip(said, late, strict=True) if not is_over]
        results = iter(handle(items) if items else ())
        return [*(signed_out() if is_over else next(results) for is_over in late), *results]

    return handle_standing


def wish_of(environ: dict[str, Any]) -> str:
    """The Accept-Language of a request; one string for all who wish for the same."""
    return intern(environ.get("HTTP_ACCEPT_LANGUAGE", "")[:MAX_WISH])


def address_of(environ: dict[str, Any]) -> str:
    """Where a request comes from; one string for all who come from there."""
    return intern(limits.address_of(environ))


def key_of(environ: dict[str, Any]) -> str:
    """The key of the session that a request names; "" without."""
    return parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME, "")


def sign_in(sid: str, environ: dict[str, Any]) -> Session:
    """Return the session that the cookie of a connect request stands for.

    Django's own check: the session exists and has not expired, its hash matches the password, the user is active. Raises Forbidden.
    """
    key = key_of(environ)
    user = holder_of(key)
    if user is None:
        raise signed_out()
    return made(sid, user, key, environ)


def holder_of(key: str) -> User | None:
    """Return who is signed in by the session with this key, as Django sees it."""
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(request) if key else None
    return user if isinstance(user, User) and user.may_come_in else None


def made(sid: str, user: User, key: str, environ: dict[str, Any]) -> Session:
    """The session of a socket of this person, as the connect request has it."""
    return Session(sid, user, key, wish_of(environ), address_of(environ))
