"""`/api/rooms/<slug>/messages/`: read a page of history, post a message; `/threads/<seq>/`: read a page of a thread."""

from typing import Any

from django.views.decorators.http import require_GET, require_http_methods

from rooms import actions, history, limits, payloads, permissions, schemas
from rooms.api.answers import api, body_of
from rooms.asking import SignedIn, moment, number
from rooms.errors import Invalid, NotFound
from rooms.models import Membership, Message, Room


@require_http_methods(["GET", "POST"])
@api
def messages(request: SignedIn, slug: str) -> dict[str, Any]:
    """GET `?before=`, `?after=`, `?around=` (a seq each), `?since=` (a moment) or nothing: a page. POST `{body, ...}`: as `message` on the socket."""
    return _post(request, slug) if request.method == "POST" else _page(request, slug)


def _page(request: SignedIn, slug: str) -> dict[str, Any]:
    room = _readable(request, slug)  # first: to a stranger no question about it is a better one
    asked, since = _asked(request), moment(request.GET, "since")
    if since is not None and any(value is not None for value in asked.values()):
        raise Invalid("before, after, around, since: one at a time")
    return history.page(room, **asked, since=since).payload()


@require_GET
@api
def thread(request: SignedIn, slug: str, seq: int) -> dict[str, Any]:
    """GET, with the same parameters: a page of the thread that `seq` is the root of, or an answer in."""
    room = _readable(request, slug)
    root = Message.objects.root(room, seq)
    if root is None:
        raise NotFound(permissions.NO_MESSAGE, field="seq")
    return {"thread": root.seq, **history.thread(root, **_asked(request)).payload()}


def _asked(request: SignedIn) -> dict[str, int | None]:
    """Which page."""
    asked = {name: number(request.GET, name) for name in ("before", "after", "around")}
    if sum(value is not None for value in asked.values()) > 1:
        raise Invalid("before, after, around: one at a time")
    return asked


def _readable(request: SignedIn, slug: str) -> Room:
    membership = next(iter(Membership.objects.standing([request.user.pk], [slug])), None)
    if refusal := permissions.refusal_to_read(membership.room if membership else None, membership):
        raise refusal
    assert membership is not None
    return membership.room


def _post(request: SignedIn, slug: str) -> dict[str, Any]:
    limits.messages.take_by(request)
    asked = schemas.parse(schemas.PostMessage, {**body_of(request), "room": slug})
    files = tuple(asked.attachments)
    draft = actions.Draft(request.user, asked.room, asked.body, asked.client_id, asked.reply_to, asked.thread, files)
    message = actions.post_one(draft).message
    return {"room": slug, "version": message.version, "message": payloads.message(message)}
