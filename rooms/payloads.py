"""What goes out: the JSON of a user, a message, a room. Server-rendered pages, the API and the sockets all speak these shapes."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from accounts import avatars
from accounts.models import User
from rooms.models import Attachment, Follower, Membership, Mention, Message, Reaction, Revision, Room, summary
from rooms.models.follower import Following
from rooms.models.room import DIRECT
from rooms.models.seat import Seat

JSON = dict[str, Any]
MOST_NAMED = 200  # ids of who is online, a room


@lru_cache(maxsize=256)  # messages that are stored together have one
def timestamp(moment: datetime | None) -> str | None:
    """Return `moment` as ISO 8601 in UTC to the millisecond, with a Z."""
    if moment is None:
        return None
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def user(person: User) -> JSON:
    """A person as others see them; `avatar` where there is one."""
    shown = {"id": person.id, "handle": person.handle, "name": person.name}
    if person.avatar:
        shown["avatar"] = avatars.url_of(person.avatar)
    return shown


def profile(person: User) -> JSON:
    """The same with what they say they are up to; both "" where they say nothing."""
    return {**user(person), "status_emoji": person.status_emoji, "status": person.status}


def message(message: Message) -> JSON:
    """The full present state of a message. Needs `author` and `reply_to__author` at hand (`Message.objects.whole()`).

    `html` is left out where it says no more than the escaped body in one paragraph (`formatting.escaped`); whoever draws the message puts that.
    """
    deleted = message.deleted_at is not None
    shown: JSON = {
        "seq": message.seq,
        "version": message.version,
        "client_id": str(message.client_id),
        "author": user(message.author),
        "body": "" if deleted else message.body,
        "created_at": timestamp(message.created_at),
        "edited_at": message.edited_at and timestamp(message.edited_at),
        "deleted": deleted,
        "reply_to": _quote(message.reply_to) if message.reply_to_id else None,
    }
    if deleted or message.html:
        shown["html"] = "" if deleted else message.html
    # What a plain message has none of costs it no call.
    if message.gathered != []:
        shown |= _reactions(message)
    if message.thread or message.summary:
        shown |= _thread(message)
    if message.called != {}:
        shown |= _mentions(message)
    if message.files:
        shown |= _attachments(message)
    if message.pinned_at:
        shown |= _pin(message)
    return shown


def revision(revision: Revision) -> JSON:
    """What a message said before an edit. Needs `editor` at hand. `html` as for a message."""
    shown = {"html": revision.html} if revision.html else {}
    return {
        "body": revision.body,
        **shown,
        "edited_at": timestamp(revision.edited_at),
        "editor": user(revision.editor),
    }


def _reactions(message: Message) -> JSON:
    """`reactions` where there are any. Pages gather them for all their messages at once; of a single one they are asked for here."""
    if message.gathered is None:
        message.gathered = Reaction.objects.gathered([message.pk]).get(message.pk, [])
    return {"reactions": message.gathered} if message.gathered and not message.is_deleted else {}


def _thread(message: Message) -> JSON:
    """`thread` where it is an answer in one; `answers` where one stands under it. Pages have the people at hand."""
    if message.thread:
        return {"thread": message.thread}
    if not message.summary:
        return {}
    if message.answerers is None:
        people = {person.pk: person for person in User.objects.filter(pk__in=summary.faces(message.summary))}
        message.answerers = [people[pk] for pk in summary.faces(message.summary)]
    count, last_at = summary.count_and_last(message.summary)
    users = [user(person) for person in message.answerers]
    return {"answers": {"count": count, "users": users, "last_at": timestamp(last_at)}}


def _mentions(message: Message) -> JSON:
    """`mentions` where there are any; gathered like reactions, and asked for only where the HTML has one."""
    if message.called is None:
        message.called = Mention.objects.gathered([message.pk]).get(message.pk, {}) if message.may_mention else {}
    return {"mentions": message.called} if message.called else {}


def _pin(message: Message) -> JSON:
    """Since when it is pinned, and by whom, where it is. Pages have the people at hand."""
    if message.pinned_at is None:
        return {}
    by = user(message.pinned_by) if message.pinned_by else None
    return {"pinned_at": timestamp(message.pinned_at), "pinned_by": by}


def _attachments(message: Message) -> JSON:
    """`attachments` where there are any, gathered in the same way."""
    if not message.files:
        return {}
    if message.attached is None:
        message.attached = Attachment.objects.of_messages([message.pk]).get(message.pk, [])
    return {"attachments": [attachment(each) for each in message.attached]}


def attachment(attachment: Attachment) -> JSON:
    """A file that was sent along. `width` and `height` (pixels) and `thumbnail` only where there are."""
    url = f"/attachments/{attachment.pk}/"
    shown: JSON = {
        "id": str(attachment.pk),
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "url": url,
    }
    if attachment.width and attachment.height:
        shown |= {"width": attachment.width, "height": attachment.height}
    if attachment.thumbnail:
        shown["thumbnail"] = f"{url}thumbnail/"
    return shown


def _quote(parent: Message | None) -> JSON | None:
    if parent is None:
        return None
    return {"seq": parent.seq, "author": user(parent.author), "excerpt": parent.excerpt()}


def room(room: Room | Seat) -> JSON:
    """A room as it is for everyone. A direct conversation has a `name` only for each who is in it."""
    shown = {
        "slug": room.slug,
        "name": room.name,
        "topic": room.topic,
        "kind": room.kind,
        "archived": room.archived_at is not None,
        "is_default": room.is_default,
        "slow_mode": room.slow_mode,
        "version": room.version,
        "last_seq": room.last_seq,
    }
    if room.kind == DIRECT:
        del shown["name"]
    return shown


def room_of(membership: Membership | Seat) -> JSON:
    """A room as it is for one member. Needs `room` at hand, `unread` and `mentions` annotated (`Membership.objects.with_unread()`)."""
    shown = {**room(membership.room), **read_mark(membership), **_threads(membership), **standing(membership)}
    return {**shown, **people_of(membership)} if shown["kind"] == DIRECT else shown


def people_of(membership: Membership | Seat) -> JSON:
    """Of a direct conversation: its `name` and `people`, the others. Lists gather them for all; of a single one they are asked for here."""
    if not membership.room.is_direct:
        return {}
    if membership.people is None:
        Membership.objects.with_people([membership])
    people = membership.people or []
    return {"name": ", ".join(person.name for person in people), "people": [user(person) for person in people]}


def online(people: Collection[int]) -> JSON:
    """Who is online in a room (their ids); of a crowd the first."""
    return {"count": len(people), "users": sorted(islice(people, MOST_NAMED))}


def read_mark(membership: Membership | Seat) -> JSON:
    """How far a member has read, and what stands above that."""
    unread: int = getattr(membership, "unread", 0)
    mentions: int = getattr(membership, "mentions", 0)
    return {"last_read_seq": membership.last_read_seq, "unread": max(0, unread), "mentions": mentions}


def _threads(membership: Membership | Seat) -> JSON:
    """The threads of the room that have unread answers for the member; `Membership.objects.standing` has them at hand."""
    threads = getattr(membership, "threads", None)
    if threads is None:
        assert isinstance(membership, Membership)
        key = membership.user_id, membership.room_id
        threads = membership.threads = Follower.objects.unread_of([key[0]], [key[1]]).get(key, [])
    return {"threads": [{"seq": each.seq, **_thread_mark(each)} for each in threads]}


def thread(following: Following) -> JSON:
    """How somebody stands to a thread."""
    return {"seq": following.seq, "following": following.is_following, **_thread_mark(following)}


def _thread_mark(following: Following) -> JSON:
    if not following.is_following:  # what goes on there is no news
        return {"last_read_seq": following.last_read_seq, "unread": 0, "mentions": 0}
    return {"last_read_seq": following.last_read_seq, "unread": following.unread, "mentions": following.mentions}


def standing(membership: Membership | Seat) -> JSON:
    """What a member is and may do in the room; `muted` is null, or until when they may say nothing, and why."""
    muted: JSON | None = None
    if membership.muted_until and membership.is_muted:
        muted = {"until": timestamp(membership.muted_until), "reason": membership.mute_reason}
    return {
        "role": membership.role,
        "involvement": membership.involvement,
        "can_post": membership.room.archived_at is None,
        "muted": muted,
    }
