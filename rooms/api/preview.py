"""`/api/preview/`: how a body will look. The same rendering as a message's, so that what one sees is what one gets; nothing is kept."""

from typing import Any

from django.views.decorators.http import require_POST

from rooms import formatting, permissions, schemas
from rooms.actions.mentioning import Text, rendered
from rooms.api.answers import api, body_of
from rooms.asking import SignedIn
from rooms.models import Membership


@require_POST
@api
def preview(request: SignedIn) -> dict[str, Any]:
    """POST `{body, room?}`: its HTML, as safe to insert as a message's; who is called in it is known of a room that one is in."""
    asked = schemas.parse(schemas.Preview, body_of(request))
    if asked.room is None:
        html = formatting.render(asked.body)
    else:
        membership = Membership.objects.of(request.user).filter(room__slug=asked.room).first()
        if refusal := permissions.refusal_to_read(membership.room if membership else None, membership):
            raise refusal
        html = rendered([Text(request.user, asked.room, asked.body)])[0].html
    return {"html": html or formatting.escaped(asked.body)}
