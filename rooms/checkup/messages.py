"""A message and what hangs on it: nothing on a deleted one; what is kept twice, so that it is found fast, is the same in both places."""

from collections.abc import Iterator
from functools import partial

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from rooms.checkup.finding import Finding, some
from rooms.checkup.numbering import change
from rooms.models import Attachment, Mention, Message, Reaction, Revision, Room, Saved
from rooms.models.message import MessageQuerySet


def threads(room: Room) -> Iterator[Finding]:
    """An answer stands under a message of the room that is no answer itself; a message quotes one of its own room."""
    found = Message.objects.filter(room=room)
    roots = found.filter(thread=None).values("seq")
    if lost := _named(found.filter(thread__isnull=False).exclude(thread__in=roots)):
        yield Finding(
            f"{room.slug}: {some([*lost.values()])} answer in a thread that there is not.",
            "they stand in the room's log",
            lambda: change(room, [*lost], thread=None),
        )
    if astray := _named(found.filter(reply_to__isnull=False).exclude(reply_to__room=room)):
        yield Finding(
            f"{room.slug}: {some([*astray.values()])} quote a message of another room.",
            "they quote nothing",
            lambda: change(room, [*astray], reply_to=None),
        )


def deleted(room: Room) -> Iterator[Finding]:
    """Of a deleted message nothing is left but its number and its author."""
    gone = Message.objects.filter(room=room, deleted_at__isnull=False)
    if left := _named(gone.filter(~Q(body="") | ~Q(html="") | Q(files__gt=0) | Q(pinned_at__isnull=False))):
        yield Finding(
            f"{room.slug}: {some([*left.values()])} are deleted, and still say something or are pinned.",
            "they are empty",
            lambda: change(room, [*left], body="", html="", files=0, pinned_at=None, pinned_by=None),
        )
    for model, what in (
        (Reaction, "reactions"),
        (Mention, "mentions"),
        (Revision, "earlier words"),
        (Attachment, "files"),
    ):
        hanging = model._default_manager.filter(message__in=gone)
        if seqs := sorted(set(hanging.values_list("message__seq", flat=True))):
            discard = Attachment.objects.filter(message__in=gone).discard if model is Attachment else hanging.delete
            yield Finding(f"{room.slug}: {some(seqs)} are deleted, and still have {what}.", "they have none", discard)


def _named(messages: MessageQuerySet) -> dict[int, int]:
    """Their numbers, by their ids."""
    return dict(messages.order_by("seq").values_list("pk", "seq"))


def attached(room: Room) -> Iterator[Finding]:
    """A message knows how many files came with it."""
    files = Attachment.objects.filter(message=OuterRef("pk")).order_by().values("message")
    counted = Coalesce(Subquery(files.annotate(n=Count("pk")).values("n")), 0)
    messages = Message.objects.filter(room=room, deleted_at=None).annotate(there=counted).exclude(files=F("there"))
    for pk, seq, said, there in messages.values_list("pk", "seq", "files", "there"):
        yield Finding(
            f"{room.slug}: #{seq} is said to have {said} files, {there} belong to it.",
            f"it has {there}",
            partial(change, room, [pk], files=there),
        )


def copies(room: Room) -> Iterator[Finding]:
    """Mentions and saved messages have the room and the number of their message; a mention in a thread has no number."""
    number = Case(When(message__thread__isnull=True, then=F("message__seq")), default=Value(None))
    mentions = Mention.objects.filter(message__room=room)
    wrong = mentions.exclude(room=room) | mentions.filter(message__thread__isnull=False, seq__isnull=False)
    wrong |= mentions.filter(message__thread__isnull=True).filter(Q(seq__isnull=True) | ~Q(seq=F("message__seq")))
    if found := list(wrong.values_list("pk", number)):
        yield Finding(
            f"{room.slug}: {len(found)} mentions are counted where they do not stand.",
            "they are counted where they stand",
            lambda: [Mention.objects.filter(pk=pk).update(room=room, seq=seq) for pk, seq in found],
        )
    saved = Saved.objects.filter(message__room=room).exclude(room=room, seq=F("message__seq"))
    if astray := list(saved.values_list("pk", "message__seq")):
        yield Finding(
            f"{room.slug}: {len(astray)} saved messages are listed under another number or room.",
            "they are listed as they are",
            lambda: [Saved.objects.filter(pk=pk).update(room=room, seq=seq) for pk, seq in astray],
        )
