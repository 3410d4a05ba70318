"""`/api/rooms/<slug>/people/`: whom a message may mention, for completion as one types; `/api/people/`: whom one may write to."""

from typing import Any

from django.views.decorators.http import require_GET

from accounts.models import User
from rooms import payloads, permissions
from rooms.api.answers import api
from rooms.asking import SignedIn
from rooms.models import Membership

MOST = 200  # members in an answer: a room of this size is told at once, and completed without asking again
MOST_OTHERS = 8


@require_GET
@api
def everyone(request: SignedIn) -> dict[str, Any]:
    """`?q=` finds in name and handle: `people` but oneself, and whether there are `more`."""
    found = list(User.objects.active().exclude(pk=request.user.pk).matching(query_of(request))[: MOST_OTHERS + 1])
    return {"people": [payloads.user(person) for person in found[:MOST_OTHERS]], "more": len(found) > MOST_OTHERS}


@require_GET
@api
def people(request: SignedIn, slug: str) -> dict[str, Any]:
    """`?q=` finds in name and handle. `people`: members but oneself (`more`: there are more); `others`: who is not in the room, where q is given."""
    membership = Membership.objects.of(request.user).filter(room__slug=slug).first()
    if refusal := permissions.refusal_to_read(membership.room if membership else None, membership):
        raise refusal
    assert membership is not None
    q = query_of(request)
    found = User.objects.active().exclude(pk=request.user.pk).matching(q)
    inside = membership.room.memberships.values("user")
    members = list(found.filter(pk__in=inside)[: MOST + 1])
    others = found.exclude(pk__in=inside)[:MOST_OTHERS] if q else []
    return {
        "people": [payloads.user(person) for person in members[:MOST]],
        "more": len(members) > MOST,
        "others": [payloads.user(person) for person in others],
    }


def query_of(request: SignedIn) -> str:
    """What was typed."""
    return request.GET.get("q", "")[:60].replace("\0", "").strip()
