"""What is so just now in a process that serves: asked for by Prometheus and the live page, a walk over its connections each time."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from rooms import meters

if TYPE_CHECKING:
    from rooms.realtime.server import ChatServer

PAGE = resource.getpagesize()


def of(chat: ChatServer) -> dict[str, tuple[str, float]]:
    """Help and value of each, by name."""
    pool = chat.sio.pool
    connections = list(chat.sio.eio.sockets.values())
    waiting = [each.websocket.waiting for each in connections if each.websocket]
    inboxes = [len(each.inbox) for each in connections if each.inbox]
    found: dict[str, tuple[str, float]] = {
        "sockets": ("Connected clients.", len(chat.sessions)),
        "polling_sockets": ("Of them by long-polling.", sum(not each.websocket for each in connections)),
        "people": ("People who are connected here.", len(chat.people)),
        "buffer_bytes": ("Bytes that wait for clients who read slowly.", sum(waiting)),
        "buffer_bytes_max": ("The same for the slowest of them.", max(waiting, default=0)),
        "inbox_packets": ("Packets of clients that wait for a worker.", sum(inboxes)),
        "inbox_packets_max": ("The same for the client that has most.", max(inboxes, default=0)),
        "busy_workers": ("Greenlets at an event.", pool.busy),
        "hub_lag_max_seconds": ("The latest that the hub was in the last minute.", max(chat.live.lag)),
        "resident_memory_bytes": ("Memory of the process.", memory()),
        "cpu_seconds": ("CPU time of the process.", process_time()),
    }
    return found | chat.gauges()


def memory() -> int:
    """Resident bytes."""
    statm = Path(f"/proc/{os.getpid()}/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * PAGE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def render(chat: ChatServer) -> str:
    """All of it as Prometheus reads it."""
    return meters.render(of(chat))
