"""The common shape of a change: lock the room, number the change, stamp the message, publish after the commit.

Invariant: `seq` and `version` are taken only here and in `posting`, under the lock of the room's row, in the transaction that writes the message.
"""

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from accounts.models.standing import admitted
from rooms import broadcast, payloads
from rooms.errors import ChatError
from rooms.models import Membership, Message, Room
from rooms.permissions import refusal_to_post

Refusal = Callable[[Message | None, Membership], ChatError | None]
RoomRefusal = Callable[[Room | None, Membership | None], ChatError | None]


def publish_message(room: Room, message: Message) -> None:
    """Tell the room of the message's present state, once the transaction has committed."""
    to, data = broadcast.to_room(room.pk), news_of(room, message)
    transaction.on_commit(lambda: broadcast.publish(to, data))


def news_of(room: Room, message: Message) -> payloads.JSON:
    """What the room is told of a message: its full present state."""
    return {"type": "message", "room": room.slug, "version": message.version, "message": payloads.message(message)}


def lock_room(slug: str) -> Room | None:
    """Lock and return the room with this address."""
    return Room.objects.locked([slug]).get(slug)


def held(user: User, slug: str, refusal: RoomRefusal) -> Room:
    """Lock and return the room, if this person may do this with it. Raises ChatError."""
    room = lock_room(slug)
    allow(refusal(room, membership_of(user.pk, room)))
    assert room is not None
    return room


def find(
    user: User, slug: str, seq: int, refusal: Refusal, *, in_room: RoomRefusal = refusal_to_post
) -> tuple[Room, Message]:
    """Lock the room; return it with the message, if this person may do this to it, and `in_room`. Raises ChatError."""
    room = lock_room(slug)
    membership = membership_of(user.pk, room)
    allow(in_room(room, membership))
    assert room is not None and membership is not None
    message = Message.objects.at(room, seq)
    allow(refusal(message, membership))
    assert message is not None
    return room, message


def stamp(room: Room, message: Message) -> None:
    """Give `message` the next version of its (locked) room. The caller saves the message."""
    room.version += 1
    message.version = room.version
    room.save(update_fields=["version"])


def membership_of(user_id: int, room: Room | None) -> Membership | None:
    """The membership of an active person in `room`."""
    if room is None:
        return None
    return Membership.objects.filter(admitted("user__"), user_id=user_id, room=room).first()


def allow(refusal: ChatError | None) -> None:
    """Raise `refusal` if there is one."""
    if refusal is not None:
        raise refusal
