"""The read mark: it moves up as a person reads, on whichever device, and all their tabs follow."""

from typing import Any

from django.db import transaction

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import allow
from rooms.models import Membership
from rooms.permissions import refusal_to_read


def read(user: User, slug: str, seq: int) -> dict[str, Any]:
    """Note that `user` has read the room up to `seq`; a mark never moves down, nor above the last message. Returns the mark. Raises ChatError."""
    with transaction.atomic():
        membership = Membership.objects.of(user).filter(room__slug=slug).select_for_update(of=("self",)).first()
        allow(refusal_to_read(membership.room if membership else None, membership))
        assert membership is not None
        mark = min(seq, membership.room.last_seq)
        if mark > membership.last_read_seq:
            Membership.objects.filter(pk=membership.pk).update(last_read_seq=mark)
        now = payloads.read_mark(Membership.objects.with_unread().get(pk=membership.pk))
        if mark > membership.last_read_seq:
            data = {"type": "read", "room": slug, **now}
            transaction.on_commit(lambda: broadcast.publish(broadcast.to_user(user.pk), data))
    return now
