"""The forms of the second factor: allauth's, with our words."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import two_factor
from accounts.forms import NameField, Plain
from accounts.passkeys import CredentialField

CODE = {"inputmode": "numeric", "autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
NAME_LENGTH = 60  # characters of what a passkey is called
NAME_HELP = _("To tell it from others.")
ALONE = "alone"  # of the data of a passkey: whether it signs in without the password, as its person has chosen


class CodeForm(Plain):
    """Takes a code of digits."""

    labels = {"code": _("Code")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= CODE


class OnceForm(CodeForm, base.BaseAuthenticateForm):
    """Takes each code once, of whichever processes are asked at the same time."""

    def clean_code(self) -> str:
        with transaction.atomic():
            list(Authenticator.objects.select_for_update().filter(user=self.user).order_by("pk"))
            if two_factor.is_spent(self.user, self.cleaned_data["code"]):
                self.cleaned_data["code"] = ""  # as good as none: it counts as an attempt
            code: str = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                two_factor.spend(self.authenticator, code)
        return code


class AuthenticateForm(OnceForm, base.AuthenticateForm):
    helps = {"code": _("Six digits from your authenticator app, or one of your recovery codes.")}


class ReauthenticateForm(OnceForm, base.ReauthenticateForm):
    helps = AuthenticateForm.helps


class ActivateTOTPForm(CodeForm, totp.ActivateTOTPForm):
    helps = {"code": _("Six digits, as the app shows them now.")}


class AddWebAuthnForm(Plain, webauthn.AddWebAuthnForm):
    labels = {"passwordless": _("Sign in with it alone, without the password")}
    helps = {"name": NAME_HELP, "passwordless": _("It then asks for your finger, your face or its PIN.")}

    name = NameField(label=_("Name"), max_length=NAME_LENGTH, required=False)
    credential = CredentialField(is_new=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"passwordless": True} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """What was chosen is kept with it: devices keep many passkeys so that they could be used alone, whatever they are asked for."""
        data: dict[str, Any] = super().clean() or {}
        if "credential" in data:
            data["credential"][ALONE] = data["passwordless"]
        return data


class AuthenticateWebAuthnForm(webauthn.AuthenticateWebAuthnForm):
    credential = CredentialField()


class ReauthenticateWebAuthnForm(webauthn.ReauthenticateWebAuthnForm):
    credential = CredentialField()


class LoginWebAuthnForm(webauthn.LoginWebAuthnForm):
    """Without the password."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        passkey: Authenticator = super().clean_credential()
        if not passkey.data["credential"].get(ALONE, True):
            raise get_adapter().validation_error("incorrect_code")
        return passkey


class EditWebAuthnForm(Plain, webauthn.EditWebAuthnForm):
    helps = {"name": NAME_HELP}

    name = NameField(label=_("Name"), max_length=NAME_LENGTH)
