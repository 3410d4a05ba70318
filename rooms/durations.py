"""How long things last that people choose from a list: seconds, and what to call them; 0 is no end."""

from django.utils.translation import gettext_lazy as _

LIFETIMES = [
    (3600, _("1 hour")),
    (86_400, _("1 day")),
    (7 * 86_400, _("7 days")),
    (30 * 86_400, _("30 days")),
    (0, _("no end")),
]


MUTES = [(600, _("10 minutes")), *LIFETIMES[:-1]]
SLOW = [
    (0, _("off")), (5, _("5 seconds")), (10, _("10 seconds")), (30, _("30 seconds")), (60, _("1 minute")), (300, _("5 minutes")),
    (900, _("15 minutes")), (3600, _("1 hour")), (21_600, _("6 hours")),
]  # fmt: skip
