"""Direct conversations: two to eight people, one room for each set of them. They are what makes it, so nobody comes or goes.

Invariant: a set of people has one room, however many open it at the same moment: its key is unique, and who comes second finds the first.
"""

import secrets
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction

from accounts.models import User
from rooms import broadcast, payloads
from rooms.actions.change import allow
from rooms.actions.joining import admit
from rooms.models import Membership, Room
from rooms.permissions import refusal_to_open


def open_direct(by: User, people: Iterable[User | None]) -> Membership:
    """Return what `by` is in the conversation of `by` and `people`, which is made if there is none yet. Raises ChatError.

    `people`: None for somebody who is not there, as `named` has them.
    """
    others = list(people)
    ids = {by.pk, *(person.pk for person in others if person)}
    room = Room.objects.between(ids) if None not in others else None
    if room is None:
        allow(refusal_to_open(by, others))
        room = _made(by, {by, *(person for person in others if person)})
    return Membership.objects.of(by).with_unread().get(room=room)


def named(names: Sequence[int | str]) -> list[User | None]:
    """The people with these ids or handles; None for each that nobody has."""
    ids = {name for name in names if isinstance(name, int)}
    handles = {name.lower() for name in names if isinstance(name, str)}
    found = User.objects.called(ids, handles) if names else []
    known: dict[int | str, User] = {key: person for person in found for key in (person.pk, person.handle)}
    return [known.get(name.lower() if isinstance(name, str) else name) for name in names]


def call_anew(user: User) -> None:
    """Somebody is called, or looks, otherwise now: the others in their conversations, which are named by who is in them, are told."""
    theirs = Room.objects.of(user).filter(kind=Room.Kind.DIRECT)
    others = Membership.objects.filter(room__in=theirs).exclude(user=user).select_related("room")
    for member in Membership.objects.with_people(list(others)):
        data = {"type": "room", "room": member.room.slug, **payloads.people_of(member)}
        broadcast.publish(broadcast.to_user(member.user_id), data)


def _made(by: User, people: set[User]) -> Room:
    key = Room.key_of([person.pk for person in people])
    try:
        with transaction.atomic():
            slug = f"direct-{secrets.token_hex(8)}"
            room = Room.objects.create(kind=Room.Kind.DIRECT, slug=slug, direct_key=key, created_by=by)
            admit(room, sorted(people, key=lambda person: person.pk))
    except IntegrityError:  # one of the others opened it meanwhile
        return Room.objects.get(direct_key=key)
    return room
