"""What the coming and going of second factors ends (see `accounts.two_factor`), and the mails that allauth does not send by itself."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from accounts import actions
from accounts.models import User


def connect() -> None:
    """Listen. Called once, when the app is ready."""
    signals.authenticator_added.connect(_added, dispatch_uid="accounts.two_factor")
    signals.authenticator_removed.connect(_removed, dispatch_uid="accounts.two_factor")
    signals.authenticator_used.connect(_used, dispatch_uid="accounts.two_factor")


def _is_on_paper(authenticator: Authenticator) -> bool:
    return bool(authenticator.type == Authenticator.Type.RECOVERY_CODES)


def _added(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """The first one: whoever came in elsewhere did so by the password alone."""
    others = Authenticator.objects.filter(user_id=user.pk).exclude(pk=authenticator.pk)
    if not _is_on_paper(authenticator) and all(map(_is_on_paper, others)):
        actions.sign_out_elsewhere(user, request.session)


def _removed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Perhaps because the device is in strange hands, with a browser that is signed in."""
    if not _is_on_paper(authenticator):
        actions.sign_out_elsewhere(user, request.session)
        transaction.on_commit(lambda: actions.cut_off_lacking([user]))


def _used(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A code from paper is worth a mail: it is what a thief would use, and there is one less."""
    if _is_on_paper(authenticator):
        authenticator.refresh_from_db()
        left = len(authenticator.wrap().get_unused_codes())
        get_adapter(request).send_notification_mail("mfa/email/recovery_code_used", user, {"left": left})
