"""What a person sees at a glance: their rooms, each with its unread count. One query, however many rooms."""

from typing import Any

from accounts.models import User
from rooms import payloads
from rooms.models import Membership


def rooms_of(user: User) -> list[dict[str, Any]]:
    """Return the rooms of `user` as payloads, archived ones last, then by name."""
    shown = [payloads.room_of(membership) for membership in Membership.objects.standing(user)]
    return sorted(shown, key=lambda room: (room["archived"], not room["is_default"], room["name"].casefold()))
