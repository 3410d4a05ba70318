"""The room page, and what its plain forms do without JavaScript."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import first_run
from rooms import actions, history, limits, payloads, schemas, sidebar
from rooms.asking import SignedIn, member_of, number
from rooms.errors import ChatError, Invalid
from rooms.models import Membership

LAST_ROOM = "last_room"  # in the session: where to go back to


def home(request: HttpRequest) -> HttpResponse:
    """The room one was in last, or the first one; on a new site, the first-run page."""
    if first_run.is_needed():
        return redirect("welcome")
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    memberships = Membership.objects.of(request.user)
    last = memberships.filter(room__slug=request.session.get(LAST_ROOM, "")).first()
    first = last or memberships.filter(room__archived_at=None).order_by("-room__is_default", "room_id").first()
    return redirect(first.room) if first else redirect("browse")


@require_GET
@login_required
def room(request: SignedIn, slug: str) -> HttpResponse:
    """A room: its log as one left it, or around the number asked for."""
    membership = member_of(request.user, slug)
    try:
        asked = {name: number(request.GET, name) for name in ("before", "after")}
        asked["around"] = number(request.GET, "at")
    except Invalid:
        return redirect("room", slug)
    if not any(value is not None for value in asked.values()) and _is_far_below(membership):
        asked["around"] = membership.last_read_seq + 1
    page = history.page(membership.room, **asked)
    if not page.messages and membership.room.last_seq:
        return redirect(
            "room", slug
        )  # there is nothing before the first or after the last; an empty log would say that nothing was said
    if request.session.get(LAST_ROOM) != slug:
        request.session[LAST_ROOM] = slug
    return render(request, "rooms/room.html", _context(request, membership, page))


def _refused(request: SignedIn, slug: str, body: str) -> HttpResponse:
    """The room's end, with what was written still in the box."""
    membership = member_of(request.user, slug)
    context = _context(request, membership, history.page(membership.room))
    return render(request, "rooms/room.html", {**context, "body": body})


def _is_far_below(membership: Membership) -> bool:
    """Whether the first unread message is not on the latest page: then the page opens there, not at the end."""
    return membership.room.last_seq - membership.last_read_seq > settings.PAGE_SIZE and membership.last_read_seq > 0


def _context(request: SignedIn, membership: Membership, page: history.Page) -> dict[str, Any]:
    shown = payloads.room_of(membership)
    people = membership.room.memberships.count()
    unread_here = shown["unread"] > 0
    return {
        "room": {**shown, "members": people},
        "log": [payloads.message(message) for message in page.messages],
        "version": page.room.version,
        "has_before": page.has_before,
        "has_after": page.has_after,
        "new_seq": shown["last_read_seq"] + 1 if unread_here else None,
        "people_count": people,
        "max_body": settings.MAX_BODY,
        "now": timezone.now(),
        "client_id": uuid.uuid4(),
        **_frame(request),
    }


@require_POST
@login_required
def post_message(request: SignedIn, slug: str) -> HttpResponse:
    """The composer's plain form. The hidden `client_id` makes a double click one message."""
    data: dict[str, Any] = {"room": slug, "body": request.POST.get("body", "").replace("\r\n", "\n")}
    if request.POST.get("client_id"):
        data["client_id"] = request.POST["client_id"]
    try:
        limits.messages.take(request.user.pk)
        asked = schemas.parse(schemas.PostMessage, data)
        actions.post_one(actions.Draft(request.user, asked.room, asked.body, asked.client_id))
    except ChatError as refusal:
        notices.error(request, refusal.message)
        return _refused(request, slug, data["body"])
    return redirect(reverse("room", args=[slug]) + "#end")


@require_POST
@login_required
def mark_read(request: SignedIn, slug: str) -> HttpResponse:
    """All of the room is read."""
    membership = member_of(request.user, slug)
    actions.read(request.user, slug, membership.room.last_seq)
    return redirect("room", slug)


@require_GET
@login_required
def people(request: SignedIn, slug: str) -> HttpResponse:
    """The people of a room: a panel beside the log, or a page of its own."""
    membership = member_of(request.user, slug)
    members = (
        membership.room.memberships.filter(user__is_active=True).select_related("user").order_by("user__name", "pk")
    )
    shown = [{**payloads.user(member.user), "role": member.role} for member in members]
    context = {"room": payloads.room_of(membership), "people": shown, "people_count": len(shown)}
    if request.headers.get("Sec-Fetch-Mode") == "cors" or "partial" in request.GET:
        return render(request, "rooms/_people.html", context)
    return render(request, "rooms/people.html", context | _frame(request))


def _frame(request: SignedIn) -> dict[str, Any]:
    """What stands around every page: the sidebar's rooms, and oneself."""
    me = {**payloads.user(request.user), "is_staff": request.user.is_staff}
    return {"rooms": sidebar.rooms_of(request.user), "me": me}
