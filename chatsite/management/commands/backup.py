"""`manage.py backup FILE`: the whole site as one archive, while it is in use: database, files, and the secret key where the site keeps it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from chatsite import archive, databases
from chatsite.secret import is_kept_at


class Command(BaseCommand):
    help = "Back up the whole site into one archive, while it is in use. The archive is as secret as the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, such as chat-2026-01-31.tar.gz")

        parser.add_argument(
            "--without-key",
            action="store_true",
            help="leave the secret key out: it is kept elsewhere, apart from backups",
        )

    def handle(self, *args: Any, file: Path, without_key: bool, **options: Any) -> None:
        try:
            self._back_up(file.absolute(), without_key)
        except FileExistsError:
            raise CommandError(f"{file} is there already; a backup is not written over.") from None
        except (OSError, DatabaseError, databases.Failed) as error:
            raise CommandError(f"No backup was made: {error}") from None

    def _back_up(self, file: Path, without_key: bool) -> None:
        key = settings.DATA_DIR / "secret_key"
        is_kept = is_kept_at(key, settings.SECRET_KEY)
        files = 0
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
            dump = Path(folder) / databases.file_name()
            with archive.writing(file, self._manifest()) as out:
                databases.dump(dump)  # first: whatever file it names is there, but those that are deleted meanwhile
                out.add_path(dump.name, dump)
                dump.unlink()
                if is_kept and not without_key:
                    out.add_path(archive.KEY, key)
                for name, path in _media(settings.MEDIA_ROOT):
                    try:
                        out.add_path(name, path)
                        files += 1
                    except FileNotFoundError:
                        continue  # its message was deleted just now
        self.stdout.write(f"{file}: the database and {files:,} files, {file.stat().st_size:,} bytes.")
        if not is_kept:
            self.stdout.write("SECRET_KEY is set by the environment and is not in it: keep it elsewhere.")

    def _manifest(self) -> archive.Manifest:
        applied = MigrationRecorder(connection).applied_migrations()
        return {
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "database": databases.kind(),
            "migrations": sorted(f"{app}.{name}" for app, name in applied),
        }


def _media(root: Path) -> Iterator[tuple[str, Path]]:
    """The files of people, by the names that they have in the archive; not what is still coming in."""
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR)
    for path in sorted(root.rglob("*")):
        name = f"media/{path.relative_to(root).as_posix()}"
        if path.is_file() and incoming not in path.parents and archive.MEDIA.fullmatch(name):
            yield name, path
