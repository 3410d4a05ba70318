"""How much one person may do, and how much may come from one address: a token bucket each, in this process's memory.

A bucket holds `burst` tokens, fills at `rate` a second, and is forgotten once full again, so that memory follows those who are busy now. An address
has what `ADDRESS_PEOPLE` people have: an office behind one address works, and a thousand accounts on one machine do not a thousand people's harm.

Several processes with a Redis have one more bucket together, there (`chatsite.backends.redis`), for what comes by a request, and for joins and
uploads however they come. What else comes by a socket is counted by the process that has the socket: no message waits for Redis.

Sign-in and sign-up are limited by allauth (`ACCOUNT_RATE_LIMITS`), not by django-axes, nor here: it knows what failed and whose account was tried,
covers all of its own pages alike, a second factor and a forgotten password too, needs no table and no middleware, and is in the house already.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from ipaddress import IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from rooms.errors import RateLimited

TOO_MANY = _("too many at once: wait a little")


class Limiter:
    """Token buckets by key."""

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`burst` in tokens, `rate` in tokens a second."""
        self._burst, self._rate, self._clock = float(burst), float(rate), clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._sweep_at = clock() + 60

    def take(self, key: Hashable, tokens: float = 1) -> None:
        """Take `tokens` from the bucket of `key`. Raises RateLimited with the seconds to wait if it holds too few."""
        now = self._clock()
        if now >= self._sweep_at:
            self._sweep(now)
        level, since = self._buckets.get(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level < tokens:
            self._buckets[key] = (level, now)
            raise RateLimited(TOO_MANY, retry_after=(tokens - level) / self._rate)
        self._buckets[key] = (level - tokens, now)

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + 60
        full = [
            key for key, (level, since) in self._buckets.items() if level + (now - since) * self._rate >= self._burst
        ]
        for key in full:
            del self._buckets[key]


class Limit:
    """What a kind of doing may cost: a bucket a person, and one an address."""

    def __init__(
        self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic, *, name: str = "", is_rare: bool = False
    ) -> None:  # fmt: skip
        """`burst` in doings, `rate` in doings a second, of one person. `name`: under which all processes count requests together, if they do;
        `is_rare`: and what comes by sockets, too."""
        people = settings.ADDRESS_PEOPLE
        self._person, self._address = (burst, rate), (burst * people, rate * people)
        self._people = Limiter(burst, rate, clock)
        self._addresses = Limiter(*self._address, clock) if people else None
        self._name, self._is_rare = name, is_rare

    def take(self, user_id: int, address: str = "") -> None:
        """Somebody does it once, from an address ("" where that counts for nothing). Raises RateLimited."""
        self._take_here(user_id, address)
        if self._is_rare:
            self._take_together(user_id, address)

    def take_by(self, request: Any) -> None:
        """Whoever is signed in does it by a request. Raises RateLimited."""
        user_id, address = request.user.pk, address_of(request.META)
        self._take_here(user_id, address)
        self._take_together(user_id, address)

    def _take_here(self, user_id: int, address: str) -> None:
        self._people.take(user_id)
        if address and self._addresses:
            self._addresses.take(address)

    def _take_together(self, user_id: int, address: str) -> None:
        take = getattr(cache, "take", None)  # one that all processes have
        if not self._name or take is None:
            return
        buckets = [(f"limit:{self._name}:{user_id}", *self._person)]
        if address and self._addresses:
            buckets.append((f"limit:{self._name}:{address}", *self._address))
        if wait := take(buckets):
            raise RateLimited(TOO_MANY, retry_after=wait)


def address_of(environ: Mapping[str, Any]) -> str:
    """Where a request comes from, as the last of the proxies that we trust saw it; an IPv6 address is the network of its first 64 bits.

    "", where that tells nothing: this machine itself, which is a proxy that we were not told of, and a Unix socket.
    """
    address, trusted = str(environ.get("REMOTE_ADDR", "")), settings.TRUSTED_PROXIES
    if trusted:
        seen = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        address = seen[-trusted].strip() if len(seen) >= trusted and seen[-trusted].strip() else address
    return network_of(address)


@lru_cache(maxsize=4096)  # to read an address takes as long as to count it
def network_of(address: str) -> str:
    """What counts as one address; what is none at all counts as it is."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return ""
    return str(found) if found.version == 4 else str(IPv6Network((int(found), 64), strict=False))


messages = Limit(settings.MESSAGE_BURST, settings.MESSAGE_RATE, name="messages")
edits = Limit(settings.EDIT_BURST, settings.EDIT_RATE, name="edits")
reactions = Limit(settings.REACTION_BURST, settings.REACTION_RATE, name="reactions")
typing = Limit(settings.TYPING_BURST, settings.TYPING_RATE)
joins = Limit(settings.JOIN_BURST, settings.JOIN_RATE, name="joins", is_rare=True)
uploads = Limit(settings.UPLOAD_BURST, settings.UPLOAD_RATE, name="uploads", is_rare=True)
events = Limit(settings.EVENT_BURST, settings.EVENT_RATE, name="events")  # all else
