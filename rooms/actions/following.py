"""Following threads: by writing the root or an answer, by being called there by name, or by choice. What one follows is unread until one reads it.

Followers change with the answers, in their transaction, under the lock of the room; each is told how they now stand to the thread, on all their
devices. Invariant: who is told is a member; a thread has at most MOST followers, so that an answer costs no more however popular it is.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import allow, held
from rooms.errors import Invalid, phrase
from rooms.models import Done, Follower, Membership, Message, Room, summary
from rooms.models.follower import Following
from rooms.permissions import refusal_to_follow, refusal_to_read

MOST = 500  # followers of a thread


def standing_to(user: User, room: Room, seq: int) -> dict[str, Any]:
    """How `user` stands to the thread under `seq`."""
    found = Follower.objects.standing(room, seq, [user.pk])
    return payloads.thread(found[0] if found else Following(room.pk, user.pk, seq, False, 0, 0, 0))


def follow(user: User, slug: str, seq: int, on: bool, client_id: UUID | None = None) -> dict[str, Any]:
    """Follow the thread that the message numbered `seq` opens or stands in, or no longer; by a `client_id` once, whatever came since.

    What stands there counts as read. Raises ChatError.
    """
    with transaction.atomic():
        room = held(user, slug, refusal_to_read)
        root = Message.objects.root(room, seq)
        allow(refusal_to_follow(root))
        assert root is not None
        if not Done.objects.is_new(user, client_id):
            return standing_to(user, room, root.seq)
        known = Follower.objects.of_thread(room, root.seq).filter(user=user).first()
        if on and known is None and Follower.objects.of_thread(room, root.seq).count() >= MOST:
            raise Invalid(phrase(_("%(most)s people follow this thread already"), most=MOST), field="seq")
        if on and not (known and known.is_following):
            _follow_from(room, root.seq, {user.pk: room.last_seq})
        elif known and known.is_following and not on:
            Follower.objects.filter(pk=known.pk).update(is_following=False)
        else:
            return standing_to(user, room, root.seq)
        return _told(room, root.seq, user)


def thread_read(user: User, slug: str, seq: int, upto: int) -> dict[str, Any]:
    """Note that `user` has read the thread under `seq` up to the answer `upto`; as for `read`, never down. Raises ChatError."""
    with transaction.atomic():
        membership = Membership.objects.of(user).filter(room__slug=slug).first()
        allow(refusal_to_read(membership.room if membership else None, membership))
        assert membership is not None
        room = membership.room
        known = Follower.objects.of_thread(room, seq).filter(user=user).select_for_update().first()
        mark = min(upto, room.last_seq)
        if known is None:
            allow(refusal_to_follow(Message.objects.at(room, seq)))
        if known is None or not known.is_following or mark <= known.last_read_seq:
            return standing_to(user, room, seq)
        Follower.objects.filter(pk=known.pk).update(last_read_seq=mark)
        return _told(room, seq, user)


def unread_above(user: User, room: Room, seq: int, mark: int) -> dict[str, Any]:
    """Mark the thread under `seq` of the (locked) room unread above `mark`; who did not follow it does so now."""
    if Follower.objects.of_thread(room, seq).exclude(user=user).count() >= MOST:
        raise Invalid(phrase(_("%(most)s people follow this thread already"), most=MOST), field="seq")
    _follow_from(room, seq, {user.pk: mark})
    return _told(room, seq, user)


def answered(room: Room, root: Message, answers: Sequence[Message]) -> None:
    """There are new answers under `root`, in their order: who wrote them, who wrote the root and who is named follows; all followers are told."""
    known = dict(Follower.objects.of_thread(room, root.seq).values_list("user", "is_following"))
    last, read = answers[-1].seq, {answer.author_id: answer.seq for answer in answers}
    fresh = dict(read)
    if summary.count_and_last(root.summary)[0] == len(answers):  # the first ones: also those whom the root called
        for person in [root.author_id, *sorted(root.named)]:
            if person not in known:
                fresh.setdefault(person, root.seq)
    for answer in answers:
        for named in sorted(answer.named):
            if not known.get(named):
                fresh.setdefault(named, answer.seq - 1)
    Follower.objects.of_thread(room, root.seq).update(last_seq=last, answered_at=answers[-1].created_at)
    _follow_from(room, root.seq, fresh, known)
    _tell(room, root.seq, last + 1)


def named_anew(room: Room, answer: Message, named: Iterable[int]) -> None:
    """An answer was edited: who is `named` (ids) only now follows, and whoever has it before them is told."""
    assert answer.thread
    known = dict(Follower.objects.of_thread(room, answer.thread).values_list("user", "is_following"))
    fresh = {user: answer.seq - 1 for user in named if not known.get(user)}
    _follow_from(room, answer.thread, fresh, known)
    _tell(room, answer.thread, answer.seq)


def uncounted(room: Room, answer: Message) -> None:
    """An answer was deleted: whoever had it before them is told."""
    assert answer.thread
    _tell(room, answer.thread, answer.seq)


def forget(room: Room, users: Iterable[int]) -> None:
    """The users (ids) are no longer in the room: they follow nothing there."""
    Follower.objects.filter(room=room, user__in=list(users)).delete()


def _follow_from(room: Room, seq: int, marks: dict[int, int], known: dict[int, bool] | None = None) -> None:
    """Let the users follow the thread, each having read it up to the mark; `known`: who has a row, and whether they follow."""
    if not marks:
        return
    thread = Follower.objects.of_thread(room, seq)
    if known is None:
        known = dict(thread.values_list("user", "is_following"))
    for user, mark in marks.items():
        if user in known:
            thread.filter(user=user).update(is_following=True, last_read_seq=mark)
    newcomers = [user for user in marks if user not in known][: max(0, MOST - len(known))]
    if not newcomers:
        return
    members = Membership.objects.filter(room=room, user__in=newcomers, user__is_active=True)
    present = set(members.values_list("user", flat=True))
    latest = Message.objects.filter(room=room, thread=seq).order_by("-seq").values_list("seq", "created_at").first()
    last, at = latest or (seq, timezone.now())
    Follower.objects.bulk_create(
        Follower(room=room, seq=seq, user_id=user, last_read_seq=marks[user], last_seq=last, answered_at=at)
        for user in newcomers
        if user in present
    )


def _told(room: Room, seq: int, user: User) -> dict[str, Any]:
    """How `user` stands to the thread now; on commit, all their devices hear it."""
    now = standing_to(user, room, seq)
    _publish(room, [(user.pk, now)])
    return now


def _tell(room: Room, seq: int, below: int) -> None:
    """On commit: the followers who have not read the thread up to the answer `below` hear how they stand to it."""
    _publish(
        room, [(each.user_id, payloads.thread(each)) for each in Follower.objects.standing_below(room, seq, below)]
    )


def _publish(room: Room, told: Sequence[tuple[int, dict[str, Any]]]) -> None:
    def publish() -> None:
        for user_id, now in told:
            broadcast.publish(broadcast.to_user(user_id), {"type": "thread", "room": room.slug, **now})

    transaction.on_commit(publish)
