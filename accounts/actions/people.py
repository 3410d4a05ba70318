"""What changes about a person: name, handle, address, password, whether they may come in."""

from collections.abc import Iterable
from pathlib import Path

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import avatars
from accounts.audit import record
from accounts.models import PREFERENCES, Act, Browser, User
from accounts.names import tidy
from accounts.signals import preferences_changed, session_ended, user_changed, user_revoked
from chatsite import offload


class HandleTaken(Exception):
    """Someone else has this handle."""


def introduce(
    user: User, name: str, handle: str, emoji: str = "", status: str = "", picture: Path | None = None, without: bool = False
) -> None:  # fmt: skip
    """Let others see a person so: all of it, or nothing. `emoji` is one, or none; `picture`: a file; `without`: none any more.

    Raises NoPicture, HandleTaken; ValidationError for what cannot be shown. `user` is as stored then.
    """
    made = offload.run_large(avatars.take_in, picture, settings.MAX_PIXELS, user.pk) if picture else ""
    try:
        with transaction.atomic():
            _rename(user, name, handle)
            set_status(user, emoji, status)
            if picture or without:
                _set_avatar(user, made)
    except (HandleTaken, ValidationError):
        user.refresh_from_db()
        if made and made != user.avatar:
            avatars.remove(made)
        raise


def _rename(user: User, name: str, handle: str) -> None:
    user.name = tidy(name)
    user.handle = handle.lower()
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "handle"])
            transaction.on_commit(lambda: user_changed.send(User, user=user))
    except IntegrityError:
        raise HandleTaken(handle) from None


def set_status(user: User, emoji: str, text: str) -> None:
    """Say what a person is up to; "" twice takes it back. `emoji` is one, or none. Raises ValidationError for text that cannot be shown."""
    before = user.status_emoji, user.status
    user.status_emoji, user.status = emoji, tidy(text) if text.strip() else ""
    if before == (user.status_emoji, user.status):
        return
    with transaction.atomic():
        user.save(update_fields=["status_emoji", "status"])
        transaction.on_commit(lambda: user_changed.send(User, user=user))


def _set_avatar(user: User, name: str) -> None:
    """Give a person the picture with this name, or none; the one before is gone."""
    before, user.avatar = user.avatar, name
    if before == name:
        return
    user.save(update_fields=["avatar"])
    transaction.on_commit(lambda: user_changed.send(User, user=user))
    if before:
        transaction.on_commit(lambda: avatars.remove(before))


def set_time_zone(user: User, name: str) -> None:
    """Remember where the person's clock stands: the name of a time zone."""
    user.time_zone = name
    user.save(update_fields=["time_zone"])


def prefer(user: User, **choices: str) -> None:
    """Let the site look and behave as somebody likes it, at once on all their pages. `choices`: fields of `Preferences`."""
    assert choices.keys() <= set(PREFERENCES), choices
    for name, choice in choices.items():
        setattr(user, name, choice)
    with transaction.atomic():
        user.save(update_fields=[*choices])
        transaction.on_commit(lambda: preferences_changed.send(User, user=user))


def deactivate(people: Iterable[User], by: User | None = None) -> list[User]:
    """Shut people out, now and in every browser. Return those who were active. Their messages stay."""
    changed = []
    with transaction.atomic():
        for user in (
            User.objects.select_for_update(no_key=True)
            .filter(pk__in=[user.pk for user in people], is_active=True)
            .order_by("pk")
        ):
            user.is_active = False
            user.session_epoch += 1  # who comes back later signs in anew
            user.save(update_fields=["is_active", "session_epoch"])
            record(Act.PERSON_DEACTIVATED, by, whom=user)
            changed.append(user)
        transaction.on_commit(lambda: _tell(changed, revoked=True))
    return changed


def activate(people: Iterable[User], by: User | None = None) -> list[User]:
    """Let people in again. Return those who were shut out."""
    changed = []
    with transaction.atomic():
        for user in (
            User.objects.select_for_update(no_key=True)
            .filter(pk__in=[user.pk for user in people], is_active=False)
            .order_by("pk")
        ):
            user.is_active = True
            user.save(update_fields=["is_active"])
            record(Act.PERSON_ACTIVATED, by, whom=user)
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


def set_password(user: User, password: str | None, by: User | None = None) -> None:
    """Set a password, or none; every session of theirs ends."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        record(Act.PASSWORD_SET, by, whom=user, usable=password is not None)
        transaction.on_commit(lambda: user_revoked.send(User, user=user))


def revoke_sessions(user: User, by: User | None = None) -> None:
    """End every session of a person, in every browser."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        record(Act.SESSIONS_REVOKED, by, whom=user)
        transaction.on_commit(lambda: user_revoked.send(User, user=user))


def remove_two_factor(user: User, by: User | None = None) -> bool:
    """Take somebody's second factors off, who lost them; every session of theirs ends, and they are told by mail. False where there were none."""
    with transaction.atomic():
        gone, _ = Authenticator.objects.filter(user_id=user.pk).delete()
        if not gone:
            return False
        record(Act.TWO_FACTOR_REMOVED, by, whom=user)
        revoke_sessions(user, by)
    get_adapter().send_mail("mfa/email/two_factor_removed", user.email, {})
    return True


def sign_out(browser: Browser) -> None:
    """End the session of one browser, at once."""
    with transaction.atomic():
        Session.objects.filter(session_key=browser.session_key).delete()
        browser.delete()
        news = {"user": browser.user, "session_key": browser.session_key}
        transaction.on_commit(lambda: session_ended.send(User, **news))


def sign_out_elsewhere(user: User, session: SessionBase) -> None:
    """End every session of a person but the present one, known or not."""
    with transaction.atomic():
        revoked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        revoked.session_epoch = user.session_epoch = revoked.session_epoch + 1
        revoked.save(update_fields=["session_epoch"])
        session[HASH_SESSION_KEY] = revoked.get_session_auth_hash()
        session.save()
        Browser.objects.filter(user=user).exclude(session_key=session.session_key).delete()
        transaction.on_commit(lambda: user_revoked.send(User, user=user, but=session.session_key))


def _tell(people: list[User], *, revoked: bool) -> None:
    for user in people:
        if revoked:
            user_revoked.send(User, user=user)
        user_changed.send(User, user=user)
