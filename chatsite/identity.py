"""Who asks: Django's session and its user, read past the query compiler.

Every request begins with these two rows; they were a third of what a page of the API costs (measured).
Invariant: yes is said exactly where Django's own store and backend say it. They still write, and decide. A session that gives up its key remembers
it for the rest of the request: sockets hang on it. What is no key is not asked for: PostgreSQL takes no NUL, which a cookie can spell.
"""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.models import User
from rooms.models import rows

STRANGERS = 86_400  # seconds that is kept of who is not signed in: an invitation they came by, half a sign-in


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    rotated_from = ""  # the key under which somebody was signed in until the session took another

    def get_session_cookie_age(self) -> int:
        """Anybody can make sessions without end, and each is a row."""
        age: int = settings.SESSION_COOKIE_AGE
        return age if SESSION_KEY in self else min(age, STRANGERS)

    @classmethod
    def forget_some(cls, most: int = 500) -> int:
        """Delete some of what is over; return how many. `clear_expired` would hold everybody up who writes until all are gone."""
        sessions = cls.get_model_class().objects
        over = list(sessions.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:most])
        count: int = sessions.filter(pk__in=over).delete()[0] if over else 0
        return count

    def cycle_key(self) -> None:
        """Go on under another key, as after a new password."""
        key = self.session_key if SESSION_KEY in self else None
        super().cycle_key()
        self.rotated_from = key or self.rotated_from

    def _get_session_from_db(self) -> Any:
        key = self.session_key or ""
        found = rows.select(self.model, "WHERE session_key = %s", [key]) if key.isalnum() else []
        if found and found[0].expire_date > timezone.now():
            return found[0]
        self._session_key = None
        return None


class Backend(AuthenticationBackend):
    """allauth's sign-in; not for who is banned."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not user.is_banned

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        """By the address that is theirs; allauth would take one, too, that they are changing to, and that is perhaps another's."""
        return self._check_password(User.objects.filter(email=User.objects.normalize_email(email)).first(), password)

    def get_user(self, user_id: int) -> User | None:
        """The person with this id, if they may sign in."""
        found = rows.select(User, "WHERE id = %s", [user_id])
        return found[0] if found and self.user_can_authenticate(found[0]) else None
