"""Pictures of people: made square and small, nameless, kept for ever by browsers; what is none is refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import avatars
from accounts.models import User

PROFILE = "/accounts/profile/"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Where pictures are kept in this test."""
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return tmp_path / "avatars"


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


@pytest.fixture
def her(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def picture(size: tuple[int, int] = (300, 200), kind: str = "JPEG", colour: Any = "red", **options: Any) -> bytes:
    """A file of one colour."""
    buffer = io.BytesIO()
    Image.new("RGBA" if isinstance(colour, tuple) else "RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def save(client: Client, content: bytes | None = None, **fields: Any) -> Any:
    """Save the profile, with a picture."""
    file = {} if content is None else {"avatar": SimpleUploadedFile("me.jpg", content)}
    return client.post(PROFILE, {"name": "Ana", "handle": "ana", **file, **fields})


def test_a_picture_becomes_two_squares_that_say_nothing_else(
    her: Client, ana: User, media: Path, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Spy camera"
    exif[0x0112] = 6  # it lies on its side
    image = Image.new("RGB", (300, 200), "red")
    image.paste("blue", (0, 100, 300, 200))  # upright: blue on the left
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, quality=95)
    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert save(her, buffer.getvalue())["Location"] == PROFILE
    ana.refresh_from_db()
    assert ("user_changed", {"user": ana}) in heard
    for size in avatars.SIZES:
        answer = her.get(avatars.url_of(ana.avatar, size))
        assert (
            answer["Cache-Control"] == "max-age=31536000, public, immutable" or "immutable" in answer["Cache-Control"]
        )
        assert answer["Content-Type"] == "image/webp"
        content = b"".join(answer.streaming_content)
        assert b"Spy" not in content and b"EXIF" not in content
        shown = Image.open(io.BytesIO(content))
        assert shown.size == (size, size)
        left, right = shown.getpixel((5, size // 2)), shown.getpixel((size - 5, size // 2))
        assert left[2] > 200 > left[0] and right[0] > 200 > right[2], "it stands upright"
    assert avatars.url_of(ana.avatar, avatars.LARGE) in her.get(PROFILE).content.decode()


def test_another_picture_takes_the_place_of_the_first(
    her: Client, ana: User, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    names = []
    for colour in ("red", "blue"):
        with django_capture_on_commit_callbacks(execute=True):
            save(her, picture(colour=colour))
        ana.refresh_from_db()
        names.append(ana.avatar)
    assert names[0] != names[1]
    assert her.get(avatars.url_of(names[0])).status_code == 404
    assert len(list(media.iterdir())) == len(avatars.SIZES)
    with django_capture_on_commit_callbacks(execute=True):
        save(her, without_avatar="on")
    ana.refresh_from_db()
    assert ana.avatar == "" and not list(media.iterdir())


def test_the_same_picture_of_two_people_is_theirs_alone(
    her: Client, ana: User, person: Callable[..., User], django_capture_on_commit_callbacks: Any
) -> None:
    bo, his = person(handle="bo"), Client()
    his.force_login(bo)
    save(her, picture())
    his.post(PROFILE, {"name": "Bo", "handle": "bo", "avatar": SimpleUploadedFile("me.jpg", picture())})
    with django_capture_on_commit_callbacks(execute=True):
        save(her, without_avatar="on")
    bo.refresh_from_db()
    assert her.get(avatars.url_of(bo.avatar)).status_code == 200


def test_transparent_ones_and_moving_ones_are_pictures_too(her: Client, ana: User) -> None:
    for kind in ("PNG", "GIF", "WEBP"):
        assert save(her, picture((10, 20), kind, (255, 0, 0, 0))).status_code == 302, kind
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert save(her, buffer.getvalue()).status_code == 302


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html>",
        b"\xff\xd8\xff" + b"x" * 500,
        picture()[:300],
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_picture_is_refused(her: Client, ana: User, media: Path, content: bytes) -> None:
    assert save(her, content).context["form"].errors["avatar"] == ["This is not a picture we can show."]
    ana.refresh_from_db()
    assert ana.avatar == "" and not media.exists()


@pytest.mark.parametrize(("handle", "content"), [("ana.lima", b"<html>"), ("bo", picture())], ids=["picture", "handle"])
def test_a_profile_is_saved_whole_or_not_at_all(
    her: Client, ana: User, person: Callable[..., User], media: Path, handle: str, content: bytes
) -> None:
    person(handle="bo")
    typed = {"name": "Ana Lima", "handle": handle, "status_emoji": "🌴", "status": "away"}
    page = save(her, content, **typed)
    assert page.context["form"].errors
    assert {name: page.context["form"][name].value() for name in typed} == typed
    assert "Ana Lima" in page.content.decode()
    ana.refresh_from_db()
    assert (ana.name, ana.handle, ana.status_emoji, ana.status, ana.avatar) == ("Ana", "ana", "", "", "")
    assert not media.exists() or not list(media.iterdir())


def test_a_decompression_bomb_is_refused_before_it_is_decoded(her: Client, settings: Any) -> None:
    settings.MAX_PIXELS = 10_000
    bomb = picture((101, 100), "PNG")
    assert save(her, bomb).context["form"].errors["avatar"] == ["This picture has too many pixels."]


def test_pictures_without_end_are_refused(her: Client, ana: User) -> None:
    """Each is some work, and may take a lot of memory while it is."""
    answers = [save(her, picture((20, 20), colour=(number, 0, 0, 255), kind="PNG")) for number in range(11)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [200]
    assert answers[-1].context["form"].errors["avatar"] == ["Too many pictures. Please wait a minute."]
    assert save(her).status_code == 302, "all else is saved"


def test_a_file_that_is_too_large_is_refused(her: Client, settings: Any) -> None:
    settings.MAX_FILE = 1_000
    assert save(her, picture((800, 800), quality=100)).context["form"].errors["avatar"] == ["This file is too large."]


@pytest.mark.parametrize(
    "path",
    [
        "/avatars/" + "0" * 32 + "-96.webp",
        "/avatars/../db.sqlite3",
        "/avatars/x-96.webp",
        "/avatars/" + "0" * 32 + "-97.webp",
    ],
)
def test_what_is_not_there_is_not_there(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_status_is_kept_and_taken_back(her: Client, ana: User) -> None:
    save(her, status_emoji="🌴", status="  In the   south ")
    ana.refresh_from_db()
    assert (ana.status_emoji, ana.status) == ("🌴", "In the south")
    save(her)
    ana.refresh_from_db()
    assert (ana.status_emoji, ana.status) == ("", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("status_emoji", "x"), ("status_emoji", "🌴🌴"), ("status", "x" * 81), ("status", "\u202eback")],
)
def test_a_status_that_cannot_be_shown_is_refused(her: Client, ana: User, field: str, value: str) -> None:
    assert save(her, **{field: value}).context["form"].errors[field]
    ana.refresh_from_db()
    assert (ana.status_emoji, ana.status) == ("", "")


@pytest.mark.parametrize(
    ("zone", "code"),
    [
        ("Asia/Kolkata", 204),
        ("Nowhere/Land", 400),
        ("", 400),
        ("../etc", 400),
        ("America", 400),
        ("x" * 500, 400),
        ("a\0b", 400),
    ],
)
def test_a_clock_stands_in_a_zone_that_there_is(her: Client, ana: User, zone: str, code: int) -> None:
    assert her.post("/accounts/zone/", {"zone": zone}).status_code == code
    ana.refresh_from_db()
    assert ana.time_zone == (zone if code == 204 else "")
