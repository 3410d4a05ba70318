"""The first person names the site and becomes its administrator. Invariant: that happens once, however many try at once."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import Site, User
from accounts.names import tidy
from accounts.signals import site_founded


class AlreadyFounded(Exception):
    """Someone is here already."""


def found_site(site_name: str, name: str, email: str, password: str) -> User:
    """Name the site, make its first person, and let `site_founded` make what belongs to a new site: all or nothing.

    Raises AlreadyFounded where anybody is here, ValidationError for a name that cannot be shown.
    """
    with transaction.atomic():
        site = Site.objects.locked()
        if User.objects.exists():
            raise AlreadyFounded
        site.name = tidy(site_name)
        site.save(update_fields=["name"])
        user = User.objects.create_superuser(email, User.objects.free_handle(name), name, password)
        # Who holds the console's key needs no mail to prove who they are; and a wrong mail server must not lock them out.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        site_founded.send(User, user=user)
    return user
