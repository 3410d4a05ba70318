"""Involvement: what a member wants to be told of in a room. Their own affair: no change of the room, and only their own tabs hear of it."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import allow
from rooms.models import Done, Membership
from rooms.permissions import refusal_to_read


def involve(user: User, slug: str, involvement: str, client_id: UUID | None = None) -> dict[str, Any]:
    """Set what `user` is told of in the room (a `Membership.Involvement`); by a `client_id` once, whatever came since.

    Returns what they are and may do there. Raises ChatError.
    """
    with transaction.atomic():
        membership = Membership.objects.of(user).filter(room__slug=slug).select_for_update(of=("self",)).first()
        allow(refusal_to_read(membership.room if membership else None, membership))
        assert membership is not None
        if Done.objects.is_new(user, client_id) and membership.involvement != involvement:
            membership.involvement = involvement
            membership.save(update_fields=["involvement"])
            data = {"type": "room", "room": slug, **payloads.standing(membership)}
            transaction.on_commit(lambda: broadcast.publish(broadcast.to_user(user.pk), data))
    return payloads.standing(membership)
