"""`manage.py doctor`: a site that was lived in is well; each way of being wrong is found, in words, and mended without a loss, once for all."""

import io
import re
import socket
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from chatsite import checkup
from rooms import actions, payloads, sync
from rooms.models import Attachment, Message, Room
from tests.support.damage import DAMAGES, lived_in
from tests.support.databases import empty, migrated
from tests.support.hand import Hand
from tests.support.server import ROOT, environment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Where files are kept in this test."""
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return tmp_path


@pytest.fixture
def room() -> Room:
    return lived_in("den")  # type: ignore[no-any-return]


def doctor(*options: str) -> tuple[bool, str]:
    """Whether all is well, and what was said."""
    out = io.StringIO()
    try:
        call_command("doctor", "--data", *options, stdout=out)
    except CommandError as error:
        return False, out.getvalue() + str(error)
    return True, out.getvalue()


def test_a_room_in_which_everything_has_happened_is_well(room: Room) -> None:
    assert doctor() == (True, "All is well, in 1 rooms.\n")


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found_and_mended(room: Room, name: str) -> None:
    plant, words = DAMAGES[name]
    before, version = held(room), Room.objects.get(pk=room.pk).version
    plant(room)
    is_well, said = doctor()
    assert not is_well and re.search(words, said), said
    assert doctor()[1] == said, "to look changes nothing"
    is_well, said = doctor("--fix")
    assert is_well and "Mended: " in said, said
    assert doctor()[0]
    after = held(room)
    gone = {4} if name == "a message is lost" else set()
    assert [seq for seq in before if before[seq]["body"] != after[seq]["body"]] == [*gone], "no words were changed"
    news = sync.changes(User.objects.get(handle="den-bo"), {"den": version})["den"]
    assert before | {message["seq"]: message for message in news["messages"]} == after, (
        "whoever is connected hears of it"
    )


def held(room: Room) -> dict[int, dict[str, Any]]:
    """The messages, as somebody has them who has heard everything."""
    return {message.seq: payloads.message(message) for message in Message.objects.whole().filter(room=room)}


def test_files_that_are_missing_are_told_and_left(room: Room, media: Path) -> None:
    """They may be in a backup, or the disk is only not there just now."""
    file = Path(Attachment.objects.get().file.path)
    content = file.read_bytes()
    file.write_bytes(b"torn")
    assert "den: the file “words.txt” has 4 bytes, it had 5" in doctor("--fix")[1]
    file.unlink()
    is_well, said = doctor("--fix")
    assert not is_well and "den: the file “words.txt” is missing: attachments/" in said and "backup" in said
    file.write_bytes(content)
    User.objects.filter(handle="den-ana").update(avatar="0" * 32)
    assert "The picture of den-ana is missing: avatars/000" in doctor()[1]
    User.objects.update(avatar="")
    assert doctor()[0]


def test_an_image_without_its_small_one_is_shown_itself(room: Room) -> None:
    Attachment.objects.update(thumbnail="attachments/no/thumbnail")
    version = Room.objects.get(pk=room.pk).version
    assert "lacks its small image" in doctor()[1]
    assert doctor("--fix")[0] and doctor()[0]
    [message] = sync.changes(User.objects.get(handle="den-bo"), {"den": version})["den"]["messages"]
    assert "thumbnail" not in message["attachments"][0]


def test_a_clock_that_was_set_back_leaves_all_well(room: Room) -> None:
    """The latest answer is that with the highest number, whatever the clock said."""
    ana, bo = User.objects.order_by("pk")
    Message.objects.filter(room=room, seq=2).update(created_at="2030-01-01T00:00:00Z")
    actions.post_one(actions.Draft(ana, "den", "later by its number", thread=1))
    assert doctor()[0]
    eve = User.objects.create_user(handle="eve", email="eve@example.com")
    actions.admit(room, [eve])
    actions.follow(eve, "den", 1, True)
    assert doctor()[0]
    actions.delete(bo, "den", actions.post_one(actions.Draft(bo, "den", "gone again", thread=1)).message.seq)
    assert doctor()[0]


def test_rows_that_point_to_nothing_are_found(transactional_db: None) -> None:
    lived_in("den")
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        cursor.execute("UPDATE rooms_reaction SET user_id = 999")
    assert "1 rows of the database point to nothing: rooms_reaction to accounts_user" in doctor()[1]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rooms_reaction")


def test_all_of_them_at_once_on_postgresql(tmp_path: Path) -> None:
    with migrated("postgresql", tmp_path) as environment:
        hand = Hand(environment, ROOT)
        hand("damaged", names=[*DAMAGES])
        hand.close()

        def run(*options: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "manage.py", "doctor", "--data", *options]
            return subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)

        found = run()
        assert found.returncode == 1 and "Traceback" not in found.stderr, found.stderr
        for _, words in DAMAGES.values():
            assert re.search(words, found.stdout), (words, found.stdout)
        assert run("--fix").returncode == 0
        assert run().stdout == f"All is well, in {len(DAMAGES)} rooms.\n"


# --- How the site is configured ---


def configured(settings: Any, tmp_path: Path, **changes: Any) -> list[str]:
    """What is said of a public site that is well, but for these changes."""
    settings.DATA_DIR, settings.BASE_DIR = tmp_path, tmp_path
    tmp_path.chmod(0o700)
    (tmp_path / "secret_key").touch(0o600)
    settings.SILENCED_SYSTEM_CHECKS = ["async.E001"]  # of what tests/conftest.py puts into the environment
    well = {
        "HOST": "127.0.0.1", "BEHIND_TLS": True, "DEBUG": False, "ALLOWED_HOSTS": ["chat.example.com"],
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1",
        "SECURE_HSTS_SECONDS": 31_536_000, "SECURE_HSTS_INCLUDE_SUBDOMAINS": True, "SECURE_HSTS_PRELOAD": True,
        "SECURE_SSL_REDIRECT": True, "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True, "SECRET_KEY": "many letters, 1234567890" * 3,
    }  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as post_office:
        well["EMAIL_PORT"] = post_office.getsockname()[1]
        for name, value in (well | changes).items():
            setattr(settings, name, value)
        threading.Thread(target=deliver, args=(post_office,), daemon=True).start()
        return [finding.words for finding in checkup.configuration()]


def deliver(post_office: socket.socket) -> None:
    """A mail server, as far as its door."""
    with suppress(OSError):
        visitor, _ = post_office.accept()
        with visitor, visitor.makefile("rwb") as talk:
            talk.write(b"220 here\r\n")
            talk.flush()
            for line in talk:
                talk.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 good\r\n")
                talk.flush()


def test_a_public_site_in_order_is_well(settings: Any, tmp_path: Path) -> None:
    assert configured(settings, tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DEBUG": True}, "DEBUG is on"),
        ({"ALLOWED_HOSTS": ["localhost"]}, "ALLOWED_HOSTS has only names of this machine"),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS allows any name"),
        ({"BEHIND_TLS": False, "HOST": "0.0.0.0"}, "without TLS"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "Mail is printed to the log"),
        ({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1}, "The mail server does not let us in"),
        ({"SECURE_HSTS_SECONDS": 0}, "SECURE_HSTS_SECONDS"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told(settings: Any, tmp_path: Path, changes: Any, words: str) -> None:
    assert any(words in said for said in configured(settings, tmp_path, **changes))


def test_a_new_site_on_a_laptop_is_well(settings: Any, tmp_path: Path) -> None:
    console = "django.core.mail.backends.console.EmailBackend"
    alone = {"BEHIND_TLS": False, "ALLOWED_HOSTS": ["localhost"], "EMAIL_BACKEND": console}
    (tmp_path / ".env").touch(0o644)
    assert configured(settings, tmp_path, **alone) == []


def test_files_that_others_may_read_or_write_are_told_and_mended(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret_key").touch()
    (tmp_path / "secret_key").chmod(0o644)
    (tmp_path / ".env").touch()
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "db.sqlite3").touch()
    (tmp_path / "db.sqlite3").chmod(0o666)
    monkeypatch.setattr(checkup, "LEAST", 10**18)
    said = configured(settings, tmp_path)
    assert [
        word
        for word in ("secret_key can be read", ".env can be read", "db.sqlite3 can be changed", "MB left on the disk")
        if not any(word in each for each in said)
    ] == []
    for finding in checkup.configuration():
        if finding.mend:
            finding.mend()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir() if path.is_file()}
    assert modes == {"secret_key": 0o600, ".env": 0o640, "db.sqlite3": 0o664}


def test_a_database_that_lacks_migrations_is_told(tmp_path: Path) -> None:
    with empty("sqlite", tmp_path) as url:
        command = [sys.executable, "manage.py", "doctor"]
        alone = environment(tmp_path, DATABASE_URL=url)
        told = subprocess.run(command, cwd=ROOT, env=alone, text=True, capture_output=True, check=False)
    assert told.returncode == 1 and "Traceback" not in told.stderr
    assert re.search(r"The database lacks \d+ migrations.\n  Apply them: manage.py migrate", told.stdout)
