"""Turns what Django and allauth say about sessions into our own two signals, once the session is really over.

Invariant: when `session_ended` or `user_revoked` is heard, the cookie in question opens nothing any more, so that a socket that is shut cannot
come straight back.
"""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from accounts.models import User
from accounts.signals import session_ended, user_revoked


def connect() -> None:
    """Listen. Called once, when the app is ready."""
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.sessions")
    for signal in (password_changed, password_set, password_reset):
        signal.connect(_password_changed, dispatch_uid="accounts.sessions")


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    key = request.session.session_key
    request.session.flush()  # Django does so only after this signal
    if user and key:
        session_ended.send(User, user=user, session_key=key)


def _password_changed(sender: Any, user: User, **_: Any) -> None:
    # The session hash holds the password: all sessions but the one that changed it are over, and that one has a new key.
    user_revoked.send(User, user=user)
