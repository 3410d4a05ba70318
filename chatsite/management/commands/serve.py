"""`manage.py serve`: the site in production. No reload, an access log, an orderly stop on SIGTERM."""

import errno
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands.runserver import naiveip_re
from django.core.wsgi import get_wsgi_application

from chatsite.starting import guard_first_run, prepare_database


class Command(BaseCommand):
    """Serve Django and Socket.IO together."""

    help = "Serve the site: Django and Socket.IO together, for production."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addrport", nargs="?", default="", help="[address:]port; HOST and PORT by default")
        parser.add_argument("--no-access-log", action="store_true", help="do not log requests")

    def handle(self, *args: Any, addrport: str, no_access_log: bool, **options: Any) -> None:
        from chatsite import server
        from rooms.realtime import engine

        host, port = self._address(addrport)
        if not 0 <= port <= 65_535:
            raise CommandError(f"{port} is no port: they go from 0 (any free one) to 65535")
        prepare_database()
        application = get_wsgi_application()
        try:
            listener = engine.listen(host, port)
        except OSError as error:
            reason = {errno.EADDRINUSE: "that port is already in use", errno.EACCES: "no permission for that port"}
            raise CommandError(f"{host}:{port}: {reason.get(error.errno or 0, error)}") from None
        port = listener.getsockname()[1]
        guard_first_run(host, port, self.stdout)
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Chatsite is at http://{shown}:{port}/ (stop with Ctrl-C)")
        self.stdout.flush()
        server.run(listener, application, access_log=not no_access_log)

    def _address(self, addrport: str) -> tuple[str, int]:
        if not addrport:
            return settings.HOST, settings.PORT
        if (match := naiveip_re.match(addrport)) is None:
            raise CommandError(f"{addrport!r} is neither a port number nor address:port")
        return (match["addr"] or settings.HOST).strip("[]"), int(match["port"])
