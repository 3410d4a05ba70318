"""Code that serves nobody reaches everybody: a management command, the shell, a cron job, a worker of a task queue call `actions`, and what they
change goes through the broker to the processes that serve.

The broker is met at the first word, by python-socketio's write-only manager; without eventlet. Invariant: a broker that is away fails no action and
holds it up for seconds at most, however much it has to say: what was changed is stored, and the serving processes find it in the database.
"""

import logging
from collections.abc import Callable
from functools import cached_property
from time import monotonic
from typing import Any

JSON = dict[str, Any]
log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds, for a broker that does not answer
ATTEMPTS = 2  # python-socketio's
REST = 10.0  # seconds for which nothing is said to one that did not


class Outside:
    """The `broadcast.Carrier` of a process that serves nobody."""

    def __init__(self, broker: str, channel: str) -> None:
        """`broker`: its URL; `channel`: what the processes of the site call theirs."""
        self._broker, self._channel = broker, channel
        self._rests_until = 0.0

    @cached_property
    def _manager(self) -> Any:
        import socketio

        common = {"channel": self._channel, "write_only": True, "logger": log}
        if self._broker.startswith(("redis", "unix")):
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
            return socketio.RedisManager(self._broker, redis_options=patience, **common)
        patience = {"connect_timeout": PATIENCE, "transport_options": {"max_retries": 1}}

        class Once(socketio.KombuManager):
            """Tries once and again, not for ever."""

            def _producer_publish(self, connection: Any) -> Any:
                return connection.Producer(exchange=self._exchange()).publish

        return Once(self._broker, connection_options=patience, **common)

    def publish(self, to: str, data: JSON) -> None:
        """Send `data` to everyone in `to`."""
        self._say(lambda manager: manager.emit("data", data, room=to))

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        """Let the user's sockets hear the room."""
        self._tell("grant", user_id=user_id, room_id=room_id, slug=slug)

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        """Take the user's sockets out of the room."""
        self._tell("revoke", user_id=user_id, room_id=room_id, slug=slug)

    def present(self, room_id: int) -> set[int]:
        """Nobody is known to be online: who serves knows."""
        return set()

    def refresh(self, user: Any) -> None:
        """Let the user's sockets speak under their present name."""
        self._tell("refresh", user_id=user.pk)

    def expel(self, target: str, but: str = "") -> None:
        """Disconnect every socket of `user:<id>` or `session:<key>`, but those of the session `but`."""
        self._tell("expel", target=target, but=but)

    def renew(self, target: str) -> None:
        """Let the sockets of `session:<key>` go in a moment: who may still come in comes back."""
        self._tell("renew", target=target)

    def _tell(self, what: str, **arguments: Any) -> None:
        told = {"method": "tell", "what": what, "arguments": arguments}
        self._say(lambda manager: manager._publish({**told, "host_id": manager.host_id}))

    def _say(self, say: Callable[[Any], None]) -> None:
        """Say something, unless one has just waited in vain: hundreds of words would each wait as long."""
        began = monotonic()
        if began < self._rests_until:
            return
        say(self._manager)
        if monotonic() - began >= ATTEMPTS * PATIENCE:
            self._rests_until = monotonic() + REST
            log.warning("the broker does not answer; nothing is said to it for %.0f s", REST)
