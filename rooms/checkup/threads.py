"""Threads: the root says of them what `summary.counted` finds; who follows one is in the room, and knows its latest answer."""

import json
from collections.abc import Iterator
from functools import partial

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from rooms.checkup.finding import Finding
from rooms.checkup.numbering import change
from rooms.models import Follower, Membership, Message, Room, summary


def summaries(room: Room) -> Iterator[Finding]:
    """How many answers stand, by whom, when the last came."""
    found = Message.objects.filter(room=room)
    answered = set(found.filter(thread__isnull=False).values_list("thread", flat=True)) - {None}
    roots = {message.seq: message for message in found.filter(Q(seq__in=answered) | ~Q(summary=""))}
    for seq, root in sorted(roots.items()):
        counted = summary.counted(found.filter(thread=seq))
        if _read(root.summary) != _read(counted):
            yield Finding(
                f"{room.slug}: #{seq} sums up its thread wrongly: {root.summary or 'nothing'}, there is {counted or 'nothing'}.",
                "it sums it up as it is",
                partial(change, room, [root.pk], summary=counted),
            )


def _read(text: str) -> object:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def followers(room: Room) -> Iterator[Finding]:
    """They are members; the thread is one; the latest answer they are told of is the latest that there is."""
    following = Follower.objects.filter(room=room)
    members = Membership.objects.filter(room=room).values("user")
    roots = Message.objects.filter(room=room, thread=None).values("seq")
    strangers = following.exclude(user__in=members) | following.exclude(seq__in=roots)
    if count := strangers.distinct().count():
        gone = list(strangers.values_list("pk", flat=True))
        yield Finding(
            f"{room.slug}: {count} follow a thread there and are not in the room, or follow what is no thread.",
            "they no longer do",
            lambda: Follower.objects.filter(pk__in=gone).delete(),
        )
    answers = Message.objects.filter(room=room, thread=OuterRef("seq")).order_by("-seq")
    latest = following.annotate(
        there=Coalesce(Subquery(answers.values("seq")[:1]), "seq"), at=Coalesce(Subquery(answers.values("created_at")[:1]), "answered_at"),
    )  # fmt: skip
    stale = [each for each in latest if (each.last_seq, each.answered_at) != (each.there, each.at)]
    if stale:
        yield Finding(
            f"{room.slug}: {len(stale)} who follow a thread there are told of another latest answer than there is.",
            "they are told of the latest",
            lambda: [
                Follower.objects.filter(pk=each.pk).update(last_seq=each.there, answered_at=each.at) for each in stale
            ],
        )
