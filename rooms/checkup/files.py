"""Files: each that a row names is there, and as large as it was; none is there that no row names.

What is missing is told and not mended: the disk may only not be there just now, and a backup may have it.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from accounts import avatars
from accounts.models import User
from rooms import media
from rooms.checkup.finding import Finding
from rooms.checkup.numbering import touch
from rooms.models import Attachment, Room
from rooms.models.attachment import PATIENCE

ADVICE = "Put it back from a backup, under this name in DATA_DIR/media."


def all_of_them() -> Iterator[Finding]:
    """Attachments, pictures of people, and what is left over."""
    for each in Attachment.objects.select_related("room").order_by("pk").iterator():
        if finding := _attachment(each):
            yield finding
    for handle, name in User.objects.exclude(avatar="").order_by("pk").values_list("handle", "avatar"):
        lost = [file for size in avatars.SIZES if not default_storage.exists(file := avatars.file_of(name, size))]
        for file in lost:
            yield Finding(f"The picture of {handle} is missing: {file}.", advice=ADVICE)
    before = time.time() - PATIENCE.total_seconds()
    if strays := [*media.strays(Attachment.objects.known_files, before), *_pictures_of_nobody(before)]:
        yield Finding(
            f"{len(strays):,} files in DATA_DIR/media belong to nothing: {strays[0]}{' ...' if len(strays) > 1 else ''}",
            "they are deleted",
            lambda: media.remove(strays),
        )
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR)
    if halves := [path for path in incoming.iterdir() if path.stat().st_mtime < before] if incoming.is_dir() else []:
        yield Finding(
            f"{len(halves):,} uploads were broken off long ago and still take up room.",
            "they are deleted",
            lambda: _unlink(halves),
        )


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _attachment(each: Attachment) -> Finding | None:
    where = f"{each.room.slug}: the file “{each.name}”"
    name = each.file.name or ""
    if not default_storage.exists(name):
        return (
            Finding(f"{where} is missing: {name}.", advice=ADVICE)
            if Attachment.objects.filter(pk=each.pk).exists()
            else None
        )
    if (size := default_storage.size(name)) != each.size:
        return Finding(f"{where} has {size:,} bytes, it had {each.size:,}: {name}.", advice=ADVICE)
    if each.thumbnail and not default_storage.exists(each.thumbnail.name or ""):
        return Finding(
            f"{where} lacks its small image: {each.thumbnail.name}.",
            "the image itself is shown in its place",
            lambda: _without_thumbnail(each),
        )
    return None


def _without_thumbnail(each: Attachment) -> None:
    with transaction.atomic():
        room = Room.objects.locked([each.room.slug])[each.room.slug]
        Attachment.objects.filter(pk=each.pk).update(thumbnail="")
        if each.message_id:
            touch(room, [each.message_id])


def _pictures_of_nobody(before: float) -> Iterator[str]:
    folder = Path(default_storage.path("avatars"))
    files = [path for path in folder.iterdir() if path.stat().st_mtime < before] if folder.is_dir() else []
    names = {path.name.rpartition("-")[0] for path in files}
    known = set(User.objects.filter(avatar__in=names).values_list("avatar", flat=True)) if names else set()
    yield from (f"avatars/{path.name}" for path in sorted(files) if path.name.rpartition("-")[0] not in known)
