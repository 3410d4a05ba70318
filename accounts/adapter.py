"""How allauth does things here: who may sign up, how a new person is stored, what happens when mail fails."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import actions, first_run
from accounts.models import Site, User

log = logging.getLogger(__name__)

INVITE = "invite_key"  # in the session: the key of the invite link one came by


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "email_taken": _(
            "Someone has signed up with this address already. Is it you? Then sign in, or ask for a new password."
        ),
        "enter_current_password": _("This is not your present password."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes, or ask for a new password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the site's policy lets this browser sign up. The first person founds the site instead."""
        return not first_run.is_needed() and Site.current().admits(request.session.get(INVITE, ""))

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """Store a new person. Raises EmailTaken."""
        super().save_user(request, user, form, commit=False)
        actions.sign_up(user, form.cleaned_data["name"])
        request.session.pop(INVITE, None)
        return user

    def login(self, request: HttpRequest, user: User) -> None:
        actions.first_sign_in(user)
        super().login(request, user)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Confirm an address, unless someone else signed up with it while the mail was under way."""
        try:
            with transaction.atomic():
                return super().confirm_email(request, email_address)
        except IntegrityError:
            context = {"email": email_address.email}
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt", context)
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail. A mail server that fails is told to the person and to the log; what they did holds."""
        try:
            super().send_mail(template_prefix, email, {"our_site": Site.current(), **context})
        except OSError as error:  # of which smtplib's errors are a kind
            log.error("mail %s was not sent: %s", template_prefix, error)
            if self.request:
                self.add_message(
                    self.request,
                    messages.ERROR,
                    message=_("The mail could not be sent. Please tell whoever runs this site."),
                )
