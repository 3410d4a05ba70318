"""People and sites to test with. The password hasher is a fast one: what is tested here is who may do what, not Argon2."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.dispatch import Signal
from django.test import Client

from accounts import signals
from accounts.models import Site, User

PASSWORD = "a few words in a row"


@pytest.fixture(autouse=True)
def _fast_and_fresh(settings: Any) -> Iterator[None]:
    """Rate limits start at nothing; hashes cost nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a person: `person(handle="ana", is_staff=True)`."""
    numbers = count(1)

    def make(**fields: Any) -> User:
        handle = fields.pop("handle", f"person-{next(numbers)}")
        made = {"email": f"{handle}@example.com", "name": handle.title(), "password": PASSWORD} | fields
        return User.objects.create_user(handle=handle, **made)

    return make


@pytest.fixture
def admin(person: Callable[..., User]) -> User:
    """An administrator: the site is founded."""
    return person(handle="root", is_staff=True, is_superuser=True)


@pytest.fixture
def admin_client(admin: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def policy(db: None) -> Callable[[str], Site]:
    """Set the sign-up policy: `policy("open")`."""

    def choose(name: str) -> Site:
        site = Site.current()
        site.signup_policy = name
        site.save()
        return site

    return choose


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What accounts told the rest of the site, in order: (name of the signal, what it said)."""
    said: list[tuple[str, dict[str, Any]]] = []
    receivers = []
    for name, signal in vars(signals).items():
        if not isinstance(signal, Signal):
            continue

        def hear(sender: Any, signal: Signal, name: str = name, **what: Any) -> None:
            said.append((name, what))

        signal.connect(hear)
        receivers.append((signal, hear))
    yield said
    for signal, hear in receivers:
        signal.disconnect(hear)


@pytest.fixture
def mail(mailoutbox: list[Any]) -> list[Any]:
    """The mails that were sent."""
    return mailoutbox
