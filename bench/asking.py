"""The client of the history case: `python -m bench.asking PORT COOKIES TIMES` asks each thing TIMES times and prints percentiles as JSON.

Requests go out one at a time; people take turns, so that nobody comes near a rate limit. What goes over a socket is told less the median of a
packet that the server refuses at sight: the way there and back, and this client. (What HTTP takes in the server, the server's own log says.)
"""

import http.client
import json
import random
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from websocket import WebSocket, create_connection

from bench.tools import percentiles

ROOM = "lobby"
BEHIND = 100  # changes that `sync` is asked for


def main(port: int, cookies: list[str], times: int) -> None:
    """Measure and print."""
    random.seed(1)
    turns = cycle(cookies)
    web = http.client.HTTPConnection("127.0.0.1", port)

    def get(path: str) -> bytes:
        web.request("GET", path, headers={"Cookie": next(turns)})
        answer = web.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
        return body

    api = f"/api/rooms/{ROOM}/messages/"
    newest = json.loads(get(api))
    last, version = newest["messages"][-1]["seq"], newest["version"]
    everybody = [enter(port, cookie) for cookie in cookies]
    sockets = cycle(everybody)

    def sync() -> None:
        ws = next(sockets)
        ws.send(f'421["sync",{{"rooms":{{"{ROOM}":{version - BEHIND}}}}}]')
        answer = json.loads(until(ws, "431")[3:])[0]
        if len(answer["rooms"][ROOM]["messages"]) != BEHIND:
            raise SystemExit(f"sync: {answer}")

    def refused() -> None:
        ws = next(sockets)
        ws.send('422["sync",{"rooms":1}]')
        until(ws, "432")

    for _ in everybody:
        sync()  # each has first to read who else came into their 200 rooms
    way = sorted(timed(refused) for _ in range(times))[times // 2]
    found = {
        "sync": percentiles([timed(sync) - way for _ in range(times)])
    }  # first: nobody answers these sockets' pings later
    asked: dict[str, Callable[[], Any]] = {
        "newest": lambda: get(api),
        "middle": lambda: get(f"{api}?before={random.randint(last // 4, last * 3 // 4)}"),
        "around": lambda: get(f"{api}?around={random.randint(100, last - 100)}"),
        "html": lambda: get(f"/rooms/{ROOM}/"),
    }
    found |= {name: percentiles([timed(call) for _ in range(times)]) for name, call in asked.items()}
    found["rooms"] = percentiles([entered(port, next(turns)) - way for _ in range(times)])
    print(json.dumps({"way_ms": round(way * 1e3, 3), **found}))


def timed(call: Callable[[], Any]) -> float:
    """Seconds that `call` takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def connect(port: int, cookie: str) -> WebSocket:
    """A WebSocket on which Engine.IO is open and Socket.IO is not."""
    ws = create_connection(
        f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
        cookie=cookie,
        origin=f"http://127.0.0.1:{port}",
        timeout=20,
        skip_utf8_validation=True,  # in pure Python, that would be most of what is measured
    )
    until(ws, "0{")
    return ws


def enter(port: int, cookie: str) -> WebSocket:
    """A connected client."""
    ws = connect(port, cookie)
    ws.send("40")
    until(ws, '42["data",{"type":"hello"')
    return ws


def entered(port: int, cookie: str) -> float:
    """Seconds from Socket.IO's connect to `hello`, which has the list of rooms."""
    ws = connect(port, cookie)

    def hail() -> None:
        ws.send("40")
        until(ws, '42["data",{"type":"hello"')

    seconds = timed(hail)
    ws.close()
    return seconds


def until(ws: WebSocket, prefix: str) -> str:
    """The next packet that begins so; those before it are answered or dropped."""
    while not (packet := str(ws.recv())).startswith(prefix):
        if packet == "2":
            ws.send("3")
        elif packet.startswith("44"):
            raise SystemExit(f"refused: {packet}")
    return packet


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_text().split("\n")[:-1], int(sys.argv[3]))
