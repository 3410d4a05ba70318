"""A room in which everything has happened, and all the ways in which its rows can be wrong, each with the words that the doctor has for it.

Past every rule: rows are changed as no code of the site's does. What cannot be mended (a file that is not there) is in `HOPELESS`.
"""

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

Damage = tuple[Callable[[Any], object], str]  # done to the room; a pattern of what is said of it


def lived_in(slug: str) -> Any:
    """Make a room with two people who did all there is to do: #2 and #3 answer #1, #4 calls, #5 is deleted, #6 has a file and is saved."""
    from accounts.models import User
    from rooms import actions, media

    ana, bo = [
        User.objects.create_user(handle=f"{slug}-{name}", email=f"{slug}-{name}@example.com") for name in ("ana", "bo")
    ]
    room = actions.create_room(ana, slug.title(), slug=slug)
    actions.admit(room, [ana, bo])
    say: Callable[..., Any] = lambda who, body, **more: actions.post_one(actions.Draft(who, slug, body, **more))  # noqa: E731
    say(ana, "a root")
    say(bo, "an answer", thread=1)
    say(ana, "another", thread=1)
    say(bo, f"@{slug}-ana, look")
    say(bo, "no more")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        path.write_text("words")
        sent = actions.upload(ana, slug, media.Upload(path, path.name, 5))
    say(ana, "a file", attachments=(sent.pk,))
    actions.react(bo, slug, 1, "👍", True)
    actions.edit(bo, slug, 5, "no more!")
    actions.delete(bo, slug, 5)
    actions.pin(ana, slug, 1, True)
    actions.save(bo, slug, 6, True)
    actions.unread(bo, slug, 3 + 1)
    return room


def _messages(room: Any, *seqs: int) -> Any:
    from rooms.models import Message

    return Message.objects.filter(room=room, seq__in=seqs)


def _rows(name: str, room: Any) -> Any:
    from rooms import models

    return getattr(models, name).objects.filter(room=room)


def _lose(room: Any) -> None:
    from rooms.models import Mention, Message

    Mention.objects.filter(message__room=room, message__seq=4).delete()
    Message.objects.filter(room=room, seq=4).delete()


def _hang_on_deleted(name: str, **fields: Any) -> Callable[[Any], object]:
    def plant(room: Any) -> None:
        from rooms import models

        getattr(models, name).objects.create(
            message=_messages(room, 5).get(), **{k: v(room) for k, v in fields.items()}
        )

    return plant


def _follow_from_afar(room: Any) -> None:
    from accounts.models import User
    from rooms.models import Follower

    stranger = User.objects.create_user(handle=f"{room.slug}-eve", email=f"{room.slug}-eve@example.com")
    Follower.objects.create(
        room=room, seq=1, user=stranger, last_seq=3, answered_at=_messages(room, 3).get().created_at
    )


def _stray(room: Any) -> None:
    import os

    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    for name in (
        f"attachments/ab/{uuid.uuid4().hex}",
        f"avatars/{uuid.uuid4().hex}-96.webp",
        f"incoming/{uuid.uuid4().hex}",
    ):
        os.utime(default_storage.path(default_storage.save(name, ContentFile(b"x"))), (1, 1))


DAMAGES: dict[str, Damage] = {
    "a message is lost": (_lose, r"the messages #4 are missing"),
    "the last number": (lambda room: type(room).objects.filter(pk=room.pk).update(last_seq=9), r"the last number is said to be 9"),
    "the version behind": (lambda room: type(room).objects.filter(pk=room.pk).update(version=3), r"its version is said to be 3"),
    "the version ahead": (lambda room: type(room).objects.filter(pk=room.pk).update(version=99), r"its version is 99, the last change"),
    "a version twice": (lambda room: _messages(room, 2, 3).update(version=2), r"have a version that another one has"),
    "an answer in no thread": (lambda room: _messages(room, 3).update(thread=77), r"#3 answer in a thread that there is not"),
    "a deleted one speaks": (lambda room: _messages(room, 5).update(body="still here", html="x"), r"#5 are deleted, and still say"),
    "a reaction on a deleted one": (
        _hang_on_deleted("Reaction", user=lambda room: room.created_by, emoji=lambda _: "🎉"), r"#5 are deleted, and still have reactions",
    ),
    "a mention in a deleted one": (
        _hang_on_deleted("Mention", user=lambda room: room.created_by, room=lambda room: room, seq=lambda _: 5),
        r"#5 are deleted, and still have mentions",
    ),
    "files miscounted": (lambda room: _messages(room, 6).update(files=3), r"#6 is said to have 3 files, 1 belong to it"),
    "a mention elsewhere": (lambda room: _rows("Mention", room).update(seq=1), r"1 mentions are counted where they do not stand"),
    "saved elsewhere": (lambda room: _rows("Saved", room).update(seq=1), r"1 saved messages are listed under another"),
    "a wrong summary": (
        lambda room: _messages(room, 1).update(summary='{"count":7,"faces":[],"last_at":"2026-01-01T00:00:00+00:00"}'),
        r"#1 sums up its thread wrongly",
    ),
    "no summary": (lambda room: _messages(room, 1).update(summary=""), r"#1 sums up its thread wrongly: nothing"),
    "a summary of nothing": (lambda room: _messages(room, 6).update(summary="garbage"), r"#6 sums up its thread wrongly: garbage"),
    "a follower from afar": (_follow_from_afar, r"1 follow a thread there and are not in the room"),
    "a stale follower": (lambda room: _rows("Follower", room).update(last_seq=2), r"told of another latest answer"),
    "a mark beyond": (lambda room: _rows("Membership", room).update(last_read_seq=70), r"2 have read the room beyond its last"),
    "own messages miscounted": (lambda room: _rows("Membership", room).update(own_above=4), r"counted wrongly what is unread"),
    "files of nobody": (_stray, r"2 files in DATA_DIR/media belong to nothing"),
}  # fmt: skip
