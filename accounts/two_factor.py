"""The second factor, by allauth.mfa: an authenticator app or a passkey beside the password, and codes on paper for when both are lost.

Invariant: no session outlives the first factor but the one that set it up, so that whoever is in and has a factor has shown it; and no other
session outlives the loss of one. Secrets are kept encrypted with a key that is not in the database.
"""

import base64
import logging
import secrets
from collections.abc import Iterable

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts import devices
from accounts.models import Site, User
from chatsite import qr

log = logging.getLogger(__name__)

LAST_STEP = "last_step"  # of the data of an app: the latest half minute, since 1970, whose code was used
FIRST = _("set up two-factor sign-in first")

# The pages that open to staff who must set a second factor up first: the way there, the way out, and what every page fetches.
ALWAYS_OPEN = {
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes",
    "account_reauthenticate", "account_logout", "javascript-catalog", "avatar", "theme", "time_zone",
}  # fmt: skip


def factors() -> QuerySet[Authenticator]:
    """What people show when they sign in. Codes on paper alone are none."""
    return Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)


def has_one(user: User) -> bool:
    """Whether somebody shows a second factor when they sign in."""
    return factors().filter(user_id=user.pk).exists()


def is_spent(user: User, code: str) -> bool:
    """Whether it is a code of their app that was used, or one from before that: each holds once (RFC 6238, 5.2), in whichever process."""
    app = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()
    step = _step(app, code) if app else None
    return step is not None and app is not None and step <= app.data.get(LAST_STEP, -1)


def spend(app: Authenticator, code: str) -> None:
    """A code of an authenticator app was used. The caller holds the row's lock."""
    step = _step(app, code)
    if step is not None:  # or its time ended just now
        app.data[LAST_STEP] = step
        app.save(update_fields=["data"])


def _step(app: Authenticator, code: str) -> int | None:
    """The half minute for which the app shows this code, of those that are taken now."""
    secret = Adapter().decrypt(app.data["secret"])
    for step in auth.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(secret, step))):
            return step
    return None


def is_lacking(user: User | AnonymousUser) -> bool:
    """Whether the site asks a second factor of this person, and they have none: nothing opens to them until they do."""
    return isinstance(user, User) and bool(lacking([user]))


def lacking(people: Iterable[User]) -> set[int]:
    """The ids of those of whom the site asks a second factor, and who have none."""
    staff = {user.pk for user in people if user.is_staff}
    if not staff or not Site.objects.asks_two_factor():
        return set()
    return staff - set(factors().filter(user_id__in=staff).values_list("user_id", flat=True))


class Adapter(DefaultMFAAdapter):
    """How allauth.mfa does things here."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is not right. A code holds for half a minute, and once."),
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
    }

    def get_totp_issuer(self) -> str:
        return Site.current().name

    def build_totp_svg(self, url: str) -> SafeString:
        return qr.svg(url)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": Site.current().name}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """What a new passkey is called where nobody says: the browser it was made in."""
        return devices.describe(context.request.headers.get("User-Agent", ""))

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; of one that another SECRET_KEY locked, a fresh one that no code fits."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error("a second factor cannot be read: SECRET_KEY is another than when it was set up")
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [salted_hmac("accounts.two_factor", "", key, algorithm="sha256").digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in derived])
