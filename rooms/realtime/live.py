"""What this process is at, once a second, for administrators who look at the live page (`/admin/live/`). While nobody looks, a few numbers are noted.

Who looks says so again and again (`watch`): whoever has not for PATIENCE seconds, or is no longer staff by then, hears no more.
"""

import os
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic, process_time
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms import meters, schemas
from rooms.errors import Forbidden
from rooms.realtime.session import Session

JSON = dict[str, Any]
EVERY = 1.0  # seconds
MINUTE = 60  # numbers that are kept
PATIENCE = 15.0  # seconds
TO_LIVE = "live"


class Live:
    """The figures of this process, and who looks at them."""

    def __init__(
        self,
        figures: Callable[[], JSON],
        publish: Callable[[str, JSON], None],
        enter: Callable[[str, str], None],
        leave: Callable[[str, str], None],
        later: Callable[[float, Callable[[], None]], Any],
    ) -> None:
        """`figures()`: what is so just now; `enter(sid, to)` and `leave(sid, to)` let a socket hear what is published `to`; `later` is a timer."""
        self._figures, self._publish, self._enter, self._leave, self._later = figures, publish, enter, leave, later
        self.on_watch: Callable[[], None] = lambda: None  # somebody looks: the other processes want to know
        self.lag: deque[float] = deque([0.0] * MINUTE, MINUTE)  # seconds, the latest of each second
        self._messages: deque[int] = deque([0] * MINUTE, MINUTE)  # of each second
        self._deliveries: deque[int] = deque([0] * MINUTE, MINUTE)
        self._before = (0, 0, 0.0)
        self._watchers: dict[str, float] = {}
        self._until = 0.0
        self.name = f"{socket.gethostname()}:{os.getpid()}"

    def begin(self) -> None:
        """Note the numbers from now on."""
        self._before = (meters.messages.value, meters.deliveries.value, process_time())
        self._later(EVERY, self._tick)

    def watch(self, session: Session, data: Any) -> JSON:
        """`watch`: somebody looks. Raises Forbidden for who is not staff, or no longer."""
        schemas.parse(schemas.Watch, data)
        if not User.objects.filter(pk=session.user.pk, is_staff=True, is_active=True).exists():
            self._forget(session.sid)
            raise Forbidden(_("only staff may see this"))
        self._enter(session.sid, TO_LIVE)
        self._watchers[session.sid] = monotonic() + PATIENCE
        self.is_watched()
        self.on_watch()
        return {}

    def is_watched(self) -> None:
        """Somebody looks, here or at another process: tell for a while."""
        self._until = monotonic() + PATIENCE

    def _tick(self) -> None:
        self._later(EVERY, self._tick)
        messages, deliveries, cpu = meters.messages.value, meters.deliveries.value, process_time()
        self._messages.append(messages - self._before[0])
        self._deliveries.append(deliveries - self._before[1])
        busy = (cpu - self._before[2]) / EVERY
        self._before = messages, deliveries, cpu
        self.lag.append(meters.lag.most)
        meters.lag.most = 0.0
        now = monotonic()
        for sid in [sid for sid, until in self._watchers.items() if until < now]:
            self._forget(sid)
        if now < self._until:
            self._publish(TO_LIVE, self._told(busy))

    def _told(self, busy: float) -> JSON:
        return {
            "type": "figures",
            "worker": self.name,
            "cpu": round(busy, 3),
            "messages": list(self._messages),
            "deliveries": list(self._deliveries),
            "lag": [round(each * 1000, 1) for each in self.lag],
            **self._figures(),
        }

    def _forget(self, sid: str) -> None:
        if self._watchers.pop(sid, None):
            self._leave(sid, TO_LIVE)
