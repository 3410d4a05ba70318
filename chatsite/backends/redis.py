"""Django's cache on Redis: what all processes count together, failed sign-ins above all. While Redis is away each process counts alone.

Beside what a cache does it has token buckets, of which `rooms.limits` takes: by one script, so that two processes never take the same token, and
by the clock of Redis, which is one for all. Of a bucket is kept when it will be full again; once it is, it is forgotten.

Invariant: no request fails, or waits for more than a moment, because Redis does; whoever finds it away spares those who come after, for
`PAUSE`. What is kept is JSON, not a pickle: who can write to Redis shall not run code here.
"""

import json
import logging
from collections.abc import Sequence
from functools import cache
from time import monotonic
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger("chatsite.cache")

PATIENCE = 0.5  # seconds that Redis may take to answer
PAUSE = 5.0  # seconds that it is left alone once it did not
# Takes a token from each of the buckets KEYS, or from none; returns the seconds to wait, "0" where they are taken. ARGV: burst and rate of each.
TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local wait, full = 0, {}
for n, key in ipairs(KEYS) do
    local burst, rate = tonumber(ARGV[2 * n - 1]), tonumber(ARGV[2 * n])
    full[n] = math.max(now, tonumber(redis.call('GET', key) or now)) + 1 / rate
    wait = math.max(wait, full[n] - now - burst / rate)
end
if wait > 1e-5 then
    return string.format('%.6f', wait)
end
for n, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.6f', full[n]), 'PX', math.ceil((full[n] - now) * 1000))
end
return '0'
"""


class JsonSerializer(RedisSerializer):
    """What is kept, as text; numbers as they are, so that Redis can count them up."""

    def dumps(self, value: Any) -> Any:
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: Any) -> Any:
        return json.loads(data)


class Outage:
    """Whether Redis is away, as far as this process knows."""

    def __init__(self) -> None:
        self.until = 0.0
        self.is_known = False

    @property
    def is_on(self) -> bool:
        return monotonic() < self.until

    def begin(self, error: Exception) -> None:
        self.until = monotonic() + PAUSE
        if not self.is_known:
            self.is_known = True
            log.warning("Redis does not answer: sign-ins and limits are counted by each process alone (%s)", error)

    def end(self) -> None:
        if self.is_known:
            self.is_known = False
            log.info("Redis answers: sign-ins and limits are counted together again")


@cache
def _client(url: str) -> RedisCacheClient:
    """One a process: Django makes a cache a thread, which here is a greenlet, and each would have connections of its own."""
    once = Retry(NoBackoff(), 0)
    return RedisCacheClient([url], JsonSerializer, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once)


@cache
def _taking(url: str) -> Any:
    return _client(url).get_client(write=True).register_script(TAKE)


_outage = Outage()


class SharedCache(RedisCache):  # type: ignore[misc, unused-ignore]
    """A cache of all processes. `LOCATION`: the URL of Redis; `OPTIONS`: of the process's own, for when that is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params | {"OPTIONS": {}})
        self._url = server
        self._own = LocMemCache("while Redis is away", params)

    @property
    def _cache(self) -> RedisCacheClient:
        return _client(self._url)

    def _ask(self, what: str, *args: Any, **options: Any) -> Any:
        if not _outage.is_on:
            try:
                answer = getattr(super(), what)(*args, **options)
            except (RedisError, OSError) as error:
                _outage.begin(error)
            else:
                _outage.end()
                return answer
        return getattr(self._own, what)(*args, **options)

    def take(self, buckets: Sequence[tuple[str, float, float]]) -> float:
        """Take a token from each (key, burst, tokens a second), or from none; return the seconds to wait, 0 where they are taken.

        While Redis is away none holds anybody up: what each process counts by itself is left.
        """
        if _outage.is_on:
            return 0.0
        keys = [self.make_and_validate_key(key) for key, _, _ in buckets]
        try:
            wait = float(_taking(self._url)(keys, [term for _, *terms in buckets for term in terms]))
        except (RedisError, OSError) as error:
            _outage.begin(error)
            return 0.0
        _outage.end()
        return wait

    def add(self, *args: Any, **options: Any) -> Any:
        return self._ask("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._ask("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._ask("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._ask("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._ask("delete", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self._ask("has_key", *args, **options)

    def incr(self, *args: Any, **options: Any) -> Any:
        return self._ask("incr", *args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        return self._ask("get_many", *args, **options)

    def set_many(self, *args: Any, **options: Any) -> Any:
        return self._ask("set_many", *args, **options)

    def delete_many(self, *args: Any, **options: Any) -> Any:
        return self._ask("delete_many", *args, **options)

    def clear(self) -> Any:
        """Forget what is this process's own. On Redis there may be more than a cache: what is counted there ends by itself."""
        return self._own.clear()
