"""The forms of the account pages: allauth's, with our words, and our own.

Labels stand above their fields, so there are no placeholders; a password is typed once, as browsers show and keep it.
"""

import secrets
from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import password_validation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from emoji import is_emoji

from accounts import filtering
from accounts.actions import EmailTaken, NotInvited
from accounts.models import PREFERENCES, User
from accounts.models.profile import STATUS_LENGTH
from accounts.names import HANDLE_LENGTH, NAME_LENGTH, HandleValidator, tidy

NEW_PASSWORD = _("At least 8 characters; a few words in a row are good.")


class NameField(forms.CharField):
    """What a person or a site is called, tidied."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": NAME_LENGTH} | options)

    def clean(self, value: Any) -> str:
        return filtering.check_name(tidy(super().clean(value)))


class Plain(forms.BaseForm):
    """Takes allauth's placeholders and repeated passwords off, and says things our way."""

    labels: dict[str, Any] = {}
    helps: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, "")


class LoginForm(Plain, allauth.LoginForm):
    labels = {"login": _("E-mail address"), "password": _("Password")}


class SignupForm(Plain, allauth.SignupForm):
    labels = {"email": _("E-mail address"), "password1": _("Password")}
    helps = {"name": _("What others see. You can change it later."), "password1": NEW_PASSWORD}
    field_order = ["name", "email", "password1"]

    name = NameField(label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def validate_unique_email(self, value: str) -> str:
        """Taken is what somebody signs in with: else anybody could keep others out by wishing to change to their addresses."""
        if User.objects.filter(email=value).exists():
            return super().validate_unique_email(value)
        self.account_already_exists = False
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Store the new person; who signed up with this address a moment ago (a double click, another tab) is led to sign in."""
        try:
            with transaction.atomic():
                user, response = super().try_save(request)
        except EmailTaken:
            messages.info(request, get_adapter().error_messages["email_taken"])
            return None, redirect("account_login")
        except NotInvited:
            messages.error(request, _("The invite link that you came by does not work any more."))
            return None, redirect("account_signup")
        return user, response


class ReauthenticateForm(Plain, allauth.ReauthenticateForm):
    labels = {"password": _("Password")}


class ResetPasswordForm(Plain, allauth.ResetPasswordForm):
    """Sends the link to the address one signs in with. One that somebody is changing to is not theirs yet: it may be mistyped, and another's."""

    labels = {"email": _("E-mail address")}

    users: list[User]

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users = [user for user in self.users if user.email == User.objects.normalize_email(email)]
        return email


class ResetPasswordKeyForm(Plain, allauth.ResetPasswordKeyForm):
    labels = {"password1": _("New password")}
    helps = {"password1": NEW_PASSWORD}


class ChangePasswordForm(Plain, allauth.ChangePasswordForm):
    labels = {"oldpassword": _("Present password"), "password1": _("New password")}
    helps = {"password1": NEW_PASSWORD}


class SetPasswordForm(Plain, allauth.SetPasswordForm):
    labels = {"password1": _("Password")}
    helps = {"password1": NEW_PASSWORD}


class AddEmailForm(Plain, allauth.AddEmailForm):
    """The address one wants to change to. The present one stays, confirmed or not, until the new one is confirmed."""

    labels = {"email": _("New e-mail address")}

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if User.objects.filter(email=email).exclude(pk=self.user.pk).exists():
            raise get_adapter().validation_error("email_taken")
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        # Not allauth's: where the present address was never confirmed, that one would take it away.
        pending = EmailAddress.objects.filter(user=self.user, primary=False, verified=False)
        pending.exclude(email=self.user.email).delete()
        return EmailAddress.objects.add_email(request, self.user, self.cleaned_data["email"], confirm=True)


class WelcomeForm(forms.Form):
    """The first person names the site and themselves."""

    site_name = NameField(label=_("Name of the site"), help_text=_("Your team, club or company."))
    name = NameField(label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("You sign in with it."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=NEW_PASSWORD,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    key = forms.CharField(
        label=_("Key"),
        help_text=_("The server printed it on its console when it started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.FIRST_RUN_KEY:
            del self.fields["key"]

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not secrets.compare_digest(key.encode(errors="replace"), settings.FIRST_RUN_KEY.encode()):
            raise forms.ValidationError(_("This is not the key on the console."), code="key")
        return key

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "password" in data:
            person = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                password_validation.validate_password(data["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


def one_emoji(text: str) -> None:
    """Raises ValidationError unless `text` is one emoji of Unicode's (a sequence counts as one)."""
    if not is_emoji(text):
        raise forms.ValidationError(_("Please use one emoji."), code="emoji")


class ProfileForm(forms.Form):
    """How others see and mention a person."""

    name = NameField(label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    handle = forms.CharField(
        label=_("Handle"),
        max_length=HANDLE_LENGTH,
        validators=[HandleValidator()],
        help_text=User._meta.get_field("handle").help_text,
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false", "autocapitalize": "none"}),
    )
    status_emoji = forms.CharField(
        label=_("Emoji"),
        max_length=32,
        required=False,
        validators=[one_emoji],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "🌴"}),
    )
    status = forms.CharField(
        label=_("Status"),
        max_length=STATUS_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("What are you up to?")}),
    )
    avatar = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG, GIF or WebP; its middle is shown, as a square."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
    )
    without_avatar = forms.BooleanField(label=_("Without a picture"), required=False)

    def clean_status(self) -> str:
        text: str = self.cleaned_data["status"]
        return filtering.check_name(tidy(text)) if text else ""

    def clean_avatar(self) -> Any:
        picture = self.cleaned_data["avatar"]
        if picture and picture.size > settings.MAX_FILE:
            raise forms.ValidationError(_("This file is too large."), code="large")
        return picture


class PreferencesForm(forms.ModelForm):
    """How the site looks and behaves."""

    class Meta:
        model = User
        fields = PREFERENCES
        widgets = dict.fromkeys(PREFERENCES, forms.RadioSelect)
