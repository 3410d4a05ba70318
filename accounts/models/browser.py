"""A browser in which somebody is signed in: what they recognise it by, when it was last here.

Invariant: no row outlives its session for long; what stands here and has no valid session is cleared away when its person looks.
"""

from collections.abc import Iterable

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts import devices
from accounts.models.user import User

AGENT_LENGTH = 250  # characters of what a browser says of itself


class BrowserQuerySet(models.QuerySet["Browser"]):
    def of(self, user: User) -> "list[Browser]":
        """Return those in which `user` is signed in, the last seen first; forgets those that are over."""
        found = list(self.filter(user=user).order_by("-seen_at", "pk"))
        valid = _valid(user, [browser.session_key for browser in found])
        if over := [browser.pk for browser in found if browser.session_key not in valid]:
            self.filter(pk__in=over).delete()
        return [browser for browser in found if browser.session_key in valid]

    def saw(self, user: int, session_key: str, agent: str, address: str | None) -> None:
        """Remember that this browser was here just now. `user`: the id."""
        news = {"user_id": user, "agent": agent[:AGENT_LENGTH], "address": address, "seen_at": timezone.now()}
        self.update_or_create(session_key=session_key, defaults=news)


def _valid(user: User, keys: Iterable[str]) -> set[str]:
    """Those of the session keys that open something still, as Django would see it."""
    stored = Session.objects.filter(session_key__in=list(keys), expire_date__gt=timezone.now())
    right = user.get_session_auth_hash()
    said = {session.session_key: session.get_decoded() for session in stored}
    return {
        key
        for key, data in said.items()
        if data.get(SESSION_KEY) == str(user.pk) and constant_time_compare(data.get(HASH_SESSION_KEY, ""), right)
    }


class Browser(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="browsers")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    agent = models.CharField(_("browser"), max_length=AGENT_LENGTH, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    signed_in_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    objects = models.Manager.from_queryset(BrowserQuerySet)()

    class Meta:
        verbose_name = _("signed-in browser")
        verbose_name_plural = _("signed-in browsers")

    def __str__(self) -> str:
        return devices.describe(self.agent)
