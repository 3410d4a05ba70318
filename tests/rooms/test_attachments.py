"""Files: taken in, made harmless, sent along, given to who may have them and to nobody else, and gone with their message."""

import io
import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from accounts.models import User
from rooms import actions, media, payloads, sync
from rooms.models import Attachment, Message, Room
from tests.rooms.conftest import Recorder
from tests.support import files

pytestmark = pytest.mark.django_db
UPLOADS = "/api/rooms/den/attachments/"
Say = Callable[..., list[Message]]


@pytest.fixture(autouse=True)
def stored(settings: Any, tmp_path: Path) -> Path:
    """Where files are kept in this test."""
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return tmp_path / "attachments"


@pytest.fixture
def web(den: Room, ana: User, signed_in: Callable[[User], Client]) -> Client:
    """Ana's browser."""
    return signed_in(ana)


def upload(web: Client, data: bytes, name: str = "picture.png", **fields: Any) -> dict[str, Any]:
    """Send a file ahead; return the answer."""
    answer: dict[str, Any] = web.post(UPLOADS, {"file": SimpleUploadedFile(name, data), **fields}).json()
    return answer


def attach(web: Client, data: bytes, name: str = "picture.png") -> dict[str, Any]:
    """Send a file ahead; return the attachment."""
    answer = upload(web, data, name)
    assert answer["ok"], answer
    return answer["attachment"]  # type: ignore[no-any-return]


def post(web: Client, *attachments: dict[str, Any], body: str = "", **fields: Any) -> dict[str, Any]:
    """Post a message with files; return the answer."""
    data = {"body": body, "attachments": [each["id"] for each in attachments], **fields}
    answer: dict[str, Any] = web.post("/api/rooms/den/messages/", data, content_type="application/json").json()
    return answer


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def on_disk(stored: Path) -> int:
    return sum(path.is_file() for path in stored.rglob("*"))


def test_a_file_is_sent_ahead_and_goes_with_its_message(web: Client, den: Room, ana: User, heard: Recorder) -> None:
    big, note = attach(web, files.image(1200, 900), "Sea.png"), attach(web, b"hello", "note.txt")
    assert big == {
        "id": big["id"], "name": "Sea.png", "content_type": "image/png", "size": big["size"],
        "url": f"/attachments/{big['id']}/", "width": 1200, "height": 900, "thumbnail": f"/attachments/{big['id']}/thumbnail/",
    }  # fmt: skip
    assert note["content_type"] == "text/plain" and note["size"] == 5 and "thumbnail" not in note
    answer = post(web, note, big)
    assert answer["ok"] and answer["message"]["body"] == ""
    assert answer["message"]["attachments"] == [note, big], "in the order they were named"
    [told] = heard.of("message")
    assert told["message"]["attachments"] == [note, big]
    page = web.get("/api/rooms/den/messages/").json()["messages"]
    assert page[0]["attachments"] == [note, big]
    assert sync.changes(ana, {"den": 0})["den"]["messages"] == page
    log = web.get("/rooms/den/").content.decode()
    assert 'alt="Sea.png" width="400" height="300"' in log and "note.txt" in log


def test_a_message_without_files_says_nothing_of_them(den: Room, ana: User, say: Say) -> None:
    assert "attachments" not in payloads.message(say(den, ana, "plain")[0])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_an_image_says_nothing_of_who_made_it_and_where(web: Client, format: str) -> None:
    taken = files.photo(format=format)
    assert files.SECRET.encode() in taken or files.SECRET.encode("utf-16-le") in taken
    sent = attach(web, taken, "holiday")
    given = content(web.get(sent["url"]))
    assert files.SECRET.encode() not in given and b"Exif" not in given
    with Image.open(io.BytesIO(given)) as image:
        assert image.size == (60, 40) and not image.getexif()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_an_image_stands_upright(web: Client, format: str, orientation: int) -> None:
    sent = attach(web, files.photo(orientation, format))
    turned = orientation > 4
    assert (sent["width"], sent["height"]) == ((40, 60) if turned else (60, 40))
    with Image.open(io.BytesIO(content(web.get(sent["url"])))) as image:
        assert image.size == (sent["width"], sent["height"])
        corner = image.convert("RGB").getpixel((2, 2))
        assert isinstance(corner, tuple)
        assert (corner[0] > 200) == (orientation == 6), "the gold half was the left one"


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_what_moves_goes_on_moving(web: Client, format: str) -> None:
    sent = attach(web, files.moving(format))
    assert "thumbnail" not in sent
    with Image.open(io.BytesIO(content(web.get(sent["url"])))) as image:
        assert getattr(image, "n_frames", 1) == 3


def test_a_decompression_bomb_is_refused_before_it_goes_off(web: Client, stored: Path, settings: Any) -> None:
    assert len(files.bomb()) < 10_000
    answer = upload(web, files.bomb())
    assert answer["error"]["code"] == "too_long" and "900,000,000 pixels" in answer["error"]["message"]
    settings.MAX_PIXELS = 5000
    assert upload(web, files.moving(frames=3))["error"]["code"] == "too_long", "its frames count together"
    assert upload(web, files.dots(5_001))["error"]["message"].endswith("more than 5,000 pictures")
    assert not on_disk(stored) and not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("data", "name", "type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "application/octet-stream"),
        (b"<!doctype html><script>alert(1)</script>", "x.html", "application/octet-stream"),
        (b"<!doctype html><script>alert(1)</script>", "x.png", "application/octet-stream"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "x.png", "application/octet-stream"),
        (b"GIF89a/*<script>alert(1)</script>*/=1", "x.gif", "application/octet-stream"),
        (b"alert(1)", "x.js", "application/octet-stream"),
        (b"%PDF-1.7", "x.pdf", "application/pdf"),
        (b"no sound", "x.mp3", "application/octet-stream"),
        (files.sound(), "x.bin", "audio/wav"),
        (b"\0\0\0\x18ftypmp42" + bytes(60), "x.html", "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(60), "x.webm", "video/webm"),
        (files.image(), "x.html", "image/png"),
    ],
)  # fmt: skip
def test_a_file_is_what_it_contains_not_what_it_says(web: Client, data: bytes, name: str, type: str) -> None:
    """Only what is known to be an image, a sound or a film is shown in place; all else is saved, and never a page of ours."""
    answer = web.get(attach(web, data, name)["url"])
    assert answer.headers["Content-Type"] == type
    in_place = type.partition("/")[0] in ("image", "audio", "video")
    assert answer.headers["Content-Disposition"].startswith("inline" if in_place else "attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "private" in answer.headers["Cache-Control"]
    content(answer)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\photo.jpg", "photo.jpg"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt"),
        ("\x00\x1b[2J", "[2J"),
        ("x" * 300 + ".tar.gz", "x" * 117 + ".gz"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("", "file"),
        ("Müller & Söhne „Plan“.pdf", "Müller & Söhne „Plan“.pdf"),
        ("ملف.pdf", "ملف.pdf"),
    ],
)  # fmt: skip
def test_a_name_is_fit_to_be_shown_and_saved(name: str, shown: str) -> None:
    assert media.clean_name(name) == shown


def test_a_hostile_name_stays_in_its_header(web: Client) -> None:
    sent = attach(web, b"x", "a; filename=evil\u202e ü.html")
    answer = web.get(sent["url"])
    assert sent["name"] == "a; filename=evil ü.html"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''a%3B%20filename%3Devil%20%C3%BC.html"
    content(answer)


def test_too_large_too_many_empty_and_none(web: Client, settings: Any) -> None:
    settings.MAX_FILE, settings.MAX_FILES = 1000, 2
    assert upload(web, bytes(1001), "x.bin")["error"] == {
        "code": "too_long", "field": "file", "message": "file: 1,001 bytes, at most 1,000",
    }  # fmt: skip
    assert upload(web, b"", "x.bin")["error"]["code"] == "invalid"
    assert web.post(UPLOADS, {}).json()["error"]["field"] == "file"
    assert upload(web, b"x", id="nope")["error"]["field"] == "id"
    few = [attach(web, b"x", f"{n}.bin") for n in range(3)]
    assert post(web, *few)["error"]["code"] == "too_long"
    assert post(web, few[0], few[0])["error"]["code"] == "invalid"
    assert post(web)["error"] == {"code": "invalid", "field": "body", "message": "body: is empty"}
    assert post(web, few[0])["ok"]


def test_a_retried_upload_is_the_same_file(
    web: Client, stored: Path, bo: User, signed_in: Callable[..., Client]
) -> None:
    id = str(uuid.uuid4())
    first = upload(web, b"one", id=id)
    assert upload(web, b"one", id=id) == first and first["attachment"]["id"] == id
    assert on_disk(stored) == 1
    assert upload(signed_in(bo), b"two", id=id)["error"]["code"] == "invalid"


def test_who_may_not_post_may_not_upload(web: Client, den: Room, person: Any, signed_in: Any, stored: Path) -> None:
    stranger = signed_in(person("stranger"))
    assert stranger.post(UPLOADS, {"file": SimpleUploadedFile("x", b"x")}).status_code == 404
    assert Client().post(UPLOADS, {"file": SimpleUploadedFile("x", b"x")}).status_code == 403
    assert Client(enforce_csrf_checks=True, headers={"cookie": web.cookies.output(header="")}).post(
        UPLOADS, {"file": SimpleUploadedFile("x", b"x")}
    ).status_code == 403  # fmt: skip
    actions.archive(den)
    assert upload(web, b"x")["error"]["code"] == "archived"
    assert not on_disk(stored)


def test_one_sends_only_ones_own_of_this_room_and_once(
    web: Client, den: Room, ana: User, bo: User, room: Callable[..., Room], signed_in: Callable[..., Client]
) -> None:
    mine, his = attach(web, b"mine"), attach(signed_in(bo), b"his")
    assert post(web, his)["error"]["code"] == "not_found"
    assert post(web, {"id": str(uuid.uuid4())})["error"]["code"] == "not_found"
    room(ana, slug="other")
    elsewhere = web.post("/api/rooms/other/attachments/", {"file": SimpleUploadedFile("x", b"x")}).json()["attachment"]
    assert post(web, elsewhere)["error"]["field"] == "attachments"
    id = str(uuid.uuid4())
    sent = post(web, mine, body="look", client_id=id)
    assert post(web, mine, body="look", client_id=id)["message"] == sent["message"], "a retry"
    assert post(web, mine, body="again")["error"]["code"] == "not_found"
    drafts = [actions.Draft(ana, "den", "", attachments=(uuid.UUID(attach(web, b"x")["id"]),))] * 1
    twice = [*drafts, actions.Draft(ana, "den", "", attachments=drafts[0].attachments)]
    assert [type(each).__name__ for each in actions.post(twice)] == ["Posted", "NotFound"]


def test_only_members_fetch_and_before_it_is_sent_only_its_uploader(
    web: Client, den: Room, ana: User, bo: User, person: Any, signed_in: Callable[..., Client]
) -> None:
    big = attach(web, files.image(1200, 900))
    his, strange = signed_in(bo), signed_in(person("stranger"))

    def may(client: Client) -> list[int]:
        return [client.get(address).status_code for address in (big["url"], big["thumbnail"])]

    assert may(web) == [200, 200] and may(his) == [404, 404]
    post(web, big)
    assert may(his) == [200, 200] and may(strange) == [404, 404] and may(Client()) == [302, 302]
    actions.dismiss(den, [bo])
    assert may(his) == [404, 404]
    actions.archive(den)
    assert may(web) == [200, 200]


def test_a_part_of_a_file(web: Client) -> None:
    sent = attach(web, bytes(range(100)), "x.bin")

    def ask(asked: str, **headers: str) -> tuple[int, str | None, bytes]:
        answer = web.get(sent["url"], headers={"Range": asked, **headers})
        return answer.status_code, answer.headers.get("Content-Range"), content(answer) if answer.streaming else b""

    data = bytes(range(100))
    assert ask("bytes=10-19") == (206, "bytes 10-19/100", data[10:20])
    assert ask("bytes=90-") == (206, "bytes 90-99/100", data[90:])
    assert ask("bytes=90-900") == (206, "bytes 90-99/100", data[90:])
    assert ask("bytes=-5") == (206, "bytes 95-99/100", data[95:])
    assert ask("bytes=100-") == (416, "bytes */100", b"")
    assert ask("bytes=-0") == (416, "bytes */100", b"")
    assert ask("bytes=0-1,5-6") == (200, None, data), "several: the whole"
    assert ask("lines=1-2") == (200, None, data)
    assert ask("bytes=0-1", **{"If-Range": '"other"'}) == (200, None, data)
    whole = web.get(sent["url"], headers={"Accept-Encoding": "gzip"})
    assert whole.headers["Content-Length"] == "100" and content(whole) == data
    again = web.get(sent["url"], headers={"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 304


def test_nginx_sends_it_where_one_says_so(web: Client, settings: Any) -> None:
    sent = attach(web, b"x", "x.txt")
    settings.ACCEL_REDIRECT = "/media/"
    answer = web.get(sent["url"])
    assert answer.headers["X-Accel-Redirect"] == "/media/" + Attachment.objects.get().file.name
    assert answer.content == b"" and answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.django_db(transaction=True)
def test_deleting_a_message_deletes_its_files(web: Client, ana: User, stored: Path, heard: Recorder) -> None:
    big = attach(web, files.image(1200, 900))
    post(web, big, body="look")
    assert on_disk(stored) == 2
    actions.delete(ana, "den", 1)
    assert "attachments" not in heard.of("message")[-1]["message"]
    assert not on_disk(stored) and not Attachment.objects.exists()
    assert web.get(big["url"]).status_code == 404
    assert "attachments" not in web.get("/api/rooms/den/messages/").json()["messages"][0]


def test_an_edit_keeps_the_files_and_may_take_the_words(web: Client, ana: User) -> None:
    sent = attach(web, b"x")
    post(web, sent, body="look")
    assert payloads.message(actions.edit(ana, "den", 1, ""))["attachments"] == [sent]
    answer = post(web, body="nice", reply_to=1)
    assert answer["message"]["reply_to"]["excerpt"] == "📎"


@pytest.mark.django_db(transaction=True)
def test_what_was_not_sent_within_a_day_is_cleared_away(web: Client, stored: Path, capsys: Any) -> None:
    old, new, sent = attach(web, b"old"), attach(web, b"new"), attach(web, b"sent")
    post(web, sent)
    Attachment.objects.exclude(pk=new["id"]).update(created_at=timezone.now() - timedelta(days=2))
    call_command("tidy_attachments")
    assert "1 never sent" in capsys.readouterr().out
    assert {str(pk) for pk in Attachment.objects.values_list("pk", flat=True)} == {new["id"], sent["id"]}
    assert on_disk(stored) == 2 and web.get(old["url"]).status_code == 404


def test_strays_are_cleared_away_too(stored: Path, web: Client, settings: Any) -> None:
    attach(web, b"kept")
    for stray in (stored / "ab" / "stray", settings.FILE_UPLOAD_TEMP_DIR / "half"):
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"x")
        os.utime(stray, (0, 0))
    for path in stored.rglob("*"):
        os.utime(path, (0, 0))
    call_command("tidy_attachments")
    assert on_disk(stored) == 1 and not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_taken_back(web: Client, stored: Path, bo: User, signed_in: Callable[..., Client]) -> None:
    sent, mine = attach(web, b"sent"), attach(web, b"mine")
    post(web, sent)
    for each in (sent, mine):
        assert signed_in(bo).delete(f"{UPLOADS}{each['id']}/").json()["ok"]
    assert on_disk(stored) == 2, "what is another's, or sent, stays"
    web.delete(f"{UPLOADS}{sent['id']}/")
    web.delete(f"{UPLOADS}{mine['id']}/")
    assert on_disk(stored) == 1 and web.get(sent["url"]).status_code == 200


def test_so_many_uploads_wait_and_no_more(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rooms.actions.attaching.MOST_WAITING", 2)
    first = attach(web, b"1")
    attach(web, b"2")
    assert upload(web, b"3")["error"]["code"] == "invalid"
    post(web, first)
    assert upload(web, b"3")["ok"]


def test_the_plain_form_sends_files_too(web: Client, den: Room) -> None:
    form = {"body": "", "client_id": str(uuid.uuid4())}
    for _ in range(2):
        sent = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]
        assert web.post("/rooms/den/messages/", {**form, "files": sent}).status_code == 302
    [message] = Message.objects.all()
    assert [each["name"] for each in payloads.message(message)["attachments"]] == ["a.txt", "b.txt"]
    form = {"body": "kept", "client_id": str(uuid.uuid4()), "files": SimpleUploadedFile("x.png", files.bomb())}
    page = web.post("/rooms/den/messages/", form)
    assert "pixels" in page.content.decode() and "kept" in page.content.decode()


def test_the_admin_sees_the_files_of_a_message(
    web: Client, person: Any, signed_in: Callable[..., Client], bo: User
) -> None:
    post(web, attach(web, b"secret plan", "plan.txt"))
    desk = signed_in(person("root", is_staff=True, is_superuser=True))
    page = desk.get(f"/admin/rooms/message/{Message.objects.get().pk}/change/").content.decode()
    address = f"/admin/rooms/message/attachments/{Attachment.objects.get().pk}/"
    assert address in page and "plan.txt" in page
    assert content(desk.get(address)) == b"secret plan"
    assert signed_in(person("clerk", is_staff=True)).get(address).status_code == 403
    assert web.get(address).status_code == 302


def test_a_page_asks_once_for_all_files_and_not_where_there_are_none(web: Client, den: Room, ana: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            web.get("/api/rooms/den/messages/")
        return len(captured)

    actions.post_one(actions.Draft(ana, "den", "plain"))
    plain = cost()
    for _ in range(3):
        post(web, attach(web, b"x"), attach(web, b"y"))
    assert cost() == plain + 1
