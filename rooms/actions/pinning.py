"""Pinning: a message that the whole room keeps at hand. It is a change of the message; what is deleted is no longer pinned."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.actions.change import find, publish_message, stamp
from rooms.errors import Invalid, phrase
from rooms.models import Done, Message
from rooms.permissions import refusal_to_pin

MOST_PINS = 100  # in a room


def pin(user: User, slug: str, seq: int, on: bool, client_id: UUID | None = None) -> Message:
    """Pin the message, or take it off; twice is once, and keeps who was first; by a `client_id` whatever came since. Raises ChatError."""
    with transaction.atomic():
        room, message = find(user, slug, seq, refusal_to_pin)
        if not Done.objects.is_new(user, client_id) or (message.pinned_at is not None) == on:
            return message
        if on and len(Message.objects.pinned_seqs(room)) >= MOST_PINS:
            words = _("%(most)s messages are pinned in this room, no more fit; unpin one first")
            raise Invalid(phrase(words, most=MOST_PINS), field="seq")
        message.pinned_at, message.pinned_by = (timezone.now(), user) if on else (None, None)
        stamp(room, message)
        message.save(update_fields=["pinned_at", "pinned_by", "version"])
        publish_message(room, message)
    return message
