"""`/api/direct/`: open the conversation with somebody."""

from typing import Any

from django.views.decorators.http import require_POST

from rooms import actions, limits, payloads, schemas
from rooms.api.answers import api, body_of
from rooms.asking import SignedIn


@require_POST
@api
def direct(request: SignedIn) -> dict[str, Any]:
    """POST `{people}`: as `direct` on the socket."""
    limits.joins.take_by(request)
    asked = schemas.parse(schemas.Direct, body_of(request))
    return {"room": payloads.room_of(actions.open_direct(request.user, actions.named(asked.people)))}
