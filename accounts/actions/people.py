"""What changes about a person: name, handle, address, password, whether they may come in."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from accounts.names import tidy
from accounts.signals import user_changed, user_revoked


class HandleTaken(Exception):
    """Someone else has this handle."""


def rename(user: User, name: str, handle: str) -> None:
    """Give a person another name and handle. Raises HandleTaken; ValidationError for a name that cannot be shown."""
    user.name = tidy(name)
    user.handle = handle.lower()
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "handle"])
            transaction.on_commit(lambda: user_changed.send(User, user=user))
    except IntegrityError:
        raise HandleTaken(handle) from None


def deactivate(people: Iterable[User]) -> list[User]:
    """Shut people out, now and in every browser. Return those who were active. Their messages stay."""
    changed = []
    with transaction.atomic():
        for user in (
            User.objects.select_for_update().filter(pk__in=[user.pk for user in people], is_active=True).order_by("pk")
        ):
            user.is_active = False
            user.session_epoch += 1  # who comes back later signs in anew
            user.save(update_fields=["is_active", "session_epoch"])
            changed.append(user)
        transaction.on_commit(lambda: _tell(changed, revoked=True))
    return changed


def activate(people: Iterable[User]) -> list[User]:
    """Let people in again. Return those who were shut out."""
    changed = []
    with transaction.atomic():
        for user in (
            User.objects.select_for_update().filter(pk__in=[user.pk for user in people], is_active=False).order_by("pk")
        ):
            user.is_active = True
            user.save(update_fields=["is_active"])
            changed.append(user)
        transaction.on_commit(lambda: _tell(changed, revoked=False))
    return changed


def change_email(user: User, email: str) -> None:
    """Give a person another address to sign in with, as an administrator may; the old one, and any they were changing to, open nothing any more.

    Raises IntegrityError where someone has it.
    """
    user.email = User.objects.normalize_email(email)
    with transaction.atomic():
        user.save(update_fields=["email"])
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email, primary=True)


def set_password(user: User, password: str | None) -> None:
    """Set a password, or none; every session of theirs ends."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        transaction.on_commit(lambda: user_revoked.send(User, user=user))


def revoke_sessions(user: User) -> None:
    """End every session of a person, in every browser."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        transaction.on_commit(lambda: user_revoked.send(User, user=user))


def _tell(people: list[User], *, revoked: bool) -> None:
    for user in people:
        if revoked:
            user_revoked.send(User, user=user)
        user_changed.send(User, user=user)
