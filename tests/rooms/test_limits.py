"""The token bucket: a burst, then a rate, for each person alone; full buckets are forgotten."""

import pytest

from rooms.errors import RateLimited
from rooms.limits import Limiter


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
