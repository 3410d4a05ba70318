"""A person: signs in by e-mail, is mentioned by handle, is seen by name.

Invariant: e-mail addresses and handles are kept in lower case, and two people never share one (the database sees to it).
"""

from collections.abc import Collection
from itertools import islice
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models.fields import NameField
from accounts.models.preferences import Preferences
from accounts.models.profile import Profile
from accounts.models.standing import Standing, admitted
from accounts.names import HANDLE_LENGTH, NAME_LENGTH, HandleValidator, handles, tidy


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        """Return those who may sign in."""
        return self.filter(admitted())

    def called(self, ids: Collection[int], handles: Collection[str]) -> "UserQuerySet":
        """Return those with one of these ids or handles."""
        return self.filter(models.Q(pk__in=ids) | models.Q(handle__in=handles))

    def matching(self, words: str) -> "UserQuerySet":
        """Return those whose name or handle has `words` in it (of more than a name's length the beginning), by name; everyone for ""."""
        words = words.strip().removeprefix("@").replace("\0", "")[:NAME_LENGTH]
        if not words:
            return self.by_name()
        wanted = models.Q(handle__icontains=words)
        for spelt in {words, words.lower(), words.title(), words.upper()}:  # SQLite knows the two cases of ASCII only
            wanted |= models.Q(name__icontains=spelt)
        return self.filter(wanted).by_name()

    def by_name(self) -> "UserQuerySet":
        """In the order of the alphabet, small letters among the capitals."""
        return self.order_by(Lower("name"), "pk")

    def free_handle(self, name: str) -> str:
        """Return the best handle for `name` that nobody has. Someone else may take it before you: the unique constraint decides."""
        candidates = handles(name)
        while True:
            batch = list(islice(candidates, 50))
            taken = set(self.filter(handle__in=batch).values_list("handle", flat=True))
            if free := next((handle for handle in batch if handle not in taken), None):
                return free


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address in lower case: people do not tell Ana@example.com from ana@example.com."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, handle: str, name: str = "", password: str | None = None, **extra: Any) -> "User":
        """Return a new person, stored. Without a password they cannot sign in by one. Raises IntegrityError where e-mail or handle is taken."""
        user = self.model(email=self.normalize_email(email), handle=handle.lower(), name=tidy(name or handle), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, handle: str, name: str = "", password: str | None = None, **extra: Any
    ) -> "User":
        """Return a new administrator, stored."""
        return self.create_user(email, handle, name, password, **{"is_staff": True, "is_superuser": True} | extra)


class User(Preferences, Profile, Standing, AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("Someone has signed up with this address already.")},
    )
    handle = models.CharField(
        _("handle"),
        max_length=HANDLE_LENGTH,
        unique=True,
        validators=[HandleValidator()],
        help_text=_("What others type after @ to mention you: small letters a-z, digits, and . _ -"),
        error_messages={"unique": _("Someone else has this handle.")},
    )
    name = NameField(_("name"), max_length=NAME_LENGTH)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Who is not active cannot sign in. Their messages stay.")
    )
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May use the admin."))
    session_epoch = models.PositiveIntegerField(
        default=0, editable=False
    )  # one more, and all sessions so far are over for good
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["handle", "name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email",
                violation_error_message=_("Someone has signed up with this address already."),
            ),
            models.UniqueConstraint(
                Lower("handle"), name="accounts_user_handle", violation_error_message=_("Someone else has this handle.")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Put e-mail and handle into the form they are kept in."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)
        self.handle = self.handle.lower()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own, and the epoch beside the password. Both of its public methods (present secret key, older ones) ask here.
        return salted_hmac(
            "accounts.session", f"{self.password}.{self.session_epoch}", secret, algorithm="sha256"
        ).hexdigest()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name
