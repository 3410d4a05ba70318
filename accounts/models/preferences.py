"""How somebody likes the site to look and behave: columns of the user, so that every page has them at hand without asking."""

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Theme(models.TextChoices):
    SYSTEM = "system", _("As this device has it")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact: more on the page")


class Enter(models.TextChoices):
    SENDS = "sends", _("Enter sends, Shift+Enter breaks the line")
    BREAKS = "breaks", _("Enter breaks the line, Shift+Enter or Ctrl+Enter sends")


class Sounds(models.TextChoices):
    OFF = "off", _("Off")
    ON = "on", _("A short tone for what you want to be told of")


def languages() -> list[tuple[str, str | Promise]]:
    """The languages of the site, each in its own words; "" leaves it to the browser."""
    return [("", _("As this browser asks for")), *settings.LANGUAGES]


class Preferences(models.Model):
    language = models.CharField(_("language"), max_length=10, blank=True, default="", choices=languages)
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(_("density"), max_length=11, choices=Density, default=Density.COMFORTABLE)
    enter = models.CharField(_("enter key"), max_length=6, choices=Enter, default=Enter.SENDS)
    sounds = models.CharField(_("sounds"), max_length=3, choices=Sounds, default=Sounds.OFF)

    class Meta:
        abstract = True

    @property
    def preferences(self) -> dict[str, str]:
        """All of them by name, as pages and sockets have them."""
        return {name: getattr(self, name) for name in PREFERENCES}


PREFERENCES = tuple(field.name for field in Preferences._meta.local_fields)
