"""The site's own settings, which its administrators change in the admin: one row, made when first asked for.

Not cached: one read by primary key a page costs 0.1 ms, and a closed sign-up or a renewed link holds at once in every process.
"""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.fields import NameField
from accounts.names import NAME_LENGTH
from accounts.words import validate_words


def new_key() -> str:
    """Return a key that nobody guesses: 128 bits, safe in an address."""
    return secrets.token_urlsafe(16)


class SignupPolicy(models.TextChoices):
    OPEN = "open", _("Open: everyone may sign up")
    INVITE = "invite", _("Invite link: whoever has the link may sign up")
    CLOSED = "closed", _("Closed: nobody may sign up")


class RoomMakers(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    STAFF = "staff", _("Staff only")


class Inviters(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    STAFF = "staff", _("Staff only")


class FilterAction(models.TextChoices):
    OFF = "off", _("Off")
    REFUSE = "refuse", _("Refuse: the message is not sent, and its author is told which word it is")
    MASK = "mask", _("Mask: dots stand in the place of the word")


class SiteQuerySet(models.QuerySet["Site"]):
    def locked(self) -> "Site":
        """Return the site's row, held until the transaction ends. Needs a transaction."""
        self.get_or_create(pk=Site.PK)
        return self.select_for_update().get(pk=Site.PK)

    def asks_two_factor(self) -> bool:
        """Whether staff must have a second factor."""
        return self.filter(pk=Site.PK, require_two_factor=True).exists()


class Site(models.Model):
    PK = 1

    name = NameField(_("name"), max_length=NAME_LENGTH, default="Chatsite")
    # "invite" serves the team that installs this: nobody comes in unasked, and no administrator has to make accounts.
    signup_policy = models.CharField(_("sign-up"), max_length=10, choices=SignupPolicy, default=SignupPolicy.INVITE)
    invite_key = models.CharField(_("invite key"), max_length=64, default=new_key, editable=False)

    inviters = models.CharField(
        _("who may invite"),
        max_length=10,
        choices=Inviters,
        default=Inviters.EVERYONE,
        help_text=_(
            "Who sees the invite link of the site; links to a room let sign up, too, where who made them may invite."
        ),
    )
    room_makers = models.CharField(
        _("who may make rooms"), max_length=10, choices=RoomMakers, default=RoomMakers.EVERYONE
    )
    require_two_factor = models.BooleanField(
        _("two-factor sign-in of staff"),
        default=False,
        help_text=_(
            "Nothing opens to staff, the admin least of all, until they have an authenticator app or a passkey. You, too."
        ),
    )

    filter_action = models.CharField(
        _("word filter"), max_length=6, choices=FilterAction, default=FilterAction.OFF,
        help_text=_("For messages and edits; names, topics and statuses with such a word are refused either way."),
    )  # fmt: skip
    filter_words = models.TextField(
        _("words"), blank=True, validators=[validate_words],
        help_text=_("One a line, whole words, whatever their case and accents; * stands for any letters: bad*, *bad*."),
    )  # fmt: skip

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="accounts_site_only_one")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Site":
        """Return the site's settings. Every page asks: past the query compiler, which takes longer than all the rest of it (measured)."""
        found = cls.objects.raw(f"SELECT * FROM {cls._meta.db_table} WHERE id = %s", [cls.PK])
        return next(iter(found), None) or cls.objects.get_or_create(pk=cls.PK)[0]

    def admits(self, key: str) -> bool:
        """Whether someone may sign up, given the invite key they brought ("" for none)."""
        match self.signup_policy:
            case SignupPolicy.OPEN:
                return True
            case SignupPolicy.INVITE:
                return self.is_invite(key)
            case _:
                return False

    def is_invite(self, key: str) -> bool:
        """Whether `key` is that of the present invite link, and the policy lets it in."""
        matches = secrets.compare_digest(key.encode(errors="replace"), self.invite_key.encode())
        return matches and self.signup_policy != SignupPolicy.CLOSED

    def lets_make_rooms(self, *, is_staff: bool) -> bool:
        """Whether someone, of the staff or not, may make rooms of their own."""
        return is_staff or self.room_makers == RoomMakers.EVERYONE

    def lets_invite(self, *, is_staff: bool) -> bool:
        """Whether someone, of the staff or not, may invite to the site."""
        return is_staff or self.inviters == Inviters.EVERYONE

    def renew_invite(self) -> None:
        """Make a new invite link; the old one is dead from now on."""
        self.invite_key = new_key()
        self.save(update_fields=["invite_key"])
