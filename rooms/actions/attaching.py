"""Uploading: a file is taken in and waits for the message that it goes with (`posting`), for a day at most.

The id is the uploader's choice and makes a retry the same file. Invariant: what is not wanted is refused before it is looked at.
"""

import time
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chatsite import offload
from rooms import media
from rooms.actions.change import allow, lock_room, membership_of
from rooms.errors import Invalid, TooLong, phrase
from rooms.models import Attachment, Room
from rooms.permissions import refusal_to_post

MOST_WAITING = 50  # uploads of one person that wait for a message
TIDY_EVERY = 3600  # seconds
TIDY_MOST = 20  # uploads cleared away at a time

_tidied = 0.0


def upload(user: User, slug: str, upload: media.Upload, id: uuid.UUID | None = None) -> Attachment:
    """Take a file in for a message that `user` will post in the room. Raises ChatError."""
    id = id or uuid.uuid4()
    _tidy()
    if earlier := _admitted(user, slug, id, upload):
        return earlier
    taken = offload.run_large(media.take_in, upload.path, upload.name, settings.MAX_PIXELS)
    try:
        with transaction.atomic():
            room = lock_room(slug)
            allow(refusal_to_post(room, membership_of(user.pk, room)))
            assert room is not None
            return Attachment.objects.create(
                id=id, uploader=user, room=room, name=media.clean_name(upload.name), content_type=taken.content_type,
                size=taken.size, width=taken.width, height=taken.height, file=taken.file, thumbnail=taken.thumbnail,
            )  # fmt: skip
    except IntegrityError:  # the same upload came in twice at a time
        media.remove([taken.file, taken.thumbnail])
        if earlier := _admitted(user, slug, id, upload):
            return earlier
        raise
    except BaseException:
        media.remove([taken.file, taken.thumbnail])
        raise


def _admitted(user: User, slug: str, id: uuid.UUID, upload: media.Upload) -> Attachment | None:
    """Return what is stored if this is a retry. Raises ChatError for what is not to be taken in."""
    room = Room.objects.filter(slug=slug).first()
    allow(refusal_to_post(room, membership_of(user.pk, room)))
    assert room is not None
    if earlier := Attachment.objects.filter(pk=id).first():
        if (earlier.uploader_id, earlier.room_id) != (user.pk, room.pk):
            raise Invalid(_("already used"), field="id")
        return earlier
    if not upload.size:
        raise Invalid(_("is empty"), field="file")
    if upload.size > settings.MAX_FILE:
        raise TooLong(
            phrase(_("%(size)s bytes, at most %(most)s"), size=upload.size, most=settings.MAX_FILE), field="file"
        )
    if Attachment.objects.filter(uploader=user, message=None).count() >= MOST_WAITING:
        raise Invalid(phrase(_("%(most)s of your files wait for a message already"), most=MOST_WAITING), field="file")
    return None


def withdraw(user: User, id: uuid.UUID) -> None:
    """Take back an upload that was not sent; it may be gone already."""
    Attachment.objects.filter(pk=id, uploader=user, message=None).discard()


def _tidy() -> None:
    """Now and then, clear away some of what nobody sent; `manage.py tidy_attachments` does all of it."""
    global _tidied
    if time.monotonic() - _tidied < TIDY_EVERY and _tidied:
        return
    _tidied = time.monotonic()
    stale = list(Attachment.objects.stale().values_list("pk", flat=True)[:TIDY_MOST])
    if stale:
        Attachment.objects.filter(pk__in=stale, message=None).discard()
