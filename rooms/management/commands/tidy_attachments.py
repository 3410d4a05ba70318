"""`manage.py tidy_attachments`: delete what was uploaded and not sent within a day, and files that no row knows.

Harmless at any time; once a day is plenty.
"""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from rooms import media
from rooms.models import Attachment
from rooms.models.attachment import PATIENCE


class Command(BaseCommand):
    """Clears away."""

    help = "Delete files that were uploaded and not sent within a day."

    def handle(self, *args: Any, **options: Any) -> None:
        before = time.time() - PATIENCE.total_seconds()
        unsent = Attachment.objects.stale().discard()
        strays = list(media.strays(Attachment.objects.known_files, before))
        media.remove(strays)
        halves = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir() if path.stat().st_mtime < before]
        for path in halves:  # of uploads in which the server was stopped
            path.unlink(missing_ok=True)
        self.stdout.write(f"deleted: {unsent} never sent, {len(strays) + len(halves)} stray files")
