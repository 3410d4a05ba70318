"""What is unread: no mark above the last message, and as many own messages above it as `own_above` says."""

from collections.abc import Iterator

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from rooms.checkup.finding import Finding
from rooms.models import Follower, Membership, Message, Room


def marks(room: Room) -> Iterator[Finding]:
    """Nobody has read what is not there."""
    for model, what in ((Membership, "the room"), (Follower, "a thread")):
        beyond = model._default_manager.filter(room=room, last_read_seq__gt=room.last_seq)
        if count := beyond.count():
            yield Finding(
                f"{room.slug}: {count} have read {what} beyond its last message, #{room.last_seq}.",
                "they have read it to its end",
                lambda beyond=beyond: beyond.update(last_read_seq=room.last_seq),  # type: ignore[misc]
            )


def own_above(room: Room) -> Iterator[Finding]:
    """One's own messages are not unread: so many of the log stand above the mark."""
    own = Message.objects.filter(
        room=room, author=OuterRef("user"), thread=None, deleted_at=None, seq__gt=OuterRef("last_read_seq")
    )
    counted = own.order_by().values("author").annotate(n=Count("pk")).values("n")
    members = Membership.objects.filter(room=room).annotate(there=Coalesce(Subquery(counted), 0))
    if wrong := list(members.exclude(own_above=F("there")).values_list("pk", "there")):
        yield Finding(
            f"{room.slug}: for {len(wrong)} members it is counted wrongly what is unread.",
            "it is counted anew",
            lambda: [Membership.objects.filter(pk=pk).update(own_above=there) for pk, there in wrong],
        )
