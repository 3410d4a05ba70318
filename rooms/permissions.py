"""Who may do what. Each function answers with the refusal, or None where the thing is allowed; actions ask under the lock."""

from rooms.errors import Archived, ChatError, Forbidden, NotFound
from rooms.models import Membership, Message, Room

NO_ROOM = "room: there is no such room, or you are not in it"
NO_MESSAGE = "seq: there is no such message"


def refusal_to_read(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Members read. To others a room they are not in looks like none at all."""
    return NotFound(NO_ROOM, field="room") if room is None or membership is None else None


def refusal_to_post(room: Room | None, membership: Membership | None) -> ChatError | None:
    """Members post, while the room is not archived."""
    if refusal := refusal_to_read(room, membership):
        return refusal
    assert room is not None
    return Archived("room: this room is archived", field="room") if room.is_archived else None


def refusal_to_edit(message: Message | None, membership: Membership) -> ChatError | None:
    """One edits what one wrote oneself, as long as it stands."""
    if message is None or message.is_deleted:
        return NotFound(NO_MESSAGE, field="seq")
    if message.author_id != membership.user_id:
        return Forbidden("seq: only its author may edit a message", field="seq")
    return None


def refusal_to_delete(message: Message | None, membership: Membership) -> ChatError | None:
    """One deletes what one wrote; a moderator anything in the room."""
    if message is None or message.is_deleted:
        return NotFound(NO_MESSAGE, field="seq")
    if message.author_id != membership.user_id and membership.role != Membership.Role.MODERATOR:
        return Forbidden("seq: only its author or a moderator may delete a message", field="seq")
    return None


def refusal_to_react(message: Message | None, membership: Membership) -> ChatError | None:
    """Who may post may react to what stands."""
    return NotFound(NO_MESSAGE, field="seq") if message is None or message.is_deleted else None
