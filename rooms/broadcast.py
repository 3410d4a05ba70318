"""The port through which changes leave: `publish`, `grant`, `revoke`. Actions call it after their commit and know nothing of sockets. They ask it one
thing, who is `present`.

The server puts its carrier here when it starts; a test puts a `Recorder`; a process that serves nobody leaves `Nobody` in place.
"""

from typing import Any, Protocol

JSON = dict[str, Any]


class Carrier(Protocol):
    """What carries changes to the people who are connected."""

    def publish(self, to: str, data: JSON) -> None:
        """Send `data` to everyone in `to`: `room:<id>`, `user:<id>`."""

    def grant(self, user_id: int, room_id: int, slug: str) -> None:
        """Let the user's sockets hear the room."""

    def revoke(self, user_id: int, room_id: int, slug: str) -> None:
        """Take the user's sockets out of the room."""

    def present(self, room_id: int) -> set[int]:
        """Return the ids of the people of a room who are online."""
        ...

    def refresh(self, user: Any) -> None:
        """Let the user's sockets speak under their present name."""

    def expel(self, target: str, but: str = "") -> None:
        """Disconnect every socket of `user:<id>` or `session:<key>`, but those of the session `but`."""

    def renew(self, target: str) -> None:
        """Let the sockets of `session:<key>` go in a moment: who may still come in comes back."""


class Nobody:
    """Carries nothing: nobody is connected to this process."""

    def publish(self, to: str, data: JSON) -> None: ...
    def grant(self, user_id: int, room_id: int, slug: str) -> None: ...
    def revoke(self, user_id: int, room_id: int, slug: str) -> None: ...
    def present(self, room_id: int) -> set[int]:
        return set()

    def refresh(self, user: Any) -> None: ...
    def expel(self, target: str, but: str = "") -> None: ...
    def renew(self, target: str) -> None: ...


_carrier: Carrier = Nobody()


def attach(carrier: Carrier) -> Carrier:
    """Let `carrier` carry from now on; return the one before."""
    global _carrier
    before, _carrier = _carrier, carrier
    return before


def to_room(room_id: int) -> str:
    """The address of everyone in a room."""
    return f"room:{room_id}"


def to_user(user_id: int) -> str:
    """The address of all the tabs and devices of a person."""
    return f"user:{user_id}"


def to_session(session_key: str) -> str:
    """The address of the tabs of one signed-in session."""
    return f"session:{session_key}"


def publish(to: str, data: JSON) -> None:
    """Send `data` (an object with a `type`) as one `data` event."""
    _carrier.publish(to, data)


def grant(user_id: int, room_id: int, slug: str) -> None:
    """Somebody became a member: their sockets hear the room from now on."""
    _carrier.grant(user_id, room_id, slug)


def revoke(user_id: int, room_id: int, slug: str) -> None:
    """Somebody is no longer a member: their sockets hear nothing more of the room."""
    _carrier.revoke(user_id, room_id, slug)


def present(room_id: int) -> set[int]:
    """Return the ids of the people of a room who are online."""
    return _carrier.present(room_id)


def refresh(user: Any) -> None:
    """Somebody changed their name or handle."""
    _carrier.refresh(user)


def expel(target: str, but: str = "") -> None:
    """Somebody is no longer signed in: their sockets are told so and closed, but those of the session `but`, which goes on."""
    _carrier.expel(target, but)


def renew(target: str) -> None:
    """A session goes on under another key: its sockets shall show that they have it."""
    _carrier.renew(target)
