"""What a person sees at a glance: their rooms, each with its unread count.

One query, and one for the people of direct conversations, however many rooms, and however many people ask at once.
"""

from collections.abc import Collection
from typing import Any

from accounts.models import User
from accounts.names import collated
from rooms import payloads
from rooms.models import Membership

JSON = dict[str, Any]


def rooms_of(user: User) -> list[JSON]:
    """Return the rooms of `user` as payloads, direct conversations after the others, archived ones last, then by name, as people count."""
    return rooms_of_all([user.pk])[user.pk]


def rooms_of_all(users: Collection[int]) -> dict[int, list[JSON]]:
    """The same for many people, by their ids."""
    shown: dict[int, list[JSON]] = {user: [] for user in users}
    for seat in Membership.objects.seats(users):
        shown[seat.user_id].append(payloads.room_of(seat))
    for rooms in shown.values():
        rooms.sort(key=order)
    return shown


def order(room: JSON) -> tuple[Any, ...]:
    """What to sort rooms by (core/unread.js has the same)."""
    return room["kind"] == "direct", room["archived"], not room["is_default"], collated(room["name"])
