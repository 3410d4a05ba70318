"""A bare WebSocket echo through the transport that ships: `python -m tests.conformance.echo_server PORT`.

No Socket.IO: what is under test is RFC 6455 alone, with larger messages (32 MiB) than the site allows.
"""

import warnings

warnings.simplefilter("ignore")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[2]))

from rooms.realtime import engine  # noqa: E402
from rooms.realtime.engine import frames, handshake  # noqa: E402
from rooms.realtime.engine.transport import WebSocket  # noqa: E402

LIMIT = 32 * 1024 * 1024


class Echo:
    """Sends back what comes."""

    websocket: WebSocket

    def on_message(self, data: str | bytes) -> None:
        if isinstance(data, str):
            self.websocket.send(frames.encode(frames.TEXT, data.encode()))
        else:
            self.websocket.send(frames.encode(frames.BINARY, data))

    def on_flow(self, out: list[Any] | None) -> None:
        pass

    def on_close(self, code: int, reason: str) -> None:
        pass


def application(environ: dict[str, Any], start_response: Any) -> Any:
    try:
        answer = handshake.accept(environ)
    except handshake.Refused as refused:
        start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Sec-WebSocket-Version", "13")])
        return [str(refused).encode()]
    sock, early = handshake.detach(environ)
    owner = Echo()
    owner.websocket = WebSocket(sock, owner, limit=LIMIT, bound=2 * LIMIT)
    owner.websocket.send(answer)
    owner.websocket.start(early)
    return ()


if __name__ == "__main__":
    site = engine.serve(engine.listen("127.0.0.1", int(sys.argv[1])), application)
    print(site.port, flush=True)
    site.wait()
