"""The brokers that carry between several processes: how each is spoken to. What is said through them, and what becomes of it, is in `pubsub`.

Invariant: whatever ends a connection is raised, soon, and nothing is tried again here: who speaks through it decides what is done.
"""

from collections.abc import Iterator
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import socketio

from .fanout import Fanout
from .pubsub import DEAF, Deaf, Shared


class RedisFanout(Shared, socketio.RedisManager, Fanout):
    """Through Redis, alone or behind Sentinel."""

    def _send(self, messages: list[bytes]) -> None:
        if self.redis is None:
            raise ConnectionError("not connected yet")
        with self.redis.pipeline(transaction=False) as pipeline:
            for message in messages:
                pipeline.publish(self.channel, message)
            pipeline.execute()

    def _subscription(self) -> Iterator[bytes]:
        self.redis_options = redis_options()
        self._redis_connect()
        try:
            self.pubsub.subscribe(self.channel)
            self.heard_at = monotonic()
            self._publish({"method": "probe", "host_id": self.host_id})
            while True:
                message = self.pubsub.get_message(timeout=DEAF)
                if message is not None:
                    yield message["data"]
                elif monotonic() - self.heard_at > DEAF:
                    raise Deaf(f"nothing came through it for {DEAF:.0f} s")
        finally:
            self.pubsub.close()


class AmqpFanout(Shared, socketio.KombuManager, Fanout):
    """Through RabbitMQ, or another broker that speaks AMQP."""

    _producer: Any = None

    def _connection(self) -> Any:
        self.connection_options = {"connect_timeout": DEAF, "transport_options": {"max_retries": 1}}
        return super()._connection()

    def _send(self, messages: list[bytes]) -> None:
        try:
            if self._producer is None:
                self.publisher_connection = self._connection()
                self._producer = self.publisher_connection.Producer(exchange=self._exchange())
            for message in messages:
                self._producer.publish(message.decode())
        except Exception:
            self._producer = None
            self.publisher_connection.release()
            raise

    def _subscription(self) -> Iterator[bytes | str]:
        with self._connection() as connection, connection.SimpleQueue(self._queue(), no_ack=True) as queue:
            self.heard_at = monotonic()
            self._publish({"method": "probe", "host_id": self.host_id})
            while True:
                try:
                    message = queue.get(timeout=DEAF)
                except queue.Empty:
                    raise Deaf(f"nothing came through it for {DEAF:.0f} s") from None
                yield message.payload


def redis_options() -> dict[str, Any]:
    """How redis-py shall behave: refuse early, try nothing by itself. Seconds."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {"socket_timeout": DEAF, "socket_connect_timeout": DEAF, "retry": Retry(NoBackoff(), 0)}


def make(url: str, channel: str) -> Any:
    """Return the Fanout for the broker at `url`. Processes that use the same broker and channel belong together."""
    scheme = urlsplit(url).scheme.split("+")[0]
    if scheme in ("redis", "rediss", "unix"):
        return RedisFanout(url, channel)
    if scheme in ("amqp", "amqps", "pyamqp"):
        return AmqpFanout(url, channel)
    raise ValueError(f"no broker known for {scheme}://")
