"""`manage.py restore FILE`: an archive of `manage.py backup`, onto a site that is empty and not served. All of it, or nothing is changed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from chatsite import archive, checkup, databases
from chatsite.secret import is_kept_at
from chatsite.starting import Occupied, alone
from rooms.models import Room


class Command(BaseCommand):
    help = "Restore an archive of `manage.py backup` onto an empty site that is not served."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="an archive that `manage.py backup` has made")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            with alone(settings.DATA_DIR):
                self._refuse_what_is_in_use()
                self._restore(file)
        except Occupied:
            raise CommandError("The site is served. Stop the server first.") from None
        except archive.Refused as refusal:
            raise CommandError(f"{file} is not restored: {refusal}. Nothing was changed.") from None
        except (OSError, DatabaseError, databases.Failed) as error:
            raise CommandError(f"{file} is not restored: {error}. Nothing was changed.") from None

    def _refuse_what_is_in_use(self) -> None:
        tables = connection.introspection.table_names()
        lived_in = any(model._meta.db_table in tables and model._default_manager.exists() for model in (User, Room))
        if lived_in or any(_things(settings.MEDIA_ROOT)):
            raise CommandError(
                "This site is not empty. A restore takes the place of nothing: give it a new DATA_DIR, or another DATABASE_URL."
            )
        if count := databases.others():
            raise CommandError(f"{count} others are connected to the database. Stop every server of the site first.")

    def _restore(self, file: Path) -> None:
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as name:
            folder = Path(name)
            manifest = archive.extract(file, folder)
            dump = folder / databases.file_name()
            self._refuse_what_does_not_fit(manifest, dump)
            databases.check(dump)
            has_key = (folder / archive.KEY).exists()
            with _placed(folder):
                databases.load(dump)
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        checkup.give_to_owner(settings.DATA_DIR)
        if not has_key:
            self.stdout.write(
                "The secret key is not in it. With another one everybody is signed out, and no authenticator app fits:"
                " before the server starts, put the old one where it was (DATA_DIR/secret_key, or SECRET_KEY)."
            )
        self.stdout.write(
            f"Restored what was there at {manifest['made_at']}. `manage.py doctor` looks whether all of it is well."
        )

    def _refuse_what_does_not_fit(self, manifest: archive.Manifest, dump: Path) -> None:
        if manifest.get("database") != databases.kind() or not dump.exists():
            raise archive.Refused(f"it is of a {manifest.get('database')} site, this one uses {databases.kind()}")
        known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
        if unknown := sorted(set(map(str, manifest.get("migrations", ()))) - known):
            raise archive.Refused(f"it is of a newer Chatsite, with the migration {unknown[0]}: upgrade this one first")


def _things(root: Path) -> Iterator[Path]:
    """What lies in the media folder, but for what is coming in."""
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR)
    return (path for path in root.rglob("*") if path.is_file() and incoming not in path.parents)


@contextmanager
def _placed(folder: Path) -> Iterator[None]:
    """Put files and key where they belong; take them away again if the block, the database, fails."""
    key, before = settings.DATA_DIR / "secret_key", settings.DATA_DIR / ".secret_key.before"
    placed = [settings.MEDIA_ROOT / path.name for path in (folder / "media").glob("*")]
    restored_key = folder / archive.KEY
    if not is_kept_at(key, settings.SECRET_KEY):  # it is the environment's; the archive's would be of no use
        restored_key.unlink(missing_ok=True)
    try:
        for path in placed:
            shutil.rmtree(path, ignore_errors=True)  # folders without a file
            (folder / "media" / path.name).replace(path)
        if restored_key.exists():
            key.replace(before)
            restored_key.replace(key)
        yield
    except BaseException:
        for path in placed:
            shutil.rmtree(path, ignore_errors=True)
        if before.exists():
            before.replace(key)
        raise
    before.unlink(missing_ok=True)
