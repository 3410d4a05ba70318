"""How allauth does things here: who may sign up, how a new person is stored, what happens when mail fails."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import actions, first_run
from accounts.models import Site, User
from accounts.models.standing import FOREVER
from accounts.signals import user_revoked

log = logging.getLogger(__name__)

INVITE = "invite_key"  # in the session: the key of the invite link one came by, the site's or a room's


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
        return not first_run.is_needed() and actions.may_sign_up(request.session.get(INVITE, ""))

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """Store a new person. Raises EmailTaken, NotInvited."""
        super().save_user(request, user, form, commit=False)
        actions.sign_up(user, form.cleaned_data["name"])
        actions.use_invitation(user, request.session.pop(INVITE, ""))
        return user

    def set_password(self, user: User, password: str) -> None:
        """Store a new password, changed or forgotten. Sessions end with the old one, but for the one that changes it, which is given a new key."""
        super().set_password(user, password)
        is_theirs = self.request and self.request.user == user
        user_revoked.send(User, user=user, but=self.request.session.session_key if is_theirs else "")

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """Who is banned hears until when, and why, once they have proved who they are."""
        if user.is_active and user.is_banned:
            clear_login(request)
            until = None if user.banned_until == FOREVER else user.banned_until
            return render(request, "account/banned.html", {"until": until, "reason": user.ban_reason})
        return super().pre_login(request, user, **options)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What failed attempts at an account are counted by. Allauth's has the Host header in it, and whoever guesses chooses its port."""
        return str(credentials.get("email", "")).lower()

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

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """How somebody shows that it is them still: by the second factor where they have one (with the password alone a thief could take it off),
        a passkey first. Who has nothing to show it with is sent to the page that mails a new password.
        """
        by_mail = {"id": "reset", "description": _("By e-mail"), "url": reverse("account_reset_password")}
        methods = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"].startswith("mfa")]
        return sorted(factors, key=lambda method: "webauthn" not in method["id"]) or methods or [by_mail]

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell somebody what was done to their account, whether or not the address is confirmed."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail. A mail server that fails is told to the person and to the log; what they did holds."""
        context = {"our_site": Site.current(), "email": email, **context}
        try:
            if self.request:
                super().send_mail(template_prefix, email, context)
            else:  # of a command: allauth would ask the request for the address of the site
                self.render_mail(template_prefix, email, context).send()
        except OSError as error:  # of which smtplib's errors are a kind
            log.error("mail %s was not sent: %s", template_prefix, error)
            if self.request:
                self.add_message(
                    self.request,
                    messages.ERROR,
                    message=_("The mail could not be sent. Please tell whoever runs this site."),
                )
