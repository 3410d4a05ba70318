"""Editing and deleting: the same message, a later version. What an edit replaced is kept as a revision, until the message is deleted."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import filtering
from accounts.audit import record
from accounts.models import Act, User
from rooms.actions import following
from rooms.actions.answering import sum_up_anew
from rooms.actions.change import allow, find, publish_message, stamp
from rooms.actions.mentioning import Text, call_anew, rendered
from rooms.errors import Invalid
from rooms.models import Attachment, Done, Membership, Mention, Message, Reaction, Revision, Room, storing
from rooms.permissions import refusal_to_change, refusal_to_delete, refusal_to_edit, refusal_to_say

ERASED = [
    "body", "html", "files", "pinned_at", "pinned_by", "deleted_at", "deleted_by", "delete_reason", "version",
]  # fmt: skip

AT_ONCE = 500  # answers looked at


def edit(user: User, slug: str, seq: int, body: str, client_id: UUID | None = None) -> Message:
    """Give the message a new body (one that has been through `schemas.clean_text`); by a `client_id` once, whatever came since. Raises ChatError."""
    body = filtering.masked(body)
    [text] = rendered([Text(user, slug, body)])
    with transaction.atomic():
        room, message = find(user, slug, seq, refusal_to_edit)
        if not Done.objects.is_new(user, client_id) or message.body == body:
            return message
        allow(refusal_to_say(body))
        if not body and not message.files:
            raise Invalid(_("is empty"), field="body")
        quoted, named = message.excerpt(), message.named
        if message.may_mention or text.mentioned:
            [before] = rendered([Text(message.author, slug, message.body)])
            call_anew(room, message, before.mentioned, text.mentioned)
        now = timezone.now()
        Revision.objects.create(message=message, body=message.body, html=message.html, edited_at=now, editor=user)
        message.body, message.html, message.edited_at = body, text.html, now
        stamp(room, message)
        message.save(update_fields=["body", "html", "edited_at", "version"])
        publish_message(room, message)
        if message.thread:
            following.named_anew(room, message, message.named - named)
        if message.excerpt() != quoted:
            _quote_anew(room, message)
    return message


def delete(user: User, slug: str, seq: int, reason: str = "") -> Message:
    """Take the body away; the number and the author stay. Raises ChatError."""
    with transaction.atomic():
        room, message = find(user, slug, seq, refusal_to_delete, in_room=refusal_to_change)
        erase(room, message, user, reason)
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
                erase(rooms[each.room_id], message, admin, reason)
                deleted += 1
    return deleted


def erase(room: Room, message: Message, by: User, reason: str, *, is_told: bool = True) -> None:
    """Take the body away, under the lock of the room. `is_told`: the audit log has an entry, if it is somebody else's message."""
    message.body = message.html = ""
    if message.files:
        Attachment.objects.filter(message=message).discard()
        message.files = 0
    message.pinned_at = message.pinned_by = None
    message.deleted_at, message.deleted_by, message.delete_reason = timezone.now(), by, reason
    Reaction.objects.filter(message=message).delete()
    if message.edited_at:
        Revision.objects.filter(message=message).delete()
    Mention.objects.filter(message=message).delete()
    if not message.thread:
        above = Membership.objects.filter(room=room, user=message.author_id, last_read_seq__lt=message.seq)
        above.filter(own_above__gt=0).update(own_above=F("own_above") - 1)
    message.called = {}
    stamp(room, message)
    message.save(update_fields=ERASED)
    publish_message(room, message)
    if is_told and by.pk != message.author_id:
        record(Act.MESSAGE_DELETED, by, whom=message.author, room=room, seq=message.seq, reason=reason)
    if message.thread:
        sum_up_anew(room, message)
        following.uncounted(room, message)
    _quote_anew(room, message)


def _quote_anew(room: Room, parent: Message) -> None:
    """The answers to `parent` quote it: each has changed with it, and is sent again. What was deleted stands nowhere."""
    last = parent.pk
    while answers := Message.objects.quoting(parent, last, AT_ONCE):
        for answer in answers:
            room.version += 1
            answer.version = room.version
            publish_message(room, answer)
        storing.update(Message, ["version"], [(answer.version, answer.pk) for answer in answers])
        room.save(update_fields=["version"])
        last = answers[-1].pk
