"""What the doctor sees of the house itself: the database as a whole, and how the site is configured on this machine.

Invariant: it says only what is wrong on a site that people use; a new one, tried out on a laptop, is well.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chatsite.starting import is_loopback
from rooms.checkup import Finding

LEAST = 500_000_000  # bytes that should be free on the disk
CONSOLE = ("console", "consolemail", "dummy", "locmem")
LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def database() -> Iterator[Finding]:
    """Whether it is whole, and has all migrations; without them nothing else can be asked of it."""
    executor = MigrationExecutor(connection)
    if behind := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding(f"The database lacks {len(behind)} migrations.", advice="Apply them: manage.py migrate")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check(20)")
            said = [line for (line,) in cursor.fetchall() if line != "ok"]
            cursor.execute("PRAGMA foreign_key_check")
            astray = cursor.fetchall()
        if said:
            yield Finding(f"The database file is damaged: {said[0]}", advice="Restore a backup: docs/operations.md.")
        if astray:
            words = f"{len(astray)} rows of the database point to nothing: {astray[0][0]} to {astray[0][2]}."
            yield Finding(words, advice="Restore a backup: docs/operations.md.")


def configuration() -> Iterator[Finding]:
    """Names, TLS, debug pages, mail, room on the disk, and who may read and write the files."""
    is_public = settings.BEHIND_TLS or not is_loopback(settings.HOST)
    if is_public:
        yield from _public()
    yield from _mail(is_public)
    yield from _disk()
    yield from _files(is_public)


def _public() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding("DEBUG is on: whoever meets an error sees the settings.", advice="Take DEBUG out of .env.")
    if not settings.BEHIND_TLS:
        yield Finding(
            f"The site listens at {settings.HOST} without TLS: passwords and messages can be read on their way.",
            advice="Put a proxy in front that speaks TLS, and set BEHIND_TLS=true (README, Deploy it).",
        )
    names = set(settings.ALLOWED_HOSTS)
    if names <= LOCAL:
        yield Finding(
            "ALLOWED_HOSTS has only names of this machine: nobody else gets in.",
            advice="Set ALLOWED_HOSTS to the name that people type.",
        )
    if "*" in names:
        yield Finding("ALLOWED_HOSTS allows any name: links in mails may lead anywhere.", advice="Name the site's own.")
    for each in checks.run_checks(include_deployment_checks=settings.BEHIND_TLS):
        if each.level >= checks.WARNING and not each.is_silenced():
            yield Finding(f"{each.msg} ({each.id})", advice=each.hint or "")


def _mail(is_public: bool) -> Iterator[Finding]:
    if any(f".{name}." in f".{settings.EMAIL_BACKEND}." for name in CONSOLE):
        if is_public:
            yield Finding(
                "Mail is printed to the log: nobody who forgot their password gets a new one.",
                advice="Set EMAIL_URL and DEFAULT_FROM_EMAIL.",
            )
        return
    try:
        mail = get_connection(fail_silently=False)
        mail.open()
        mail.close()
    except OSError as error:  # refused, no such name, no answer in time, a password that is wrong
        yield Finding(f"The mail server does not let us in: {error}", advice="Look at EMAIL_URL.")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST:
        yield Finding(
            f"There are {free / 1e6:,.0f} MB left on the disk of {settings.DATA_DIR}; when it is full, nothing can be said any more.",
            advice="Make room, or move DATA_DIR.",
        )


def _files(is_public: bool) -> Iterator[Finding]:
    folder, dotenv = settings.DATA_DIR, settings.BASE_DIR / ".env"
    secret = [(folder / "secret_key", 0o077, "others")]
    if is_public:  # it has passwords then, of mail and database
        secret.append((dotenv, 0o007, "everybody on this machine"))
    for path, bits, who in secret:
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & bits:
            yield Finding(
                f"{path} can be read by {who} (mode {mode:o}); it holds a secret.",
                f"its mode is {mode & ~bits:o}",
                lambda path=path, mode=mode, bits=bits: path.chmod(mode & ~bits),  # type: ignore[misc]
            )
    owner = folder.stat().st_uid
    for path in (folder, folder / "db.sqlite3", settings.MEDIA_ROOT):
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o002:
            yield Finding(
                f"{path} can be changed by everybody on this machine (mode {mode:o}).",
                f"its mode is {mode & ~0o002:o}",
                lambda path=path, mode=mode: path.chmod(mode & ~0o002),  # type: ignore[misc]
            )
    foreign = [path for path in _ours(folder) if path.stat().st_uid != owner]
    if foreign:
        yield Finding(
            f"{foreign[0]}{f' and {len(foreign) - 1:,} more' if len(foreign) > 1 else ''} belong to somebody else than {folder} does: "
            "the server may not be able to write them.",
            f"they belong to the owner of {folder}",
            (lambda: give_to_owner(folder)) if os.geteuid() == 0 else None,
            f"As root: chown -R --reference={folder} {folder}",
        )


def give_to_owner(folder: Path) -> None:
    """What root has put into DATA_DIR belongs to the owner of it, as whom the server runs; by anybody else nothing is changed."""
    if os.geteuid() == 0:
        owner = folder.stat()
        for path in _ours(folder):
            os.chown(path, owner.st_uid, owner.st_gid)


def _ours(folder: Path) -> Iterator[Path]:
    yield from (path for name in ("db.sqlite3*", "secret_key", "lock") for path in folder.glob(name))
    if settings.MEDIA_ROOT.exists():
        yield settings.MEDIA_ROOT
        yield from settings.MEDIA_ROOT.rglob("*")
