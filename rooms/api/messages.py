"""`/api/rooms/<slug>/messages/`: read a page of history, post a message."""

import json
from typing import Any

from django.views.decorators.http import require_http_methods

from rooms import actions, history, limits, payloads, permissions, schemas
from rooms.api.answers import api
from rooms.asking import SignedIn, number
from rooms.errors import Invalid
from rooms.models import Membership


@require_http_methods(["GET", "POST"])
@api
def messages(request: SignedIn, slug: str) -> dict[str, Any]:
    """GET `?before=`, `?after=`, `?around=` (a seq each) or nothing: a page. POST `{body, client_id?, reply_to?}`: as `message` on the socket."""
    return _post(request, slug) if request.method == "POST" else _page(request, slug)


def _page(request: SignedIn, slug: str) -> dict[str, Any]:
    membership = Membership.objects.of(request.user).filter(room__slug=slug).first()
    if refusal := permissions.refusal_to_read(membership.room if membership else None, membership):
        raise refusal
    assert membership is not None
    asked = {name: number(request.GET, name) for name in ("before", "after", "around")}
    if sum(value is not None for value in asked.values()) > 1:
        raise Invalid("before, after, around: one at a time")
    return history.page(membership.room, **asked).payload()


def _post(request: SignedIn, slug: str) -> dict[str, Any]:
    limits.messages.take(request.user.pk)
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):  # the latter: brackets in brackets, without end
        raise Invalid("payload: must be JSON", field="payload") from None
    if not isinstance(data, dict):
        raise Invalid("payload: must be an object", field="payload")
    asked = schemas.parse(schemas.PostMessage, {**data, "room": slug})
    posted = actions.post_one(actions.Draft(request.user, asked.room, asked.body, asked.client_id, asked.reply_to))
    message = posted.message
    return {"room": slug, "version": message.version, "message": payloads.message(message)}
