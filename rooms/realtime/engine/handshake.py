"""The opening handshake of a WebSocket (RFC 6455, section 4.2), and the way a socket leaves the WSGI server.

Invariant: either the request is answered as plain HTTP and its socket stays where it was, or the socket is ours alone.
"""

import base64
import binascii
from _socket import socket
from hashlib import sha1
from typing import Any

Environ = dict[str, Any]
DETACH = "engine.detach"  # the WSGI environment's key under which `http.Protocol` leaves the way out
VERSION = "Sec-WebSocket-Version", "13"  # a header: what may be asked for instead of what was refused

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)


class Refused(Exception):
    """Not a handshake that we can answer; the message says why."""


def accept(environ: Environ) -> bytes:
    """Return the whole answer to a good handshake. Raises Refused."""
    if "websocket" not in _tokens(environ, "HTTP_UPGRADE") or "upgrade" not in _tokens(environ, "HTTP_CONNECTION"):
        raise Refused("not a WebSocket handshake")
    if environ.get("REQUEST_METHOD") != "GET":
        raise Refused("a handshake is a GET")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != VERSION[1]:
        raise Refused("WebSocket version 13 only")
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip().encode("latin-1")
    try:
        nonce = base64.b64decode(key, validate=True)
    except binascii.Error:
        nonce = b""
    if len(nonce) != 16:
        raise Refused("Sec-WebSocket-Key is not 16 bytes in base64")
    if DETACH not in environ:
        raise Refused("not served by engine.http")
    return _ANSWER % base64.b64encode(sha1(key + _MAGIC).digest())


def detach(environ: Environ) -> tuple[socket, bytes]:
    """Take the socket away from the WSGI server; return it with the bytes that were read beyond the request.

    The WSGI application's answer is ignored from here on.
    """
    taken: tuple[socket, bytes] = environ[DETACH]()
    return taken


def _tokens(environ: Environ, name: str) -> list[str]:
    return [token.strip().lower() for token in environ.get(name, "").split(",")]
