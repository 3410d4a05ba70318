"""A person signs up, and comes in for the first time."""

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.names import tidy
from accounts.signals import user_joined

TRIES = 20


class EmailTaken(Exception):
    """Someone has signed up with this address, perhaps a moment ago."""


def sign_up(user: User, name: str) -> User:
    """Store the new `user` (e-mail and password set) under `name` and the best free handle.

    Two who want one handle at once both get one: the later takes the next. Raises EmailTaken.
    """
    user.email = User.objects.normalize_email(user.email)
    user.name = tidy(name)
    for _ in range(TRIES):
        user.handle = User.objects.free_handle(user.name)
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:
            user.pk = None
            if User.objects.filter(email=user.email).exists():
                raise EmailTaken(user.email) from None
        else:
            return user
    raise AssertionError(f"no free handle for {user.name!r} in {TRIES} tries")


def first_sign_in(user: User) -> None:
    """Tell the rest of the site that someone new is here, before they come in. Does nothing for who was here before.

    It may be told twice where two browsers are first at once.
    """
    if user.last_login is None:
        with transaction.atomic():
            user_joined.send(User, user=user)
