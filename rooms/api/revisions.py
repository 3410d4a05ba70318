"""`/api/rooms/<slug>/messages/<seq>/revisions/`: what a message said before its edits, for its author and who moderates."""

from typing import Any

from django.views.decorators.http import require_GET

from rooms import payloads, permissions
from rooms.api.answers import api
from rooms.asking import SignedIn
from rooms.errors import NotFound
from rooms.models import Membership, Message
from rooms.schemas import MAX_SEQ

MOST = 100  # revisions in an answer, the latest


@require_GET
@api
def revisions(request: SignedIn, slug: str, seq: int) -> dict[str, Any]:
    """The revisions of a message, oldest first."""
    membership = Membership.objects.of(request.user).filter(room__slug=slug).first()
    if refusal := permissions.refusal_to_read(membership.room if membership else None, membership):
        raise refusal
    assert membership is not None
    if seq > MAX_SEQ:
        raise NotFound(permissions.NO_MESSAGE, field="seq")
    message = Message.objects.at(membership.room, seq)
    if refusal := permissions.refusal_to_see_revisions(message, membership):
        raise refusal
    assert message is not None
    latest = message.revisions.select_related("editor").order_by("-pk")[:MOST]
    return {"room": slug, "seq": seq, "revisions": [payloads.revision(each) for each in latest][::-1]}
