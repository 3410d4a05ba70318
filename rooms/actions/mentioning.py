"""Who and what a text refers to, and who is thereby mentioned. Asked of the database only for texts with an @ or a # that may mean something.

The text is rendered before the room is locked: a handle that joins or leaves meanwhile is as it was when the message was written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms import broadcast
from rooms.actions.change import allow
from rooms.errors import ChatError, Invalid, phrase
from rooms.formatting import Rendered, refer
from rooms.models import Membership, Mention, Message, Room
from rooms.references import Mentioned, Names, candidates

NOBODY = Names()
MOST = 100  # mentions in a message, each time one is written


class Said(Protocol):
    """What somebody wrote for a room (its slug)."""

    author: User
    room: str
    body: str


@dataclass(slots=True)
class Text:
    """The same, of what was said before."""

    author: User
    room: str
    body: str


def rendered(texts: Sequence[Said]) -> list[Rendered]:
    """Render each; at most three queries for all of them, none where there is nothing to look up."""
    wanted = [candidates(text.body) for text in texts if "@" in text.body or "#" in text.body]
    if not wanted:
        return [refer(text.body, NOBODY) for text in texts]
    handles = set[str]().union(*[handles for handles, _ in wanted])
    slugs = set[str]().union(*[slugs for _, slugs in wanted])
    people = Membership.objects.called({text.room for text in texts}, handles) if handles else {}
    known = Room.objects.known_to({text.author.pk for text in texts}, slugs) if slugs else {}
    addresses = {slug: reverse("room", args=[slug]) for slug in set[str]().union(*known.values())}
    return [
        refer(
            text.body,
            Names(people.get(text.room, {}), {slug: addresses[slug] for slug in known.get(text.author.pk, ())}),
        )
        for text in texts
    ]


def refusal_to_call(room: Room | None, mentioned: Mentioned) -> ChatError | None:
    """So many, and no more; in a crowd @here is too many."""
    if mentioned.count > MOST:
        return Invalid(
            phrase(_("%(count)s mentions, at most %(most)s"), count=mentioned.count, most=MOST), field="body"
        )
    online = len(broadcast.present(room.pk)) if room and mentioned.here else 0
    if online > settings.PRESENCE_CROWD:
        return Invalid(
            phrase(_("%(count)s people are online, too many for @here; use @room"), count=online), field="body"
        )
    return None


def called(room: Room, author: User, mentioned: Mentioned | None) -> dict[str, Any]:
    """Return whom a text calls, as payloads show it: `{room, users}`, or nothing; not its author; with everybody nobody by name."""
    if mentioned is None:
        return {}
    if mentioned.room:
        return {"room": True, "users": []}
    people = mentioned.people | (broadcast.present(room.pk) if mentioned.here else set())
    people.discard(author.pk)
    return {"room": False, "users": sorted(people)} if people else {}


def call_anew(room: Room, message: Message, before: Mentioned | None, now: Mentioned | None) -> None:
    """The message was edited: store whom it calls `now`. Whom @here called `before` stays called, and nobody else is. Raises Invalid."""
    if before is None and now is None:
        return
    stored = Mention.objects.gathered([message.pk]).get(message.pk, {"room": False, "users": []})
    if now and now.here and before and before.here:
        here = set(stored["users"]) - before.people
        now = Mentioned(now.people | here, now.room, here=False, count=now.count)
    if now:
        allow(refusal_to_call(room, now))
    message.called = called(room, message.author, now)
    Mention.objects.filter(message=message).delete()
    Mention.objects.store([message])
