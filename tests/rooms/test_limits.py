"""The token bucket: a burst, then a rate, for each person alone; full buckets are forgotten. Which forms of the pages take from which."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from rooms import actions, limits
from rooms.errors import RateLimited
from rooms.limits import Limit, Limiter
from rooms.models import Message, Room


class Clock:
    """Time that passes when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def spend(limiter: Limiter, key: int, most: int = 1000) -> int:
    """How many are let through at once."""
    for n in range(most):
        try:
            limiter.take(key)
        except RateLimited:
            return n
    return most


def test_a_burst_and_then_a_rate(clock: Clock) -> None:
    limiter = Limiter(5, 2, clock)
    assert spend(limiter, 1) == 5
    clock.now += 1.5
    assert spend(limiter, 1) == 3
    clock.now += 30  # time for sixty, but a bucket holds five
    assert spend(limiter, 1) == 5
    clock.now += 3600
    assert spend(limiter, 1) == 5


def test_each_has_a_bucket(clock: Clock) -> None:
    limiter = Limiter(5, 2, clock)
    assert spend(limiter, 1) == 5
    assert spend(limiter, 2) == 5


def test_who_waits_as_long_as_told_is_let_through(clock: Clock) -> None:
    limiter = Limiter(3, 7, clock)
    for _ in range(50):
        spend(limiter, 1)
        with pytest.raises(RateLimited) as refusal:
            limiter.take(1)
        clock.now += refusal.value.extra["retry_after"]
        limiter.take(1)


def test_a_refusal_costs_nothing(clock: Clock) -> None:
    limiter = Limiter(1, 1, clock)
    limiter.take(1)
    for _ in range(100):
        with pytest.raises(RateLimited):
            limiter.take(1)
    clock.now += 1
    limiter.take(1)


def test_who_has_been_quiet_is_forgotten(clock: Clock) -> None:
    limiter = Limiter(5, 2, clock)
    for key in range(1000):
        limiter.take(key)
    clock.now += 61
    limiter.take(-1)
    assert list(limiter._buckets) == [-1]


def test_the_code_and_the_seconds_are_told(clock: Clock) -> None:
    limiter = Limiter(1, 4, clock)
    limiter.take(1)
    with pytest.raises(RateLimited) as refusal:
        limiter.take(1)
    assert refusal.value.payload() == {
        "code": "rate_limited", "message": "too many at once: wait a little", "retry_after": 0.25,
    }  # fmt: skip


def test_an_address_has_what_so_many_people_have(clock: Clock, settings: Any) -> None:
    settings.ADDRESS_PEOPLE = 3
    limit = Limit(5, 2, clock)
    taken = 0
    for person in range(100):
        try:
            for _ in range(5):
                limit.take(person, "198.51.100.7")
                taken += 1
        except RateLimited as refusal:
            wait = refusal.extra["retry_after"]
            break
    assert taken == 15
    limit.take(1000, "198.51.100.8")  # elsewhere
    limit.take(1001, "")  # nowhere that counts
    clock.now += wait
    limit.take(1002, "198.51.100.7")


def test_an_office_behind_one_address_works(clock: Clock, settings: Any) -> None:
    """Two hundred people come back at once, after a restart, and then talk as no two hundred people do, for a minute."""
    messages, events = (
        Limit(settings.MESSAGE_BURST, settings.MESSAGE_RATE, clock),
        Limit(settings.EVENT_BURST, settings.EVENT_RATE, clock),
    )
    for person in range(200):
        for _ in range(12):  # three tabs, a few questions each
            events.take(person, "198.51.100.7")
    for _second in range(60):
        clock.now += 1
        for person in range(200):
            messages.take(person, "198.51.100.7")
            events.take(person, "198.51.100.7")


ADDRESSES = [
    (0, "203.0.113.9", "198.51.100.1", "203.0.113.9"),  # what nobody vouches for is not believed
    (1, "10.0.0.1", "198.51.100.1", "198.51.100.1"),
    (
        1,
        "10.0.0.1",
        "evil, 1.2.3.4,198.51.100.1",
        "198.51.100.1",
    ),  # what the browser claims stands before what the proxy saw
    (2, "10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
    (2, "10.0.0.1", "198.51.100.1", "10.0.0.1"),  # not by way of both
    (1, "203.0.113.9", "", "203.0.113.9"),
    (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
    (0, "::ffff:198.51.100.1", "", "198.51.100.1"),
    (0, "fe80::1%eth0", "", "fe80::/64"),
    (0, "127.0.0.1", "198.51.100.1", ""),
    (0, "::1", "", ""),
    (0, "unix", "", "unix"),
    (1, "10.0.0.1", "unknown", "unknown"),
]


@pytest.mark.parametrize(("trusted", "peer", "forwarded", "address"), ADDRESSES)
def test_where_somebody_is_is_what_a_trusted_proxy_saw(
    settings: Any, trusted: int, peer: str, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    environ = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})
    assert limits.address_of(environ) == address


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "/new/room/": ("joins", {"name": "Another", "kind": "open"}),
    "/new/message/": ("joins", {"person": "BO"}),
    "/rooms/lair/join/": ("joins", {}),
    "/rooms/lair/messages/": ("messages", {"body": "again"}),
    "/rooms/lair/settings/": ("edits", {"name": "Lair", "topic": "Gold", "kind": "open"}),
    "/rooms/lair/archive/": ("edits", {"archived": "0"}),
    "/rooms/lair/members/": ("edits", {"moderator": "BO"}),
    "/rooms/lair/members/add/": ("edits", {"person": "BO"}),
    "/rooms/lair/invitations/": ("edits", {"lifetime": "3600"}),
    "/rooms/lair/slow/": ("edits", {"seconds": "5"}),
    "/rooms/lair/people/BO/": ("edits", {"act": "unmute"}),
    "/rooms/lair/messages/2/report/": ("edits", {"reason": "rude"}),
    "/rooms/lair/pinned/": ("reactions", {"seq": "1"}),
    "/saved/": ("reactions", {"room": "lair", "seq": "1"}),
    "/rooms/lair/read/": ("events", {}),
    "/rooms/lair/involvement/": ("events", {"involvement": "mentions"}),
    "/rooms/lair/threads/1/follow/": ("events", {"on": "1"}),
    "/rooms/lair/threads/1/read/": ("events", {}),
    "/rooms/lair/leave/": ("events", {}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", FORMS)
def test_each_form_has_the_limit_of_its_kind(
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    room: Callable[..., Room],
    say: Callable[..., list[Message]],
    ana: User,
    bo: User,
    signed_in: Callable[[User], Client],
) -> None:
    kind, filled = FORMS[path]
    lair = room(bo, slug="lair", moderators=[ana])
    say(lair, ana, "one")
    say(lair, bo, "two")
    monkeypatch.setattr(limits, kind, Limit(1, 0.001))
    data = {name: str(bo.pk) if value == "BO" else value for name, value in filled.items()}
    web, told = signed_in(ana), "Too many at once"
    path = path.replace("BO", str(bo.pk))
    assert told not in web.post(path, data, follow=True).content.decode()
    actions.admit(lair, [ana])
    assert told in web.post(path, data, follow=True).content.decode()
