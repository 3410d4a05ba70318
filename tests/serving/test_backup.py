"""`manage.py backup` and `restore`: what was acknowledged before a backup began is in it, however busy the site is; what is restored is that site
again; what is no whole archive of ours is refused, and leaves nothing behind.
"""

import gzip
import io
import re
import stat
import tarfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.databases import KINDS, empty
from tests.support.forkserver import Forked
from tests.support.people import PATIENCE, Person, web
from tests.support.server import Server, environment
from tests.support.site import serving

pytestmark = pytest.mark.server


def manage(environment: dict[str, str], *words: object) -> tuple[int, str]:
    """Run a command; return its exit code and what it said."""
    process = Forked([*map(str, words)], environment)
    with process.stdout:
        said = process.stdout.read()
    assert "Traceback" not in said, said
    return process.wait(PATIENCE), said


class Talker(threading.Thread):
    """Somebody who says one thing after another until told to stop; `acknowledged` are the ids of what is stored."""

    def __init__(self, person: Person, room: str) -> None:
        super().__init__()
        self.client, self.room = person.client(), room
        self.acknowledged: list[str] = []
        self.over, self.warm = threading.Event(), threading.Event()

    def run(self) -> None:
        with self.client:
            while not self.over.is_set():
                draft = {"room": self.room, "body": "word", "client_id": str(uuid.uuid4())}
                if self.client.ask("message", draft)["ok"]:
                    self.acknowledged.append(draft["client_id"])
                if len(self.acknowledged) >= 50:
                    self.warm.set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_under_load_has_all_that_was_acknowledged_before(kind: str, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    archive = tmp_path / "chat.tar.gz"
    with empty(kind, tmp_path / "old") as url, empty(kind, tmp_path / "new") as new_url:
        unlimited = {"MESSAGE_BURST": 100_000, "EVENT_BURST": 100_000}
        manage(environment(tmp_path / "old", DATABASE_URL=url), "migrate", "--verbosity=0")
        with serving(tmp_path / "old", DATABASE_URL=url, **unlimited) as site:
            site.hand("lobby")
            people = [site.person(lobby=True) for _ in range(3)]
            picture = people[0].attach("lobby", "words.txt", b"to be kept")
            people[0].post("/api/rooms/lobby/messages/", json={"body": "a file", "attachments": [picture]})
            talkers = [Talker(person, "lobby") for person in people]
            for talker in talkers:
                talker.start()
            for talker in talkers:
                assert talker.warm.wait(PATIENCE)
            before = {client_id for talker in talkers for client_id in [*talker.acknowledged]}
            code, said = manage(site.server.environment, "backup", archive)
            assert code == 0 and "the database and 1 files" in said, said
            for talker in talkers:
                talker.over.set()
                talker.join(PATIENCE)
        assert {client_id for talker in talkers for client_id in talker.acknowledged} > before, "people went on talking"
        assert stat.S_IMODE(archive.stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir() if "chat" in path.name] == ["chat.tar.gz"]

        fresh = environment(tmp_path / "new", DATABASE_URL=new_url)
        code, said = manage(fresh, "restore", archive)
        assert code == 0, said
        assert manage(fresh, "doctor", "--data") == (0, "All is well, in 1 rooms.\n")
        with serving(tmp_path / "new", DATABASE_URL=new_url) as site:
            messages = site.stored("lobby")["messages"]
            assert [message["seq"] for message in messages] == [*range(1, len(messages) + 1)]
            assert before <= {message["client_id"] for message in messages}
            again = Person(site.url, people[0].id, people[0].handle, people[0].name, people[0].session)
            assert again.get(f"/attachments/{picture}/").content == b"to be kept", "still signed in, by the same key"
            with again.client() as client:
                assert client.ask("message", {"room": "lobby", "body": "here again"})["ok"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a site of one person."""
    home = tmp_path_factory.mktemp("kept")
    with serving(home / "data") as site:
        first(site.server)
        assert manage(site.server.environment, "backup", home / "chat.tar.gz")[0] == 0
    return home / "chat.tar.gz"


def first(server: Server) -> None:
    """Be the first person of a new site."""
    form = {"site_name": "Home", "name": "Ana", "email": "ana@example.com", "password": "a few words in a row"}
    assert web().post(f"{server.url}/welcome/", data=form, timeout=PATIENCE).status_code == 200


def left_in(home: Path) -> set[str]:
    """What lies in a DATA_DIR, but for what a command makes that only looks."""
    made = {"lock", "secret_key", "db.sqlite3", "media", "media/incoming", "static"}
    return {path.relative_to(home).as_posix() for path in home.rglob("*")} - made


def test_a_restored_site_knows_its_people(kept: Path, tmp_path: Path) -> None:
    fresh = environment(tmp_path / "data")
    assert manage(fresh, "restore", kept)[0] == 0
    server = Server(tmp_path / "data").start()
    try:
        assert web().get(f"{server.url}/welcome/", timeout=PATIENCE).url.endswith("/accounts/login/")
    finally:
        server.stop()
    modes = {name: stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) for name in ("secret_key", "db.sqlite3")}
    assert modes == {"secret_key": 0o600, "db.sqlite3": 0o600}


def test_a_site_that_is_in_use_is_not_restored_over(kept: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site:
        code, said = manage(site.server.environment, "restore", kept)
        assert code == 1 and "The site is served. Stop the server first." in said
        first(site.server)
    code, said = manage(site.server.environment, "restore", kept)
    assert code == 1 and "This site is not empty" in said
    (tmp_path / "other/media/attachments").mkdir(parents=True)
    (tmp_path / "other/media/attachments/file").touch()
    code, said = manage(environment(tmp_path / "other"), "restore", kept)
    assert code == 1 and "This site is not empty" in said


def test_nobody_serves_a_site_that_is_being_restored(tmp_path: Path) -> None:
    from chatsite.starting import alone

    (tmp_path / "data").mkdir()
    server = Server(tmp_path / "data")
    with alone(tmp_path / "data"):
        server.spawn()
        server.wait_for("A backup is being restored. Start the server when that is done.")
        assert server.join() == 1 and "Traceback" not in server.tail()


def test_a_backup_is_not_written_over_and_a_failed_one_leaves_nothing(kept: Path, tmp_path: Path) -> None:
    here = environment(kept.parent / "data")
    content = kept.read_bytes()
    code, said = manage(here, "backup", kept)
    assert code == 1 and "is there already" in said and kept.read_bytes() == content
    code, said = manage(here, "backup", tmp_path / "nowhere" / "chat.tar.gz")
    assert code == 1 and "No backup was made" in said
    behind = environment(tmp_path / "data", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    code, said = manage(behind, "backup", tmp_path / "chat.tar.gz")
    assert code == 1 and not list(tmp_path.glob("*chat*"))


def test_a_key_of_the_environment_stays_there(tmp_path: Path) -> None:
    here = environment(tmp_path / "data", SECRET_KEY="of the environment, and of some length")
    manage(here, "migrate", "--verbosity=0")
    code, said = manage(here, "backup", tmp_path / "chat.tar.gz")
    assert code == 0 and "SECRET_KEY is set by the environment" in said
    with tarfile.open(tmp_path / "chat.tar.gz") as tar:
        assert tar.getnames() == ["manifest.json", "database.sqlite3", "SHA256SUMS"]


def test_a_key_that_is_kept_elsewhere_is_asked_for(kept: Path, tmp_path: Path) -> None:
    assert manage(environment(kept.parent / "data"), "backup", tmp_path / "chat.tar.gz", "--without-key")[0] == 0
    fresh = environment(tmp_path / "data")
    code, said = manage(fresh, "restore", tmp_path / "chat.tar.gz")
    assert code == 0 and "The secret key is not in it." in said


# --- What is no whole archive of ours ---

Members = list[tuple[tarfile.TarInfo, bytes]]


def plain(name: str, data: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data


def odd(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b""


def described(name: str, data: bytes = b"", **headers: str) -> tuple[tarfile.TarInfo, bytes]:
    """With a PAX header before it. `GNU_sparse_map` is GNU.sparse.map."""
    info, _ = plain(name, data)
    info.pax_headers = {key.replace("_", "."): value for key, value in headers.items()}
    return info, data


def header(kind: bytes, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """A PAX header by itself, of the next file or of all."""
    info, _ = plain("header", data)
    info.type = kind
    return info, data


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Members], Members]:
    return lambda members: [
        plain(info.name, change(data)) if info.name == name else (info, data) for info, data in members
    ]


def with_one_more(*more: tuple[tarfile.TarInfo, bytes]) -> Callable[[Members], Members]:
    return lambda members: [*members[:-1], *more, members[-1]]


SPARSE_MAP = b"1\n8\n1\n".ljust(512, b"\0") + b"x"
MAP_OF_NO_END = b"99999999\n" + b"0\n" * 1_000_000
HOSTILE: dict[str, tuple[Callable[[Members], Members], str]] = {
    "outside": (with_one_more(plain("../evil")), "does not belong into it"),
    "outside by media": (with_one_more(plain("media/../../evil")), "does not belong into it"),
    "absolute": (with_one_more(plain("/tmp/evil")), "does not belong into it"),
    "hidden": (with_one_more(plain("media/.htaccess")), "does not belong into it"),
    "a setting": (with_one_more(plain(".env")), "does not belong into it"),
    "a link": (with_one_more(odd("media/attachments", tarfile.SYMTYPE, "/etc")), "is no plain file"),
    "a hard link": (with_one_more(odd("media/passwd", tarfile.LNKTYPE, "secret_key")), "is no plain file"),
    "a device": (with_one_more(odd("media/null", tarfile.CHRTYPE)), "is no plain file"),
    "a pipe": (with_one_more(odd("media/pipe", tarfile.FIFOTYPE)), "is no plain file"),
    "twice": (with_one_more(plain("media/a"), plain("media/a")), "is in it twice"),
    "a file too many": (with_one_more(plain("media/a")), "'media/a' is not what was put into it"),
    "a file too few": (lambda members: [m for m in members if m[0].name != "secret_key"], "'secret_key' is not what was put"),
    "another key": (changed("secret_key", lambda _: b"y" * 50), "'secret_key' is not what was put into it"),
    "another manifest": (changed("manifest.json", lambda data: data.replace(b"sqlite", b"sqlitE")), "'manifest.json' is not what"),
    "no end": (lambda members: members[:-1], "its end is missing"),
    "more after the end": (lambda members: [*members, plain("media/a")], "comes after its end"),
    "no beginning": (lambda members: members[1:], "it does not begin with a manifest"),
    "another format": (changed("manifest.json", lambda data: data.replace(b'"format": 1', b'"format": 2')), "format is not known"),
    "no JSON": (changed("manifest.json", lambda _: b"{"), "not JSON"),
    "JSON without an end": (changed("manifest.json", lambda _: b"[" * 100_000), "not JSON"),
    "a name of megabytes": (with_one_more(plain("media/" + "a" * 2_000_000)), "bytes about one file"),
    "an attribute of megabytes": (with_one_more(plain("media/a"), described("media/b", comment="x" * 2_000_000)), "bytes about one file"),
    "sparse, as GNU had it": (with_one_more(odd("media/a", tarfile.GNUTYPE_SPARSE)), "a sparse file"),
    "sparse, by 0.0": (with_one_more(described("media/a", b"x", GNU_sparse_size="9")), "a sparse file"),
    "sparse, by 0.1": (with_one_more(described("media/a", b"x", GNU_sparse_map="8,1", GNU_sparse_size="9")), "a sparse file"),
    "sparse, by 0.1 without numbers": (with_one_more(described("media/a", GNU_sparse_map="a,b")), "a sparse file"),
    "sparse, by 1.0": (with_one_more(described("media/a", SPARSE_MAP, GNU_sparse_major="1", GNU_sparse_minor="0")), "a sparse file"),
    "sparse, of no end": (with_one_more(described("media/a", MAP_OF_NO_END, GNU_sparse_major="1", GNU_sparse_minor="0")), "a sparse file"),
    "sparse, in words": (with_one_more(described("media/a", b"words", GNU_sparse_major="1", GNU_sparse_minor="0")), "a sparse file"),
    "smaller than nothing": (with_one_more(described("media/a", size="-512")), "is no plain file"),
    "larger than the disk": (with_one_more(described("media/a", size="9" * 30)), "there is no room for it"),
    "of a size that is no number": (with_one_more(described("media/a", size="9" * 9_000)), "'media/a' is not what was put into it"),
    "another name by its header": (with_one_more(described("media/a", path="/tmp/evil")), "does not belong into it"),
    "of a kind nobody knows": (with_one_more(odd("media/a", b"Z")), "is no plain file"),
    "of all files": (with_one_more(header(tarfile.XGLTYPE, b"13 comment=x\n")), "something is said of all files"),
    "headers upon headers": (with_one_more(*[header(tarfile.XHDTYPE, b"13 comment=x\n")] * 2000), "damaged, or no archive"),
    "a file and a folder": (with_one_more(plain("media/a"), plain("media/a/b")), "'a' is a file and a folder in it"),
    "a folder and a file": (with_one_more(plain("media/a/b"), plain("media/a")), "'a' is in it twice"),
    "the manifest twice": (lambda members: [members[0], *members], "is in it twice"),
    "empty": (lambda members: [], "its end is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_whole_or_hostile_is_refused(kept: Path, name: str, tmp_path: Path) -> None:
    from chatsite.archive import Refused, extract

    change, words = HOSTILE[name]
    with tarfile.open(kept) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    rewrite(tmp_path / "hostile.tar.gz", change(members))
    (tmp_path / "inside").mkdir()
    with pytest.raises(Refused, match=re.escape(words)):
        extract(tmp_path / "hostile.tar.gz", tmp_path / "inside")
    assert {path.name for path in tmp_path.iterdir()} == {"hostile.tar.gz", "inside"}
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def rewrite(path: Path, members: Members) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))


def test_a_refused_restore_changes_nothing(kept: Path, tmp_path: Path) -> None:
    """Torn, truncated, of the other kind of database, of a newer version, with a torn database in it."""
    content = kept.read_bytes()
    middle = len(content) // 2
    archives = {
        "torn": (content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :], "is not restored"),
        "truncated": (content[:middle], "damaged, or no archive at all"),
        "nothing": (b"", "is not restored"),
        "another file": (gzip.compress(b"hello"), "damaged, or no archive at all"),
    }
    fresh = environment(tmp_path / "data")
    manage(fresh, "check")
    key = (tmp_path / "data/secret_key").read_text()
    for name, (data, words) in archives.items():
        (tmp_path / name).write_bytes(data)
        code, said = manage(fresh, "restore", tmp_path / name)
        assert code == 1 and words in said and "Nothing was changed" in said, (name, said)
    with tarfile.open(kept) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    others = {
        "of PostgreSQL": ({"database": "postgresql"}, lambda data: data, "it is of a postgresql site"),
        "newer": ({"migrations": ["rooms.9999_future"]}, lambda data: data, "newer Chatsite, with the migration rooms.9999_future"),
        "torn within": ({}, lambda data: data[:8192] + b"\xff" * 8192 + data[16384:], "the database in it is damaged"),
    }  # fmt: skip
    from chatsite import archive

    for name, (told, spoil, words) in others.items():
        manifest = {"made_at": "2026-01-01T00:00:00+00:00", "database": "sqlite", "migrations": []} | told
        with archive.writing(tmp_path / name, manifest) as out:
            for info, data in members:
                if info.name not in (archive.MANIFEST, archive.SUMS):
                    data = spoil(data) if info.name == "database.sqlite3" else data
                    out.add(info.name, io.BytesIO(data), len(data))
        code, said = manage(fresh, "restore", tmp_path / name)
        assert code == 1 and words in said, (name, said)
    assert left_in(tmp_path / "data") == set()
    assert (tmp_path / "data/secret_key").read_text() == key
    assert manage(fresh, "restore", kept)[0] == 0, "and then it goes"
