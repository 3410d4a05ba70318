"""HTTP by a Unix socket, as a proxy on the same machine speaks it."""

import socket
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from tests.support.server import PATIENCE


def connected(path: Path) -> socket.socket:
    """A connection. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    sock.connect(str(path))
    return sock


def get(path: Path, page: str, **headers: str) -> tuple[HTTPResponse, str]:
    """The answer, and its text. `headers`: `X_Forwarded_For` is X-Forwarded-For."""
    connection = HTTPConnection("127.0.0.1", timeout=PATIENCE)
    connection.sock = connected(path)
    try:
        connection.request("GET", page, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()
