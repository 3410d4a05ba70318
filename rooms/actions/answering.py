"""Threads: an answer is a message of the room that also changes its root, which says how many there are, by whom, and when the last one came.

Both take a version in the same transaction, the answer first; so whoever has both versions has both.
"""

from collections.abc import Iterable

from rooms import payloads
from rooms.actions.change import news_of, publish_message, stamp
from rooms.models import Message, Room, summary


def roots_of(wanted: Iterable[tuple[Room, int]]) -> dict[tuple[str, int], Message]:
    """The messages under which somebody answers, by room and seq; those that there are. Nothing is asked where nobody does."""
    found = {(room.slug, seq): Message.objects.at(room, seq) for room, seq in set(wanted)}
    return {key: root for key, root in found.items() if root}


def answered(room: Room, root: Message, answer: Message) -> payloads.JSON:
    """Let the (locked) room's new `answer` count in its root; return what the room is told of the root. `store` saves it."""
    answer.thread = root.seq
    root.summary = summary.with_answer(root.summary, answer.author_id, answer.created_at)
    root.answerers = None
    room.version += 1
    root.version = room.version
    return news_of(room, root)


def store(roots: Iterable[Message]) -> None:
    """Save the roots of new answers. Not by `save`, which asks how many rows that were: posting does not wait for each answer of the database."""
    for root in {root.pk: root for root in roots}.values():
        Message.objects.filter(pk=root.pk).update(summary=root.summary, version=root.version)


def sum_up_anew(room: Room, answer: Message) -> None:
    """An answer was deleted: its root says so."""
    assert answer.thread
    root = Message.objects.at(room, answer.thread)
    assert root is not None
    root.summary = summary.counted(Message.objects.filter(room=room, thread=root.seq))
    stamp(room, root)
    root.save(update_fields=["summary", "version"])
    publish_message(room, root)
