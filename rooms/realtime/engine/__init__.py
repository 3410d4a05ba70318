"""The engine: Socket.IO for thousands of clients in one thread. It knows sockets; it knows neither Django nor chat.

    sio = engine.make(cors_allowed_origins=[])          # a socketio.Server
    sio.on("message", handler)                          # runs in a worker; what it returns is the acknowledgement
    site = engine.serve(engine.listen("", 8000), socketio.WSGIApp(sio, application), sio)
    site.wait()

The path of a message:   transport (frames) -> connection (inbox) -> workers -> a handler -> server.emit -> fanout -> transport
The path of a request:   http -> server (Engine.IO) -> handshake -> transport, or long-polling as python-engineio does it
"""

from .batcher import Batcher
from .fanout import Fanout
from .later import Later
from .listening import adopt, listen, listen_at, remove
from .server import Server, make
from .serving import Site, freeze, serve

__all__ = [
    "Batcher",
    "Fanout",
    "Later",
    "Server",
    "Site",
    "adopt",
    "freeze",
    "listen",
    "listen_at",
    "make",
    "remove",
    "serve",
]
