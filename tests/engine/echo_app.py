"""A small Socket.IO server on the shipping engine, without Django: `python -m tests.engine.echo_app key=value ...`.

Prints the port it got. Options are those of `engine.make` as JSON, as they are named there; `site`, an object of those of `engine.serve`; `at`, the
path of a Unix socket by which it is served, too; `patience`, an object of other times (seconds) for those who do not go on: `join`, `probe`, `close`.
"""

import os

os.environ.setdefault("EVENTLET_IMPORT_VERSION_ONLY", "0")

import eventlet

eventlet.monkey_patch()

import gc  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import resource  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from collections import Counter  # noqa: E402
from pathlib import Path  # noqa: E402
from time import monotonic  # noqa: E402
from typing import Any  # noqa: E402

import socketio  # noqa: E402

from rooms.realtime import engine  # noqa: E402
from rooms.realtime.engine import connection, transport, upgrade  # noqa: E402

logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s %(message)s")
logging.getLogger("socketio").setLevel(logging.WARNING)
logging.getLogger("engineio").setLevel(logging.WARNING)

options: dict[str, Any] = {key: json.loads(value) for key, value in (each.split("=", 1) for each in sys.argv[1:])}
port = options.pop("port", 0)
of_site = options.pop("site", {})
at = options.pop("at", "")
patience = options.pop("patience", {})
connection.JOIN_TIMEOUT = patience.get("join", connection.JOIN_TIMEOUT)
upgrade.TIMEOUT = patience.get("probe", upgrade.TIMEOUT)
transport.CLOSE_TIMEOUT = patience.get("close", transport.CLOSE_TIMEOUT)
jobs: Counter[str] = Counter()
sio = engine.make(
    cors_allowed_origins="*",
    after_job=lambda: jobs.update(after_job=1),
    on_idle=lambda: jobs.update(on_idle=1),
    **options,
)
gone: list[list[str]] = []
site: engine.Site


@sio.on("connect")
def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> bool | None:
    auth = auth or {}
    if isinstance(auth, dict):
        if auth.get("refuse"):
            raise socketio.exceptions.ConnectionRefusedError("forbidden", {"code": "forbidden"})
        if auth.get("fail"):
            raise RuntimeError("as asked")
        if auth.get("large"):
            sio.emit("early", "x" * auth["large"], room=sid)
        if auth.get("slow"):
            sio.enter_room(sid, "all")
            sio.emit("early", "before the handler is done", room=sid)
            eventlet.sleep(auth["slow"])
    sio.save_session(sid, {"path": environ["PATH_INFO"]})
    sio.enter_room(sid, "all")
    return None


@sio.on("disconnect")
def disconnect(sid: str, reason: str) -> None:
    jobs["disconnect"] += 1
    gone.append([sid, reason, sio.get_session(sid).get("path", "")])
    sio.emit("left", reason, room="all", skip_sid=sid)


@sio.on("echo")
def echo(sid: str, *args: Any) -> Any:
    return args


@sio.on("nap")
def nap(sid: str, seconds: float, value: Any) -> Any:
    """Wait, then answer and tell everybody: overtaking would show."""
    eventlet.sleep(seconds)
    sio.emit("napped", value, room="all")
    return value


@sio.on("later")
def later(sid: str, seconds: float, value: Any) -> Any:
    """As `nap`, without a worker that waits."""
    answer = engine.Later()
    eventlet.spawn_after(seconds, answer.come, value)
    return answer


released = eventlet.Event()


@sio.on("hold")
def hold(sid: str) -> None:
    """Be busy until somebody says `release`."""
    released.wait()


@sio.on("release")
def release(sid: str) -> None:
    released.send()
    released.reset()


@sio.on("say")
def say(sid: str, value: Any) -> bool:
    sio.emit("said", value, room="all")
    return True


@sio.on("say_to_others")
def say_to_others(sid: str, value: Any) -> None:
    sio.emit("said", value, room="all", skip_sid=sid)


@sio.on("flood")
def flood(sid: str, count: int, size: int) -> int:
    """Send everyone in `all` a lot."""
    for number in range(count):
        sio.emit("flood", [number, "x" * size], room="all")
        eventlet.sleep(0)
    return count


@sio.on("join")
def join(sid: str, room: str) -> list[str]:
    sio.enter_room(sid, room)
    return sorted(sio.rooms(sid))


@sio.on("leave")
def leave(sid: str, room: str) -> list[str]:
    sio.leave_room(sid, room)
    return sorted(sio.rooms(sid))


@sio.on("close_room")
def close_room(sid: str, room: str) -> None:
    sio.close_room(room)


@sio.on("to")
def to(sid: str, room: str, value: Any) -> None:
    sio.emit("told", value, room=room)


@sio.on("measure")
def measure(sid: str, value: str) -> int:
    return len(value)


@sio.on("fail")
def fail(sid: str) -> None:
    raise RuntimeError("as asked")


@sio.on("ask")
def ask(sid: str, question: Any) -> None:
    sio.emit("question", question, room=sid, callback=lambda *answer: sio.emit("answer", list(answer), room=sid))


@sio.on("leave_me")
def leave_me(sid: str) -> None:
    sio.disconnect(sid)


@sio.on("session")
def session(sid: str) -> Any:
    return sio.get_session(sid)


def state() -> dict[str, Any]:
    """What the server holds: what a test asks for by GET /state."""
    gc.collect()
    hub = eventlet.hubs.get_hub()
    manager = sio.manager
    return {
        "requests": site.requests.running(),
        "sockets": len(sio.eio.sockets),
        "clients": sum(map(len, manager.clients.values())),
        "sids": sum(map(len, manager.sids.values())),
        "rooms": sum(map(len, manager.rooms.values())),
        "environs": len(sio.environ),
        "binary": len(sio.decoder.pending),
        "readers": len(hub.listeners["read"]),
        "writers": len(hub.listeners["write"]),
        "connections": sum(type(each).__name__ in ("Connection", "WebSocket", "Probe") for each in gc.get_objects()),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "workers": sio.pool.workers,
        "jobs": dict(jobs),
        "gone": gone[-50:],
        "rss_kb": int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024,
        "cpu": sum(os.times()[:2]),
    }


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/state":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(state()).encode()]
    if environ["PATH_INFO"] == "/error":
        raise RuntimeError("as asked")
    if environ["PATH_INFO"] == "/busy":
        jobs["busy"] += 1
        until = monotonic() + 0.02
        while monotonic() < until:
            pass
    if environ["PATH_INFO"] == "/length":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(len(environ["wsgi.input"].read())).encode()]
    if environ["PATH_INFO"] == "/slow":
        eventlet.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"plain"]


def main() -> None:
    global site
    listener = engine.listen("127.0.0.1", port)
    app = socketio.WSGIApp(sio, application)
    site = engine.serve(listener, app, sio, **of_site)
    if at:
        engine.serve(engine.listen_at(Path(at)), app, **of_site)
    ours, pythons = socket.socketpair()  # a mere handler would not wake the hub before its next timer
    pythons.setblocking(False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.set_wakeup_fd(pythons.fileno())
    engine.freeze()
    print(site.port, flush=True)
    ours.recv(1)
    site.stop()
    print("stopped", flush=True)


if __name__ == "__main__":
    main()
