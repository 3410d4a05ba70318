"""The read mark: it moves up as a person reads, on whichever device, and back when they mark something unread; all their tabs follow.

Own messages are never unread. There are none above the mark, since posting reads the room, but where it was moved back: then they are counted,
once, in `own_above`, and uncounted as the mark passes them. Invariant: `own_above` is how many own messages of the log stand above the mark.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import allow, held
from rooms.actions.following import standing_to, unread_above
from rooms.models import Done, Membership, Message
from rooms.permissions import refusal_to_mark_unread, refusal_to_read


def read(user: User, slug: str, seq: int) -> dict[str, Any]:
    """Note that `user` has read the room up to `seq`; a mark never moves down, nor above the last message. Returns the mark. Raises ChatError."""
    with transaction.atomic():
        membership = Membership.objects.of(user).filter(room__slug=slug).select_for_update(of=("self",)).first()
        allow(refusal_to_read(membership.room if membership else None, membership))
        assert membership is not None
        mark = min(seq, membership.room.last_seq)
        if mark <= membership.last_read_seq:
            return payloads.read_mark(Membership.objects.with_unread().get(pk=membership.pk))
        own = membership.own_above and membership.own_above - Message.objects.own_standing(
            membership, membership.last_read_seq, mark
        )
        return _moved(membership, mark, own)


def unread(user: User, slug: str, seq: int, client_id: UUID | None = None) -> dict[str, Any]:
    """Mark the room unread from the message numbered `seq` on; if that is an answer, its thread, which is followed then. By a `client_id` once.

    Returns the mark; of a thread, how the person stands to it. Raises ChatError.
    """
    with transaction.atomic():
        room = held(user, slug, refusal_to_read)
        message = Message.objects.filter(room=room, seq=seq).first()
        allow(refusal_to_mark_unread(room, message))
        assert message is not None
        is_new = Done.objects.is_new(user, client_id)
        if message.thread:
            return (
                unread_above(user, room, message.thread, seq - 1) if is_new else standing_to(user, room, message.thread)
            )
        membership = Membership.objects.select_for_update().select_related("room").get(user=user, room=room)
        if not is_new:
            return payloads.read_mark(Membership.objects.with_unread().get(pk=membership.pk))
        mark = seq - 1
        return _moved(membership, mark, Message.objects.own_standing(membership, mark, room.last_seq))


def _moved(membership: Membership, mark: int, own_above: int) -> dict[str, Any]:
    """Store where the mark is now; on commit, all devices of the member hear it."""
    Membership.objects.filter(pk=membership.pk).update(last_read_seq=mark, own_above=own_above)
    now = payloads.read_mark(Membership.objects.with_unread().get(pk=membership.pk))
    data = {"type": "read", "room": membership.room.slug, **now}
    transaction.on_commit(lambda: broadcast.publish(broadcast.to_user(membership.user_id), data))
    return now
