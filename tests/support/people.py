"""A person of a running site, as a test drives them: a cookie, pages and the API over HTTP, a Socket.IO client that remembers what it heard."""

import secrets
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import engineio
import requests
import socketio

JSON = dict[str, Any]
PATIENCE = 30.0  # seconds to wait for an event or an answer
WEBSOCKET, POLLING, UPGRADE = ["websocket"], ["polling"], ["polling", "websocket"]


@dataclass
class Person:
    """Somebody with an account. `session` is the key of their signed-in session."""

    url: str
    id: int
    handle: str
    name: str
    session: str
    web: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.web = web(self.session)

    @property
    def brief(self) -> JSON:
        """As others see them."""
        return {"id": self.id, "handle": self.handle, "name": self.name}

    @property
    def cookie(self) -> str:
        """The value of the Cookie header."""
        return f"sessionid={self.session}"

    @property
    def browser_cookie(self) -> JSON:
        """As Playwright's `context.add_cookies` takes it."""
        return {"name": "sessionid", "value": self.session, "url": self.url}

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET a page; redirects are not followed."""
        return self.web.get(self.url + path, timeout=PATIENCE, **{"allow_redirects": False} | options)

    def post(self, path: str, **options: Any) -> requests.Response:
        """POST a form (`data`) or an object (`json`) with the CSRF token that belongs to it; redirects are not followed."""
        return self.web.post(self.url + path, timeout=PATIENCE, **{"allow_redirects": False} | options)

    def attach(self, room: str, name: str, data: bytes) -> str:
        """Send a file ahead of its message; return its id."""
        answer = self.post(f"/api/rooms/{room}/attachments/", files={"file": (name, data)}).json()
        assert answer["ok"], answer
        return str(answer["attachment"]["id"])

    def client(self, transports: list[str] | None = None) -> "Client":
        """A Socket.IO client with this person's cookie, connected."""
        return Client(self.url, self.cookie, transports).connect()


def web(session: str = "") -> requests.Session:
    """A browser's worth of HTTP: the session's cookie, and a CSRF token of its own making."""
    browser, token = requests.Session(), secrets.token_hex(16)
    browser.cookies.set("csrftoken", token, domain="127.0.0.1")
    browser.headers["X-CSRFToken"] = token
    if session:
        browser.cookies.set("sessionid", session, domain="127.0.0.1")
    return browser


class InTurn(engineio.Client):
    """Hears packets in the order they came. python-engineio starts a thread for each, and under load these overtake each other."""

    _before: threading.Thread | None = None

    def _trigger_event(self, event: str, *args: Any, run_async: bool = False, **options: Any) -> Any:
        if not run_async:
            return super()._trigger_event(event, *args, **options)
        before, handler = self._before, self.handlers[event]

        def in_turn() -> None:
            if before:
                before.join()
            handler(*args)

        self._before = self.start_background_task(in_turn)
        return self._before

    def wait_for_last(self) -> None:
        """Wait until all that came has been handled."""
        if self._before:
            self._before.join(PATIENCE)


class SocketIO(socketio.Client):
    """python-socketio's client on that."""

    def _engineio_client_class(self) -> type[engineio.Client]:
        return InTurn


class Client:
    """python-socketio's client; `heard` holds every `data` event in order, `expect` waits for one."""

    def __init__(self, url: str, cookie: str = "", transports: list[str] | None = None) -> None:
        self.heard: list[JSON] = []
        self.refusal: Any = None
        self.ended = threading.Event()
        self._url, self._cookie, self._transports = url, cookie, transports or WEBSOCKET
        self._seen = 0
        self._news = threading.Condition()
        self.sio = SocketIO(reconnection=False)
        self.sio.on("data", self._hear)
        self.sio.on("connect_error", self._refused)
        self.sio.on("disconnect", self._gone)
        # Who is let go at once may not hear "disconnect": python-socketio tells of it only when `connect` has returned.
        self.sio.eio.on("disconnect", self._closed)

    def connect(self) -> Self:
        """Connect and wait for the confirmation. Raises socketio.exceptions.ConnectionError where one is refused."""
        headers = {"Cookie": self._cookie} if self._cookie else {}
        self.sio.connect(self._url, headers=headers, transports=self._transports, wait_timeout=PATIENCE)
        return self

    def hello(self) -> JSON:
        """Wait for the greeting."""
        return self.expect("hello")

    def ask(self, event: str, *args: Any) -> Any:
        """Emit an event; return its acknowledgement."""
        return self.sio.call(event, args if len(args) != 1 else args[0], timeout=PATIENCE)

    def expect(self, type: str, **fields: Any) -> JSON:
        """Wait for the next `data` event of this type that has these fields; what comes before it is passed over."""

        def find() -> JSON | None:
            for n, data in enumerate(self.heard[self._seen :], self._seen + 1):
                if data["type"] == type and fields.items() <= data.items():
                    self._seen = n
                    return data
            return None

        with self._news:
            found = self._news.wait_for(find, PATIENCE)
        assert found, f"never heard {type} {fields}; after {self._seen} events: {self.heard[self._seen :]}"
        return found

    def fence(self) -> None:
        """When this returns, whatever the server sent before is in `heard`: answers come in order."""
        self.ask("sync", {"rooms": {}})

    def all(self, type: str, **fields: Any) -> list[JSON]:
        """All that was heard of this type, with these fields."""
        return [data for data in self.heard if data["type"] == type and fields.items() <= data.items()]

    def wait_for_end(self) -> None:
        """Wait until the server has closed the connection, and what it said before is in `heard`."""
        assert self.ended.wait(PATIENCE), "still connected"
        self.sio.eio.wait_for_last()

    def close(self) -> None:
        """Disconnect."""
        self.sio.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hear(self, data: JSON) -> None:
        with self._news:
            self.heard.append(data)
            self._news.notify_all()

    def _refused(self, data: Any = None) -> None:
        self.refusal = data

    def _gone(self, reason: Any = None) -> None:
        self.ended.set()

    def _closed(self, reason: Any = None) -> None:
        self.sio._handle_eio_disconnect(reason)
        self.ended.set()
