"""Django's cache on Redis: what all processes count together, failed sign-ins above all. While Redis is away each process counts alone.

Invariant: no request fails, or waits for more than a moment, because Redis does; whoever finds it away spares those who come after, for
`PAUSE`. What is kept is JSON, not a pickle: who can write to Redis shall not run code here.
"""

import json
import logging
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
            log.warning("Redis does not answer: failed sign-ins are counted by each process alone (%s)", error)

    def end(self) -> None:
        if self.is_known:
            self.is_known = False
            log.info("Redis answers: failed sign-ins are counted together again")


@cache
def _client(url: str) -> RedisCacheClient:
    """One a process: Django makes a cache a thread, which here is a greenlet, and each would have connections of its own."""
    once = Retry(NoBackoff(), 0)
    return RedisCacheClient([url], JsonSerializer, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once)


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
