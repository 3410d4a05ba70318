"""Who is in which room, and what is said to all of them at once.

python-socketio's manager with two things changed. A broadcast is encoded and framed once, and the same bytes are appended to the
buffer of every member: a list append each, no call. And each client knows its rooms, so that its going costs as many steps as it had
rooms (BaseManager walks every room of the namespace: with ten thousand clients, ten thousand steps each); a client's own room, the
one with its sid for a name, is no room at all but a look-up.

Invariants: a sid is in `rooms[namespace][room]` exactly if `room` is in its Client's list; no empty room is kept. Nothing here waits,
so a broadcast is one step: all members see all broadcasts in one order.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from socketio import Manager

from rooms import meters

from .codec import Event
from .connection import Connection
from .outgoing import flusher

Namespace = str
Sid = str
SEVERAL = (list, tuple, set)  # what python-socketio takes for several rooms or clients
PENDING, JOINED, LEAVING = range(3)


class Client:
    """A Socket.IO client: a connection's presence in one namespace."""

    __slots__ = ("acks", "connection", "doomed", "last_ack", "rooms", "stage")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.rooms: list[str] = []
        self.stage = PENDING
        self.doomed = False  # disconnected while its connect handler ran
        self.acks: dict[int, Callable[..., Any]] | None = None  # callbacks that wait for its acknowledgement
        self.last_ack = 0


class Fanout(Manager):
    """`client_manager` for `socketio.Server`; in one process, or under a pub/sub manager that delivers by `super().emit`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients: dict[Namespace, dict[Sid, Client]] = {}
        self.rooms: dict[Namespace, dict[str, dict[Sid, Connection]]] = {}
        self.sids: dict[Namespace, dict[Sid, Sid]] = {}  # by the Engine.IO session's

    # --- saying

    def emit(
        self,
        event: str,
        data: Any,
        namespace: Namespace | None = None,
        room: Any = None,
        skip_sid: Any = None,
        callback: Callable[..., Any] | None = None,
        to: Any = None,
        **kwargs: Any,
    ) -> None:
        """Send an event to a client (its sid), a room, several rooms (a list), or everybody (None). Never waits."""
        namespace = namespace or "/"
        args = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        members = self._members(namespace, to or room)
        if skip_sid is not None:
            skipped = skip_sid if isinstance(skip_sid, SEVERAL) else (skip_sid,)
            members = {sid: connection for sid, connection in members.items() if sid not in skipped}
        meters.deliveries.value += len(members)
        if callback:
            for sid, connection in members.items():
                ack_id = self._generate_ack_id(sid, callback, namespace)
                connection.deliver(Event([event, *args], namespace, ack_id))
        elif members:
            broadcast(Event([event, *args], namespace), members.values())

    def _members(self, namespace: Namespace, room: Any) -> dict[Sid, Connection]:
        clients = self.clients.get(namespace, {})
        if room is None:
            return {sid: client.connection for sid, client in clients.items()}
        if isinstance(room, SEVERAL):
            union: dict[Sid, Connection] = {}
            for each in room:
                union.update(self._members(namespace, each))
            return union
        if room in clients:
            return {room: clients[room].connection}
        return self.rooms.get(namespace, {}).get(room, {})

    def _generate_ack_id(self, sid: Sid, callback: Callable[..., Any], namespace: Namespace = "/") -> int:
        client = self.clients.get(namespace, {}).get(sid)
        if client is None:  # another process has it
            return int(super()._generate_ack_id(sid, callback))
        client.last_ack += 1
        client.acks = client.acks or {}
        client.acks[client.last_ack] = callback
        return client.last_ack

    def trigger_callback(self, sid: Sid, id: int, data: Any, namespace: Namespace = "/") -> None:
        client = self.clients.get(namespace, {}).get(sid)
        callback = client.acks.pop(id, None) if client and client.acks else None
        if callback is None and client is None and id:
            callback = self.callbacks.get(sid, {}).pop(id, None)
        if callback:
            callback(*data)

    # --- coming and going

    def pre_connect(self, eio_sid: Sid, namespace: Namespace) -> Sid | None:
        """Register a client whose connect handler is about to run; None if it is there already, or gone by now."""
        connection = self.server.eio.sockets.get(eio_sid)
        if connection is None or eio_sid in self.sids.get(namespace, {}):
            return None
        sid: Sid = self.server.eio.generate_id()
        self.clients.setdefault(namespace, {})[sid] = Client(connection)
        self.sids.setdefault(namespace, {})[eio_sid] = sid
        return sid

    def connect(self, sid: Sid, namespace: Namespace) -> Sid | None:
        if not self.is_pre_connected(sid, namespace):
            return None
        self.clients[namespace][sid].stage = JOINED
        return sid

    def pre_disconnect(self, sid: Sid, namespace: Namespace) -> Sid:
        client = self.clients[namespace][sid]
        client.stage = LEAVING
        return str(client.connection.sid)

    def basic_disconnect(self, sid: Sid, namespace: Namespace, **kwargs: Any) -> None:
        clients = self.clients.get(namespace, {})
        client = clients.get(sid)
        if client is None:
            return
        for room in client.rooms[:]:
            self.basic_leave_room(sid, namespace, room)
        del clients[sid]
        self.sids[namespace].pop(client.connection.sid, None)

    def doom(self, sid: Sid, namespace: Namespace) -> None:
        """Have a client that is still in its connect handler refused when that is done."""
        client = self.clients.get(namespace, {}).get(sid)
        if client and client.stage == PENDING:
            client.doomed = True

    def is_doomed(self, sid: Sid, namespace: Namespace) -> bool:
        client = self.clients.get(namespace, {}).get(sid)
        return client is None or client.doomed

    # --- rooms

    def basic_enter_room(self, sid: Sid, namespace: Namespace, room: str, eio_sid: Sid | None = None) -> None:
        clients = self.clients.get(namespace, {})
        client = clients.get(sid)
        if client is None:
            raise ValueError("sid is not connected to requested namespace")
        if room == sid:
            return
        if room in clients:
            raise ValueError("cannot enter a sid room")
        members = self.rooms.setdefault(namespace, {}).setdefault(room, {})
        if sid not in members:
            members[sid] = client.connection
            client.rooms.append(room)

    def basic_leave_room(self, sid: Sid, namespace: Namespace, room: str) -> None:
        rooms = self.rooms.get(namespace, {})
        members = rooms.get(room)
        if members and members.pop(sid, None):
            self.clients[namespace][sid].rooms.remove(room)
            if not members:
                del rooms[room]

    def is_sid_room(self, namespace: Namespace, room: str) -> bool:
        return room in self.clients.get(namespace, {})

    # --- asking

    def get_namespaces(self) -> Iterable[Namespace]:
        return self.clients.keys()

    def get_participants(self, namespace: Namespace, room: Any) -> Iterator[tuple[Sid, Sid]]:
        """Yield the sid and the Engine.IO sid of each member; the room may change meanwhile."""
        yield from [(sid, connection.sid) for sid, connection in self._members(namespace, room).items()]

    def count(self, room: str, namespace: Namespace = "/") -> int:
        """Return how many clients are in a room here."""
        return len(self._members(namespace, room))

    def get_rooms(self, sid: Sid, namespace: Namespace) -> list[str]:
        client = self.clients.get(namespace, {}).get(sid)
        return [sid, *client.rooms] if client else []

    def is_pre_connected(self, sid: Sid, namespace: Namespace) -> bool:
        return self._stage(sid, namespace) == PENDING

    def is_connected(self, sid: Sid, namespace: Namespace) -> bool:
        return self._stage(sid, namespace) == JOINED

    def _stage(self, sid: Sid, namespace: Namespace) -> int | None:
        client = self.clients.get(namespace, {}).get(sid)
        return client.stage if client else None

    def sid_from_eio_sid(self, eio_sid: Sid, namespace: Namespace) -> Sid | None:
        return self.sids.get(namespace, {}).get(eio_sid)

    def eio_sid_from_sid(self, sid: Sid, namespace: Namespace) -> Sid | None:
        client = self.clients.get(namespace, {}).get(sid)
        return str(client.connection.sid) if client else None


def broadcast(event: Event, connections: Iterable[Connection]) -> None:
    """Append the event to the buffer of each connection. The hot path: 500 members take it some 30 microseconds."""
    if len(event.frames) > 1:
        for connection in connections:
            connection.deliver(event)
        return
    frame, dirty = event.frames[0], flusher.dirty
    for connection in connections:
        out = connection.out
        if out is None:
            connection.deliver(event)
        elif out:
            out.append(frame)
        else:
            out.append(frame)
            dirty.append(connection.websocket)
    flusher.schedule()
