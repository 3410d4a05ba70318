"""The server: Django and Socket.IO as one WSGI application, on the engine, with an orderly stop.

Started by `manage.py serve` and `manage.py runserver` only, in a process that `green.patch()` has made cooperative.
"""

import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

import eventlet
import socketio
from django.conf import settings

from rooms import broadcast
from rooms.realtime import engine
from rooms.realtime.server import ChatServer

log = logging.getLogger("chatsite.server")
access = logging.getLogger("chatsite.access")


class _AccessLog:
    """Gives eventlet's lines of requests to the logging of Python; those of Socket.IO would be one a poll."""

    def write(self, line: str) -> None:
        if "HTTP/" in line and "/socket.io/" not in line:
            access.info(line.rstrip())


def mount(django_app: Callable[..., Any]) -> tuple[ChatServer, socketio.WSGIApp]:
    """Put Socket.IO beside Django and let it carry what `broadcast` publishes."""
    chat = ChatServer(later=eventlet.spawn_after)
    broadcast.attach(chat)
    return chat, socketio.WSGIApp(chat.sio, django_app)


def run(listener: engine.Listener, django_app: Callable[..., Any], *, access_log: bool = False) -> None:
    """Serve until SIGTERM or SIGINT: then accept no more, finish what was begun, and send the clients away to come back."""
    chat, app = mount(django_app)
    site = engine.serve(
        listener,
        app,
        chat.sio,
        most_requests=settings.MAX_REQUESTS,
        access_log=_AccessLog() if access_log else None,
        log_format='%(client_ip)s "%(request_line)s" %(status_code)s %(body_length)s %(wall_seconds).3f',
    )
    engine.freeze()
    wait_for_signal(signal.SIGTERM, signal.SIGINT)
    log.info("stopping: no new connections, clients are sent to reconnect")
    site.stop(settings.STOP_TIMEOUT)
    log.info("stopped")


def wait_for_signal(*numbers: signal.Signals) -> None:
    """Return when one of the signals arrives; the next one of the same kind does what it always did.

    Python retries an interrupted poll, so the hub would not notice a mere handler before its next timer. A byte on a socket wakes it.
    """
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    waker = signal.set_wakeup_fd(pythons.fileno())
    try:
        while ours.recv(1)[0] not in numbers:
            pass
    finally:
        signal.set_wakeup_fd(waker)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        pythons.close()
