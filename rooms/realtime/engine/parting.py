"""The last words to those who poll: a session that ends between two polls has them ready for the next one, as Node does.

Without, a client that is told why it is let go would meet a session that nobody knows. Bounded: in time, in number, and what each holds.
"""

from typing import Any
from urllib.parse import parse_qs

from eventlet import hubs

from .handshake import Environ

KEEP = 30.0  # seconds (Node's closeTimeout)
MOST = 500  # sessions
MOST_BYTES = 64 * 1024  # that wait for one; who lags further behind is refused when they come back, and catches up
END = 1  # bytes of Engine.IO's own farewell, which alone is not worth waiting


class Parting:
    """Sessions that are over and have something left to be read."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def keep(self, connection: Any) -> bool:
        """Take in a session that ends. Returns whether somebody may still come for its last words."""
        if not connection.queue or not END < connection.queue_size <= MOST_BYTES:
            return False
        if len(self._kept) >= MOST:
            self._forget(next(iter(self._kept)))
        self._kept[connection.sid] = connection
        hubs.get_hub().schedule_call_global(KEEP, self._forget, connection.sid)
        return True

    def asked_for(self, environ: Environ) -> Any:
        """The session of a request, if it is one of these."""
        if not self._kept:
            return None
        return self._kept.get(parse_qs(environ.get("QUERY_STRING", "")).get("sid", [""])[0])

    def was_asked(self, connection: Any) -> None:
        """A request for it is over; there may be more to read."""
        if connection.queue_size <= END:
            self._forget(connection.sid)

    def _forget(self, sid: str) -> None:
        if connection := self._kept.pop(sid, None):
            connection.queue, connection.closed = None, True
