"""Turns what Django and allauth say about sessions into our own signals, once the session is really over.

Invariant: when `session_ended` or `user_revoked` is heard, the cookie in question opens nothing any more, so that a socket that is shut cannot
come straight back.
"""

from typing import Any

from allauth.account.signals import password_reset
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from accounts.models import Browser, User
from accounts.signals import session_ended, user_revoked


def connect() -> None:
    """Listen. Called once, when the app is ready."""
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.sessions")
    password_reset.connect(_password_reset, dispatch_uid="accounts.sessions")


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    key = request.session.session_key
    request.session.flush()  # Django does so only after this signal
    if user and key:
        Browser.objects.filter(session_key=key).delete()
        session_ended.send(User, user=user, session_key=key)


def _password_reset(sender: Any, user: User, **_: Any) -> None:
    user_revoked.send(User, user=user)  # also in the browser with the link: it is not given a new session
