"""Whether somebody is banned from the site. The end of a ban needs nobody to notice it: it is looked at whenever it is asked.

Invariant: who is banned holds no session that opens anything (`accounts.actions.ban` ends them all, and nobody banned gets another), and is no
active person to any query that asks for those.
"""

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.audit import REASON_LENGTH

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)  # the end of a ban that has none
# The same in SQL, of the table of people; both kinds of database know the word for now.
ADMITTED = "is_active AND (banned_until IS NULL OR banned_until <= CURRENT_TIMESTAMP)"


def admitted(prefix: str = "") -> Q:
    """Who may come in: active, and not banned now. `prefix`: the way to the person, as `user__`."""
    unbanned = Q(**{f"{prefix}banned_until": None}) | Q(**{f"{prefix}banned_until__lte": timezone.now()})
    return Q(unbanned, **{f"{prefix}is_active": True})


class Standing(models.Model):
    banned_until = models.DateTimeField(_("banned until"), null=True, blank=True, editable=False)
    ban_reason = models.CharField(_("why"), max_length=REASON_LENGTH, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_banned(self) -> bool:
        """Whether a ban from the site holds now."""
        return self.banned_until is not None and self.banned_until > timezone.now()

    @property
    def may_come_in(self) -> bool:
        """Whether the person is active, and not banned."""
        return bool(getattr(self, "is_active", False)) and not self.is_banned
