"""Saving a message for oneself: no change of the room, and only one's own tabs hear of it."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms import broadcast
from rooms.actions.change import allow
from rooms.errors import Invalid, phrase
from rooms.models import Done, Membership, Message, Saved
from rooms.permissions import refusal_to_read, refusal_to_save

MOST_SAVED = 1000  # messages of one person


def save(user: User, slug: str, seq: int, on: bool, client_id: UUID | None = None) -> bool:
    """Put the message aside for `user`, or away again; twice is once, by a `client_id` whatever came since. Returns which holds now.

    What was saved and is deleted may be put away. Raises ChatError.
    """
    with transaction.atomic():
        membership = Membership.objects.of(user).filter(room__slug=slug).select_for_update(of=("self",)).first()
        allow(refusal_to_read(membership.room if membership else None, membership))
        assert membership is not None
        message = Message.objects.at(membership.room, seq)
        allow(refusal_to_save(message, on))
        assert message is not None
        mine = Saved.objects.filter(user=user, message=message)
        holds = mine.exists()
        if not Done.objects.is_new(user, client_id) or holds == on:
            return holds
        if not on:
            mine.delete()
        elif Saved.objects.filter(user=user).count() >= MOST_SAVED:
            words = _("you have saved %(most)s messages, no more fit; put some away first")
            raise Invalid(phrase(words, most=MOST_SAVED), field="seq")
        else:
            Saved.objects.create(user=user, message=message, room=membership.room, seq=seq)
        data = {"type": "saved", "room": slug, "seq": seq, "on": on}
        transaction.on_commit(lambda: broadcast.publish(broadcast.to_user(user.pk), data))
    return on
