"""The server: Django and Socket.IO as one WSGI application, on the engine, with an orderly stop.

Started by `manage.py serve` and `manage.py runserver` only, in a process that `green.patch()` has made cooperative.
"""

import logging
import signal
from collections.abc import Callable
from time import monotonic
from typing import Any

import eventlet
import socketio
from django.conf import settings
from django.db import DatabaseError, connection, connections

from chatsite import logs
from chatsite.backends.sqlite3.checkpoints import Checkpoints
from chatsite.identity import SessionStore
from chatsite.probes import Probes
from chatsite.waiting import catch
from rooms import broadcast, limits, meters
from rooms.realtime import engine
from rooms.realtime.server import ChatServer

log = logging.getLogger("chatsite.server")
access = logging.getLogger("chatsite.access")

HUNG_UP = (
    "BrokenPipeError",
    "ConnectionResetError",
    "ConnectionAbortedError",
    "TimeoutError",
)  # so do clients, all the time


class _AccessLog:
    """Gives eventlet's lines of requests to the logging of Python; those of Socket.IO would be one a poll. Our own faults are told."""

    def write(self, line: str) -> None:
        if line.startswith("Traceback"):  # of what fell beside Django, which tells its own
            if not line.rstrip().rpartition("\n")[2].startswith(HUNG_UP):
                log.error("a request failed\n%s", line.rstrip())
        elif "HTTP/" in line and "/socket.io/" not in line:
            access.info(line.rstrip())


def mount(django_app: Callable[..., Any]) -> tuple[ChatServer, Callable[..., Any]]:
    """Put Socket.IO beside Django and let it carry what `broadcast` publishes; to other processes, too, where there is a broker."""
    if settings.BROKER:
        from rooms.realtime.sharing import SharedChatServer

        chat: ChatServer = SharedChatServer(eventlet.spawn_after, settings.BROKER, settings.MESSAGE_QUEUE_CHANNEL)
    else:
        chat = ChatServer(later=eventlet.spawn_after)
    broadcast.attach(chat)
    chat.examiner.watch()
    eventlet.spawn(chat.examiner.run)
    application: Callable[..., Any] = Probes(socketio.WSGIApp(chat.sio, django_app), chat)
    if settings.LOG_FORMAT == "json":
        chat.sio.on("*", logs.traced_events(chat.on_event))
        chat.sio.on("connect", logs.traced_events(chat.on_connect, "connect"))
        chat.sio.on("disconnect", logs.traced_events(chat.on_disconnect, "disconnect"))
        chat.sio.pool.after_job = logs.traced_job(chat.sio.pool.after_job)
        application = logs.traced_requests(application)
    return chat, application


def run(
    listener: Any,
    django_app: Callable[..., Any],
    *,
    access_log: bool = False,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT: then accept no more, finish what was begun, and send the clients away to come back."""
    chat, app = mount(django_app)
    chat.begin()
    site = engine.serve(
        listener,
        app,
        chat.sio,
        most_requests=settings.MAX_REQUESTS,
        most_per_address=0 if settings.TRUSTED_PROXIES else settings.CONNECTIONS_PER_ADDRESS,
        address_of=limits.network_of,
        origin=limits.address_of,
        access_log=_AccessLog() if access_log else None,
        log_format='%(client_ip)s "%(request_line)s" %(status_code)s %(body_length)s %(wall_seconds).4f',
    )
    engine.freeze()
    eventlet.spawn(forget_sessions)
    eventlet.spawn(measure_lag)
    if connection.vendor == "sqlite":
        eventlet.spawn(Checkpoints(str(connection.settings_dict["NAME"])).run)
    wait_for_end = catch(signal.SIGTERM, signal.SIGINT)
    on_ready()  # whoever hears that may end us
    wait_for_end()
    log.info("stopping: no new connections, clients are sent to reconnect")
    chat.leave()
    site.stop(settings.STOP_TIMEOUT)
    chat.end()
    log.info("stopped")


def forget_sessions(every: float = 86_400) -> None:
    """For ever: delete what is kept of sessions that are over, at once and then once in so many seconds."""
    while True:
        try:
            while SessionStore.forget_some():
                eventlet.sleep(0.01)
        except DatabaseError as error:
            log.warning("sessions that are over were not deleted: %s", error)
        finally:
            connections.close_all()
        eventlet.sleep(every)


def measure_lag(every: float = 0.5) -> None:
    """For ever: note how late the hub is for a timer, `every` so many seconds. Whatever holds it is seen here."""
    while True:
        due = monotonic() + every
        eventlet.sleep(every)
        meters.lag.add(max(0.0, monotonic() - due))
