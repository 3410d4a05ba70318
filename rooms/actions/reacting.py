"""Reacting: an emoji more or less on a message, which thereby has a later version."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.actions.change import find, publish_message, stamp
from rooms.errors import Invalid, phrase
from rooms.models import Done, Message, Reaction
from rooms.permissions import refusal_to_react

MOST_KINDS = 50  # emoji on one message


def react(user: User, slug: str, seq: int, emoji: str, on: bool, client_id: UUID | None = None) -> Message:
    """Put `emoji` on the message for `user`, or take it away; twice is once, by a `client_id` whatever came since. Raises ChatError."""
    with transaction.atomic():
        room, message = find(user, slug, seq, refusal_to_react)
        mine = Reaction.objects.filter(message=message, user=user, emoji=emoji)
        if not Done.objects.is_new(user, client_id) or mine.exists() == on:
            return message
        if not on:
            mine.delete()
        elif _is_full(message, emoji):
            raise Invalid(
                phrase(_("%(most)s kinds are on this message already, no more fit"), most=MOST_KINDS), field="emoji"
            )
        else:
            Reaction.objects.create(message=message, user=user, emoji=emoji)
        stamp(room, message)
        message.save(update_fields=["version"])
        publish_message(room, message)
    return message


def _is_full(message: Message, emoji: str) -> bool:
    kinds = set(Reaction.objects.filter(message=message).values_list("emoji", flat=True).distinct())
    return emoji not in kinds and len(kinds) >= MOST_KINDS
