"""`manage.py runserver`: Django's own command (banner, checks, autoreload), serving Django and Socket.IO together under eventlet."""

import os
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import CommandError
from django.core.management.commands import runserver
from django.core.wsgi import get_wsgi_application

from chatsite.starting import guard_first_run, occupy, prepare_database


def run(
    addr: str, port: int, wsgi_handler: Any, ipv6: bool = False, on_bind: Callable[[int], None] | None = None, **_: Any
) -> None:
    """What Django's command calls to serve, with our server in it."""
    from chatsite import server
    from rooms.realtime import engine

    guard_first_run(addr, sys.stdout)
    listener = engine.listen(addr, port)
    if on_bind is not None:
        on_bind(listener.getsockname()[1])
    server.run(listener, wsgi_handler, access_log=True)


class Command(runserver.Command):
    """Serve the site for development. Static files come from their sources; whitenoise serves them, also with DEBUG off."""

    default_addr = settings.HOST
    default_port = str(settings.PORT)

    def get_handler(self, *args: Any, **options: Any) -> Any:
        if hasattr(staticfiles_storage, "live"):
            staticfiles_storage.live = True
        return get_wsgi_application()

    def check_migrations(self) -> None:
        try:
            occupy(settings.DATA_DIR)
            prepare_database(self.stdout)
        except CommandError as error:
            self.stderr.write(f"Error: {error}")
            os._exit(1)  # as Django's own for a port that is taken: sys.exit does not end the autoreloader's thread

    def inner_run(self, *args: Any, **options: Any) -> None:
        runserver.run = run  # type: ignore[attr-defined]  # the name that Django's inner_run calls
        super().inner_run(*args, **options)
