"""What is kept at hand in a room, by all of it (pinned) and by oneself (saved); and how many are in it. All that its page asks for, in one query."""

from dataclasses import dataclass, field

from accounts.models import User
from rooms.models import Membership, Message, Saved, rows


@dataclass(slots=True)
class Kept:
    """The numbers of messages, and how many people there are in the room."""

    people: int = 0
    pinned: list[int] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)


def kept(membership: Membership) -> Kept:
    """Return what is kept in the room of `membership`, as its member sees it."""
    said, saved, people = Message._meta.db_table, Saved._meta.db_table, User._meta.db_table
    parts = [
        f"WHERE room_id = %s AND EXISTS (SELECT 1 FROM {people} WHERE {people}.id = user_id AND is_active)",
        f"UNION ALL SELECT 1, seq FROM {said} WHERE room_id = %s AND pinned_at IS NOT NULL",
        f"UNION ALL SELECT 2, seq FROM {saved} WHERE user_id = %s AND room_id = %s",
    ]
    room = membership.room_id
    found = Kept()
    for kind, number in rows.values(Membership, "0, COUNT(*)", " ".join(parts), [room, room, membership.user_id, room]):
        if kind == 0:
            found.people = number
        else:
            (found.pinned if kind == 1 else found.saved).append(number)
    return found
