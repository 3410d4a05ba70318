"""What somebody shows of themselves beside their name: a picture, what they are up to, what time it is where they are."""

from datetime import time
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

STATUS_LENGTH = 80  # characters
ZONE_LENGTH = 64  # characters


def zone_called(name: str) -> ZoneInfo | None:
    """The time zone of this name; None where this machine knows none."""
    try:
        return ZoneInfo(name) if 0 < len(name) <= ZONE_LENGTH else None
    except (KeyError, ValueError, OSError):  # none of the kind; no name of one; a folder of them
        return None


class Profile(models.Model):
    avatar = models.CharField(_("picture"), max_length=32, blank=True, editable=False)  # its name: see accounts.avatars
    status_emoji = models.CharField(_("emoji of the status"), max_length=32, blank=True)
    status = models.CharField(_("status"), max_length=STATUS_LENGTH, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=ZONE_LENGTH, blank=True, editable=False
    )  # as the browser last said

    class Meta:
        abstract = True

    def local_time(self) -> time | None:
        """What time it is where the person is; None where we were not told."""
        zone = zone_called(self.time_zone)
        return timezone.now().astimezone(zone).time() if zone else None
