"""The one place that makes the process cooperative: eventlet's patch, and what has to be told about it.

Invariant: `patch()` runs before Django, threading or a database driver is imported, and only in a process that serves. Everything else
(tests, migrations, the shell) runs on plain threads and never imports eventlet.
"""

import ipaddress
import os
import socket
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from chatsite import offload

is_patched = False
SWITCH_INTERVAL = 0.0005  # seconds; Python's 5 ms are those that the hub would wait after each call of SQLite's while a thread computes


def patch() -> None:
    """Patch the standard library, and send heavy work and the looking up of names to eventlet's thread pool."""
    global is_patched
    is_patched = True
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    with warnings.catch_warnings():
        # eventlet is in maintenance and says so at every import. It is this project's engine by choice; the README tells.
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
        import eventlet
        import eventlet.tpool

    def in_thread(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return eventlet.tpool.execute(work, *args, **options)

    _look_up(in_thread)
    eventlet.monkey_patch()
    offload.use(in_thread)
    sys.setswitchinterval(SWITCH_INTERVAL)


def _look_up(in_thread: Callable[..., Any]) -> None:
    """Have names looked up by the system. eventlet's own resolver asks elsewhere than the system does, and takes longer to import than Django."""
    from eventlet.green import socket as green_socket

    system = socket.getaddrinfo

    def getaddrinfo(host: Any, *asked: Any, **more: Any) -> Any:
        return system(host, *asked, **more) if _is_address(host) else in_thread(system, host, *asked, **more)

    green_socket.getaddrinfo = getaddrinfo
    for name in ("gethostbyname", "gethostbyname_ex", "getnameinfo"):
        setattr(green_socket, name, partial(in_thread, getattr(socket, name)))


def _is_address(host: str | bytes | None) -> bool:
    """Whether there is nothing to look up."""
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host or "::")
    except ValueError:
        return False
    return True


def patch_psycopg() -> None:
    """psycopg's C wait holds the hub; its own pure selector wait goes through the patched `select` (measured, DESIGN section 6)."""
    import psycopg.waiting

    psycopg.waiting.wait = psycopg.waiting.wait_selector
