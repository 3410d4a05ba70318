"""What machines ask of a process: /healthz (does it live?), /readyz (should it be given people?) and /metrics, answered before Django, whose rules
about hosts and TLS are for people.

A process whose broker is away stays ready: it posts, and keeps its clients whole by the database; the answers say so. Only one that has not joined
the others yet is not. The figures are shown to who has METRICS_TOKEN; without one, to this machine, and to nobody through a proxy.
"""

import ipaddress
from collections.abc import Callable, Iterable
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http.request import split_domain_port

from chatsite.starting import is_loopback
from rooms.realtime import gauges
from rooms.realtime.server import ChatServer

Environ = dict[str, Any]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


class Probes:
    """A WSGI application around another."""

    def __init__(self, application: Callable[..., Iterable[bytes]], chat: ChatServer) -> None:
        self.application, self.chat = application, chat
        self.is_migrated = False
        self.pages = {"/healthz": self.health, "/readyz": self.readiness, "/metrics": self.metrics}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        page = self.pages.get(environ.get("PATH_INFO", ""))
        if page is None:
            return self.application(environ, start_response)
        status, kind, body = page(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def health(self, environ: Environ) -> tuple[HTTPStatus, str, bytes]:
        """It answers, so it lives."""
        return self._told(HTTPStatus.OK, {"status": "ok", **self.chat.health()})

    def readiness(self, environ: Environ) -> tuple[HTTPStatus, str, bytes]:
        """Whether the database answers and has all its tables, and the other processes were met."""
        told = {"database": self._database(), **self.chat.health()}
        is_ready = told["database"] == "ok" and told.get("broker") != "never met"
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return self._told(status, {"status": "ready" if is_ready else "not ready", **told})

    def metrics(self, environ: Environ) -> tuple[HTTPStatus, str, bytes]:
        """The figures, for those who may see them."""
        if not may_see(environ):
            return HTTPStatus.NOT_FOUND, "text/plain", b"not found\n"
        return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", gauges.render(self.chat).encode()

    def _told(self, status: HTTPStatus, what: dict[str, Any]) -> tuple[HTTPStatus, str, bytes]:
        return status, "application/json", orjson.dumps(what) + b"\n"

    def _database(self) -> str:
        try:
            if not self.is_migrated:
                executor = MigrationExecutor(connection)
                self.is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            else:
                connection.ensure_connection()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
        except DatabaseError:
            return "away"
        finally:
            connection.close()
        return "ok" if self.is_migrated else "lacks migrations"


def may_see(environ: Environ) -> bool:
    """Whether a request may see the figures."""
    if settings.METRICS_TOKEN:
        given = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        return compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if any(name in environ for name in FORWARDED):
        return False
    # A browser on this machine asks for whom it shows pages: a name of a stranger's that leads here (DNS rebinding) is none of ours.
    if not is_loopback(split_domain_port(environ.get("HTTP_HOST", ""))[0]):
        return False
    try:
        return ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
