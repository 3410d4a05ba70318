"""Editing and deleting: the same message, a later version."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from rooms.actions.change import find, publish_message, stamp
from rooms.formatting import render
from rooms.models import Message, Reaction, Room
from rooms.permissions import refusal_to_delete, refusal_to_edit


def edit(user: User, slug: str, seq: int, body: str) -> Message:
    """Give the message a new body (one that has been through `schemas.clean_body`). Raises ChatError."""
    html = render(body)
    with transaction.atomic():
        room, message = find(user, slug, seq, refusal_to_edit)
        if message.body == body:
            return message
        quoted = message.excerpt()
        message.body, message.html, message.edited_at = body, html, timezone.now()
        stamp(room, message)
        message.save(update_fields=["body", "html", "edited_at", "version"])
        publish_message(room, message)
        if message.excerpt() != quoted:
            _quote_anew(room, message)
    return message


def delete(user: User, slug: str, seq: int, reason: str = "") -> Message:
    """Take the body away; the number and the author stay. Raises ChatError."""
    with transaction.atomic():
        room, message = find(user, slug, seq, refusal_to_delete)
        _erase(room, message, user, reason)
    return message


def delete_as_admin(admin: User, messages: list[Message], reason: str = "") -> int:
    """Delete messages of any room, as the admin site does; return how many were still standing."""
    deleted = 0
    with transaction.atomic():
        rooms = {room.pk: room for room in Room.objects.locked({message.room.slug for message in messages}).values()}
        for each in sorted(
            messages, key=lambda message: (message.room_id, message.seq)
        ):  # what is quoted before its answers
            message = Message.objects.at(rooms[each.room_id], each.seq)
            if message and not message.is_deleted:
                _erase(rooms[each.room_id], message, admin, reason)
                deleted += 1
    return deleted


def _erase(room: Room, message: Message, by: User, reason: str) -> None:
    message.body = message.html = ""
    message.deleted_at, message.deleted_by, message.delete_reason = timezone.now(), by, reason
    Reaction.objects.filter(message=message).delete()
    stamp(room, message)
    message.save(update_fields=["body", "html", "deleted_at", "deleted_by", "delete_reason", "version"])
    publish_message(room, message)
    _quote_anew(room, message)


def _quote_anew(room: Room, parent: Message) -> None:
    """The answers to `parent` quote it: each has changed with it, and is sent again. What was deleted stands nowhere."""
    answers = list(Message.objects.whole().filter(room=room, reply_to=parent).order_by("seq"))
    for answer in answers:
        room.version += 1
        answer.version = room.version
        publish_message(room, answer)
    if answers:
        Message.objects.bulk_update(answers, ["version"], batch_size=500)
        room.save(update_fields=["version"])
