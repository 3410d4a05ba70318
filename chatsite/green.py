"""The one place that makes the process cooperative: eventlet's patch, and what has to be told about it.

Invariant: `patch()` runs before Django, threading or a database driver is imported, and only in a process that serves. Everything else
(tests, migrations, the shell) runs on plain threads and never imports eventlet.
"""

import warnings
from collections.abc import Callable
from typing import Any

from chatsite import offload

is_patched = False


def patch() -> None:
    """Patch the standard library, make psycopg's wait cooperative, and send heavy work to eventlet's thread pool."""
    global is_patched
    is_patched = True
    with warnings.catch_warnings():
        # eventlet is in maintenance and says so at every import. It is this project's engine by choice; the README tells.
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
        import eventlet
        import eventlet.tpool
    eventlet.monkey_patch()

    def in_thread(work: Callable[..., Any], *args: Any) -> Any:
        return eventlet.tpool.execute(work, *args)

    offload.use(in_thread)
    _patch_psycopg()


def _patch_psycopg() -> None:
    """psycopg's C wait holds the hub; its own pure selector wait goes through the patched `select` (measured, DESIGN section 6)."""
    try:
        import psycopg.waiting
    except ImportError:  # SQLite alone needs no driver
        return
    psycopg.waiting.wait = psycopg.waiting.wait_selector
