"""Several processes as one: what is said in one of them is heard in all, through a broker.

python-socketio's managers carry it (`brokers`), in their own format, so that whatever emits through one of them from outside is heard as well; each
process frames it once for its own clients, by `Fanout`. What differs: nobody waits for the broker (what leaves is queued, and one greenlet sends all
that has gathered); a process sends itself a probe through the broker, so that one which hears nothing knows it; and beside events, processes `tell`
each other what is none.

Invariants: what a process says leaves in the order in which it was said. Promised is no more than that: what the broker does not take within KEEP
seconds is dropped, and what a deaf process missed is not repeated; `on_back` says so, and whoever lies above makes it whole.
"""

import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import eventlet
import orjson
from eventlet.event import Event as Awaited

from .codec import Json

log = logging.getLogger(__name__)

PROBE = 2.0  # seconds between two probes
DEAF = 5.0  # seconds of silence, the own probe included, after which a process subscribes anew
RETRY = 0.5  # seconds between two attempts to reach the broker
KEEP = 10.0  # seconds that something may wait for the broker
MOST_WAITING = 20_000  # messages that may
TOGETHER = 256  # messages sent in one go
OWN = ("tell", "probe")  # methods that python-socketio does not know

Gate = Callable[[str, Any, str], bool]
Told = Callable[[str, str, dict[str, Any]], None]
Back = Callable[[float], None]


class Deaf(Exception):
    """Nothing came through the broker, not even the own probe."""


class Shared(ABC):
    """What makes a Fanout out of one of python-socketio's managers for several processes; stands before it among the bases.

    The hooks are to be set before `begin`: `gate(room, data, host)` is asked whether what a process says to a room may go out to those of it who are
    here; `on_told(host, what, arguments)` hears what another process tells; `on_back(seconds)` learns that this one was cut off for so long.
    """

    host_id: str
    json: Any

    def __init__(self, url: str, channel: str) -> None:
        super().__init__(url=url, channel=channel, logger=log)  # type: ignore[call-arg]
        self.json = Json
        self.gate: Gate = lambda _room, _data, _host: True
        self.on_told: Told = lambda _host, _what, _arguments: None
        self.on_back: Back = lambda _seconds: None
        self.is_up = False  # hears its own probe
        self.was_up = False  # did, once
        self.heard_at = monotonic()
        self.dropped = 0  # messages that the broker did not take in time
        self._down_since: float | None = None
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._sender: Any = None
        self._awake = Awaited()
        self._ready = Awaited()

    def begin(self, patience: float) -> bool:
        """Subscribe; wait at most `patience` seconds until that is done. Returns whether it is."""
        self.server.manager_initialized = True  # type: ignore[attr-defined]  # else python-socketio does it at the first connection
        self.initialize()  # type: ignore[attr-defined]
        eventlet.spawn(self._probe)
        with eventlet.Timeout(patience, False):
            self._ready.wait()
        if not self.is_up:
            self._down_since = self._down_since or monotonic()
        return self.is_up

    # --- saying

    def emit(
        self, event: str, data: Any, namespace: str | None = None, room: Any = None, skip_sid: Any = None,
        callback: Any = None, to: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        """Say it to those who are here and, through the broker, to those elsewhere; what is for one client that is here stays here."""
        namespace, to = namespace or "/", to or room
        options |= {"skip_sid": skip_sid, "callback": callback}
        if isinstance(to, str) and to in self.clients.get(namespace, {}):  # type: ignore[attr-defined]
            options["ignore_queue"] = True
        if isinstance(data, dict) and not any(options.values()):
            # python-socketio's own way looks through the whole of it for bytes
            message = {"method": "emit", "event": event, "data": [data], "namespace": namespace, "room": to}
            self._handle_emit(message)
            self._publish({**message, "host_id": self.host_id})
        else:
            super().emit(event, data, namespace=namespace, room=to, **options)  # type: ignore[misc]

    def tell(self, what: str, **arguments: Any) -> None:
        """Tell the other processes what is no event."""
        self._publish({"method": "tell", "host_id": self.host_id, "what": what, "arguments": arguments})

    def _publish(self, data: dict[str, Any]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((monotonic(), orjson.dumps(data)))
        if self._sender is None:
            self._sender = eventlet.spawn(self._send_all)
        elif not self._awake.ready():
            self._awake.send()

    @property
    def waiting(self) -> int:
        """How many messages wait for the broker."""
        return len(self._waiting)

    def _send_all(self) -> None:
        while True:
            if not self._waiting:
                self._awake = Awaited()
                self._awake.wait()
            oldest = monotonic() - KEEP
            while self._waiting and self._waiting[0][0] < oldest:
                self._waiting.popleft()
                self.dropped += 1
            batch = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            try:
                self._send([message for _, message in batch])
            except Exception as error:
                self._waiting.extendleft(reversed(batch))  # some may have gone: a thing heard twice is no harm
                self._is_away(error)
                eventlet.sleep(RETRY)

    @abstractmethod
    def _send(self, messages: list[bytes]) -> None:
        """Give the messages to the broker. Raises whatever hinders it."""

    # --- hearing

    def _handle_emit(self, message: dict[str, Any]) -> None:
        """An event, of ours or another's, on its way to those who are here."""
        data, room = message["data"], message.get("room")
        host = str(message.get("host_id", self.host_id))
        if (
            isinstance(room, str)
            and not message.get("binary")
            and len(data) == 1
            and not self.gate(room, data[0], host)
        ):
            return
        super()._handle_emit(message)  # type: ignore[misc]

    def _listen(self) -> Iterator[dict[str, Any]]:
        """Yield what is python-socketio's; see to the rest. Never ends."""
        while True:
            try:
                for raw in self._subscription():
                    self.heard_at = monotonic()
                    message = self._understood(raw)
                    if message.get("method") not in OWN:
                        yield message
                    elif message.get("host_id") != self.host_id:
                        self._was_told(message)
                    elif message["method"] == "probe":
                        self._hears()
            except Exception as error:
                self._is_away(error)
                eventlet.sleep(RETRY)

    @abstractmethod
    def _subscription(self) -> Iterator[bytes | str]:
        """Subscribe; yield what comes. Raises whatever ends it, Deaf after DEAF seconds of silence."""

    def _understood(self, raw: bytes | str) -> dict[str, Any]:
        try:
            message = orjson.loads(raw)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            log.warning("the broker brought what is no message of ours, %d bytes", len(raw))
            return {}
        return message

    def _was_told(self, message: dict[str, Any]) -> None:
        if message["method"] == "probe":
            return
        try:
            self.on_told(str(message.get("host_id")), message["what"], message["arguments"])
        except Exception:
            log.exception("what another process told failed")

    # --- whether there is a broker

    def _probe(self) -> None:
        while True:
            self._publish({"method": "probe", "host_id": self.host_id})
            eventlet.sleep(PROBE)

    def _is_away(self, error: Exception) -> None:
        if self._down_since is None:
            self._down_since = self.heard_at if self.is_up else monotonic()
            log.warning("the broker is away, clients are kept whole from the database: %s", error)
        self.is_up = False

    def _hears(self) -> None:
        """The own probe came back: both ways are open."""
        if self.is_up:
            return
        self.is_up = self.was_up = True
        if not self._ready.ready():
            self._ready.send()
        if self._down_since is not None:
            away, self._down_since = monotonic() - self._down_since, None
            log.info("the broker is back after %.1f s", away)
            self.on_back(away)
