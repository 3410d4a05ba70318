"""python-socketio on eventlet, with the ORM, as its documentation shows it. `python socketio_server.py PORT` with BENCH_DATABASE."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402

import django  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "board.settings")
django.setup()

import socketio  # noqa: E402
from board.models import Message, make_table, store  # noqa: E402
from django.db import close_old_connections  # noqa: E402

sio = socketio.Server(async_mode="eventlet", transports=["websocket"], http_compression=False)


@sio.event
def connect(sid, environ, auth):
    """Let everybody in, into the room that the cookie names; send what they missed."""
    room = re.search(r"room=([\w-]+)", environ["HTTP_COOKIE"])[1]
    sio.enter_room(sid, room)
    offset = (auth or {}).get("serverOffset", 0)
    for number, content in Message.objects.filter(room=room, pk__gt=offset).order_by("pk").values_list("pk", "content"):
        sio.emit("chat message", (content, number), to=sid)
    close_old_connections()


@sio.on("chat message")
def say(sid, room, content, client_offset):
    """Store, broadcast, acknowledge by returning."""
    number = store(room, content, client_offset)
    if number is not None:
        sio.emit("chat message", (content, number), to=room)
    close_old_connections()


if __name__ == "__main__":
    make_table()
    listener = eventlet.listen(("127.0.0.1", int(sys.argv[1])), backlog=4096)
    eventlet.wsgi.server(
        listener, socketio.WSGIApp(sio), log_output=False, debug=False, max_size=20_000, socket_timeout=None
    )
