"""A thread: beside the log of its room, as a panel that is fetched or as one page with it, which works without JavaScript; and to follow it."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from rooms import actions, history, kept, limits, payloads, schemas
from rooms.asking import SignedIn, member_of, number
from rooms.errors import ChatError, Invalid
from rooms.models import Membership, Message
from rooms.views.room import body_of, log_context, post_form

THREADS = "/threads/"  # the list, where one comes back to


@require_http_methods(["GET", "POST"])
@login_required
def thread(request: SignedIn, slug: str, seq: int) -> HttpResponse:
    """The thread that the message opens, or stands in. POST: the plain form of its composer."""
    membership = member_of(request.user, slug)
    root = Message.objects.root(membership.room, seq)
    if root is None:
        raise Http404("No such message.")
    if request.method == "POST":
        return _post(request, membership, root)
    if "partial" in request.GET:
        around = {"around": seq} if seq != root.seq else {}
        return render(request, "rooms/_thread.html", _partial(request, membership) | _panel(request, root, around))
    if root.seq != seq:
        return redirect(reverse("thread", args=[slug, root.seq]) + f"?at={seq}#{seq}")
    try:
        asked = {name: number(request.GET, name) for name in ("before", "after")}
        asked["around"] = number(request.GET, "at")
    except Invalid:
        return redirect("thread", slug, root.seq)
    return _page(request, membership, root, asked)


@require_POST
@login_required
def follow(request: SignedIn, slug: str, seq: int) -> HttpResponse:
    """Follow the thread, or no longer."""
    member_of(request.user, slug)
    try:
        limits.events.take_by(request)
        asked = schemas.parse(schemas.Follow, {"room": slug, "seq": seq, "on": request.POST.get("on") != "0"})
        actions.follow(request.user, asked.room, asked.seq, asked.on)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
    return redirect(THREADS if request.POST.get("next") == THREADS else reverse("thread", args=[slug, seq]))


@require_POST
@login_required
def mark_read(request: SignedIn, slug: str, seq: int) -> HttpResponse:
    """All of the thread is read."""
    membership = member_of(request.user, slug)
    try:
        limits.events.take_by(request)
        actions.thread_read(request.user, slug, seq, membership.room.last_seq)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
    return redirect(THREADS)


def _post(request: SignedIn, membership: Membership, root: Message) -> HttpResponse:
    slug = membership.room.slug
    try:
        post_form(request, slug, root.seq)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
        return _page(request, membership, root, {}, body_of(request))
    return redirect(reverse("thread", args=[slug, root.seq]) + "#thread-end")


def _page(
    request: SignedIn, membership: Membership, root: Message, asked: Mapping[str, int | None], body: str = ""
) -> HttpResponse:
    """The thread beside the room's log, where its root stands."""
    log = log_context(request, membership, history.page(membership.room, around=root.seq))
    return render(request, "rooms/room.html", {**log, **_panel(request, root, asked, body)})


def _partial(request: SignedIn, membership: Membership) -> dict[str, Any]:
    """What a panel needs of the page that it comes into."""
    return {
        "room": payloads.room_of(membership),
        "me": payloads.user(request.user),
        "saved": kept.kept(membership).saved,
        "max_body": settings.MAX_BODY,
        "max_file": settings.MAX_FILE,
        "max_files": settings.MAX_FILES,
        "client_id": uuid.uuid4(),
    }


def _panel(request: SignedIn, root: Message, asked: Mapping[str, int | None], body: str = "") -> dict[str, Any]:
    """The thread as it stands, at its first unread answer if nothing else is asked for."""
    following = actions.standing_to(request.user, root.room, root.seq)
    new_seq = (
        Message.objects.first_unread_answer(root, request.user, following["last_read_seq"])
        if following["unread"]
        else None
    )
    if new_seq and not any(value is not None for value in asked.values()):
        asked = {"around": new_seq}
    page = history.thread(root, **{name: value for name, value in asked.items() if value is not None})
    shown = {
        "seq": root.seq,
        "new_seq": new_seq,
        "following": following["following"],
        "last_read_seq": following["last_read_seq"],
        "log": [payloads.message(message) for message in page.messages],
        "version": page.room.version,
        "has_before": page.has_before,
        "has_after": page.has_after,
        "body": body,
    }
    return {"thread": shown}
