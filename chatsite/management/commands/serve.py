"""`manage.py serve`: the site in production. No reload, an access log, an orderly stop on SIGTERM."""

import os
from argparse import SUPPRESS
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.wsgi import get_wsgi_application

from chatsite.addresses import parse
from chatsite.starting import guard_first_run, occupy, prepare_database


def cores() -> int:
    """How many cores this process may use; not every system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Command(BaseCommand):
    """Serve Django and Socket.IO together."""

    help = "Serve the site: Django and Socket.IO together, for production."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "addrport", nargs="?", default="", help="[address:]port, or unix:PATH; HOST and PORT by default"
        )
        parser.add_argument("--no-access-log", action="store_true", help="do not log requests")
        parser.add_argument(
            "--workers", type=int, nargs="?", default=1, const=cores(), metavar="N",
            help="processes, one a core where no number is given, on as many ports from PORT on, or sockets (site.1.sock, ...); "
            "more than one need a broker (REDIS_URL)",
        )  # fmt: skip
        parser.add_argument("--parent", type=int, help=SUPPRESS)  # a worker's: the socket to its parent

    def handle(
        self, *args: Any, addrport: str, no_access_log: bool, workers: int, parent: int | None, **options: Any
    ) -> None:
        from chatsite import workers as processes

        address = parse(addrport, workers)
        if workers < 1:
            raise CommandError("--workers: at least one")
        if workers > 1 and not settings.BROKER:
            raise CommandError(f"{workers} workers need a broker between them: set REDIS_URL")
        report = processes.reporter(parent) if parent is not None else None
        occupy(settings.DATA_DIR)
        prepare_database(self.stdout)
        if workers > 1:
            guard_first_run(address.host, self.stdout)
            processes.run(address, workers, ["--no-access-log"] * no_access_log, self.stdout)
            return
        from chatsite import server  # much to import, and nothing of it for the parent of others

        application = get_wsgi_application()
        with address.open() as (listener, found):
            guard_first_run(found.host, self.stdout)

            def tell() -> None:
                if report:
                    report(str(found))
                else:
                    self.stdout.write(f"Chatsite is at {found.url} (stop with Ctrl-C)")
                    self.stdout.flush()

            server.run(listener, application, access_log=not no_access_log, on_ready=tell)
