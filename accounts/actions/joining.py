"""A person signs up, by an invitation where the site asks for one, and comes in for the first time."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.models import Site, User
from accounts.models.site import SignupPolicy
from accounts.names import tidy
from accounts.signals import invitation_shown, invitation_used, user_joined

TRIES = 20


class EmailTaken(Exception):
    """Someone has signed up with this address, perhaps a moment ago."""


class NotInvited(Exception):
    """The invitation that somebody signs up by holds no more."""


def may_sign_up(key: str) -> bool:
    """Whether somebody may sign up who came by an invitation ("" for none): the site's own link, or one that is vouched for elsewhere."""
    return Site.current().admits(key) or _is_vouched_for(key)


def use_invitation(user: User, key: str) -> None:
    """Take the invitation of a new person, in the transaction that stores them. Raises NotInvited where it is needed and holds no more."""
    vouched = _is_vouched_for(key)
    is_taken = bool(key) and any(answer for _, answer in invitation_used.send(User, user=user, key=key))
    if not (Site.current().admits(key) or (vouched and is_taken)):
        raise NotInvited


def _is_vouched_for(key: str) -> bool:
    by_invite = Site.current().signup_policy == SignupPolicy.INVITE
    return by_invite and bool(key) and any(answer for _, answer in invitation_shown.send(User, key=key))


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
            EmailAddress.objects.filter(
                email=user.email, verified=False, primary=False
            ).delete()  # who wished to change to it
            return user
    raise AssertionError(f"no free handle for {user.name!r} in {TRIES} tries")


def first_sign_in(user: User) -> None:
    """Tell the rest of the site that someone new is here, before they come in. Does nothing for who was here before.

    It may be told twice where two browsers are first at once.
    """
    if user.last_login is None:
        with transaction.atomic():
            user_joined.send(User, user=user)
