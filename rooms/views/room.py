"""The room page, and what its plain forms do without JavaScript."""

import uuid
from datetime import UTC, datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import first_run
from accounts.models.profile import zone_called
from rooms import actions, history, kept, limits, payloads, schemas
from rooms.asking import SignedIn, member_of, number, uploaded
from rooms.errors import ChatError, Invalid
from rooms.models import Membership, Message
from rooms.models.searching import first_since
from rooms.permissions import refusal_to_hurry
from rooms.views.frame import frame
from rooms.views.people import about

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
    if "date" in request.GET:
        return _at_date(request, membership)
    try:
        asked: dict[str, Any] = {name: number(request.GET, name) for name in ("before", "after")}
        asked["around"] = number(request.GET, "at")
    except Invalid:
        return redirect("room", slug)
    if not any(value is not None for value in asked.values()) and _is_far_below(membership):
        asked["around"] = membership.last_read_seq + 1
    page = history.page(membership.room, **asked)
    at = number(request.GET, "at")
    if at is not None and at not in {message.seq for message in page.messages}:
        return _elsewhere(request, membership, at)
    if not page.messages and membership.room.last_seq:
        return redirect(
            "room", slug
        )  # there is nothing before the first or after the last; an empty log would say that nothing was said
    if request.session.get(LAST_ROOM) != slug:
        request.session[LAST_ROOM] = slug
    return render(request, "rooms/room.html", log_context(request, membership, page))


def _elsewhere(request: SignedIn, membership: Membership, seq: int) -> HttpResponse:
    """To a message that is not in the room's log: it stands in a thread, or nowhere."""
    message = Message.objects.at(membership.room, seq)
    if message:
        return redirect(message)
    notices.error(request, _("There is no such message."))
    return redirect(reverse("room", args=[membership.room.slug]) + "#end")


def _at_date(request: SignedIn, membership: Membership) -> HttpResponse:
    """To the first message from a day on, where the person's clock stands."""
    address = reverse("room", args=[membership.room.slug])
    try:
        day = datetime.fromisoformat(request.GET["date"][:10]).replace(
            tzinfo=zone_called(request.user.time_zone) or UTC
        )
        seq = first_since(membership.room, day.astimezone(UTC))
    except (ValueError, OverflowError):
        return redirect(address)
    if seq is None:
        notices.info(request, _("Nothing has been said since then."))
        return redirect(f"{address}#end")
    return redirect(f"{address}?at={seq}#{seq}")


def _refused(request: SignedIn, slug: str, body: str) -> HttpResponse:
    """The room's end, with what was written still in the box."""
    membership = member_of(request.user, slug)
    context = log_context(request, membership, history.page(membership.room))
    return render(request, "rooms/room.html", {**context, "body": body})


def _is_far_below(membership: Membership) -> bool:
    """Whether the first unread message is not on the latest page: then the page opens there, not at the end."""
    return membership.room.last_seq - membership.last_read_seq > settings.PAGE_SIZE and membership.unread > 0


def log_context(request: SignedIn, membership: Membership, page: history.Page) -> dict[str, Any]:
    """The context of `rooms/room.html`."""
    shown = payloads.room_of(membership)
    around = kept.kept(membership)
    return {
        "room": {**shown, "members": around.people},
        "log": [payloads.message(message) for message in page.messages],
        "version": page.room.version,
        "has_before": page.has_before,
        "has_after": page.has_after,
        "new_seq": _first_unread(membership, page) if shown["unread"] > 0 else None,
        "status": about(membership.people[0]) if membership.people and len(membership.people) == 1 else None,
        "people_count": around.people,
        "pinned": around.pinned,
        "saved": around.saved,
        "max_body": settings.MAX_BODY,
        "max_file": settings.MAX_FILE,
        "max_files": settings.MAX_FILES,
        "now": timezone.now(),
        "client_id": uuid.uuid4(),
        "slow_left": _slow_left(membership),
        **frame(request),
    }


def _slow_left(membership: Membership) -> int:
    """How many seconds one still waits before one may say something, in a room with slow mode."""
    refusal = refusal_to_hurry(membership.room, membership, timezone.now()) if membership.room.slow_mode else None
    return ceil(refusal.extra["retry_after"]) if refusal else 0


def _first_unread(membership: Membership, page: history.Page) -> int | None:
    """The first message of the page above the read mark, if the page shows what stands at the mark, too."""
    seqs = [message.seq for message in page.messages]
    above = [seq for seq in seqs if seq > membership.last_read_seq]
    return above[0] if above and (len(above) < len(seqs) or not page.has_before) else None


@require_POST
@login_required
def post_message(request: SignedIn, slug: str) -> HttpResponse:
    """The composer's plain form."""
    try:
        post_form(request, slug)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
        return _refused(request, slug, body_of(request))
    return redirect(reverse("room", args=[slug]) + "#end")


def post_form(request: SignedIn, slug: str, thread: int | None = None) -> None:
    """Say what a composer's plain form says. The hidden `client_id` makes a double click one message, and its files the same. Raises ChatError."""
    data: dict[str, Any] = {"room": slug, "body": body_of(request), "thread": thread}
    if request.POST.get("client_id"):
        data["client_id"] = request.POST["client_id"]
    limits.messages.take_by(request)
    files = uploaded(request, "files")
    for _file in files:
        limits.uploads.take_by(request)
    client_id = schemas.parse(schemas.PostMessage, {**data, "body": "any"}).client_id
    ids = [uuid.uuid5(client_id, str(n)) for n in range(len(files))]
    asked = schemas.parse(schemas.PostMessage, {**data, "attachments": [str(id) for id in ids]})
    for id, file in zip(ids, files, strict=True):
        actions.upload(request.user, slug, file, id)
    actions.post_one(actions.Draft(request.user, slug, asked.body, client_id, thread=thread, attachments=tuple(ids)))


def body_of(request: HttpRequest) -> str:
    """What was written in the box."""
    return request.POST.get("body", "").replace("\r\n", "\n")


@require_POST
@login_required
def mark_read(request: SignedIn, slug: str) -> HttpResponse:
    """All of the room is read."""
    membership = member_of(request.user, slug)
    try:
        limits.events.take_by(request)
        actions.read(request.user, slug, membership.room.last_seq)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
    return redirect("room", slug)


@require_POST
@login_required
def involve(request: SignedIn, slug: str) -> HttpResponse:
    """What one wants to be told of."""
    member_of(request.user, slug)
    try:
        limits.events.take_by(request)
        asked = schemas.parse(schemas.Involve, {"room": slug, "involvement": request.POST.get("involvement", "")})
        actions.involve(request.user, slug, asked.involvement)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
    return redirect("room", slug)


@require_GET
@login_required
def people(request: SignedIn, slug: str) -> HttpResponse:
    """The people of a room: a panel beside the log, or a page of its own."""
    membership = member_of(request.user, slug)
    members = Membership.objects.roll(membership.room)
    shown = [{**payloads.user(member.user), **about(member.user), "role": member.role} for member in members]
    context = {"room": payloads.room_of(membership), "people": shown, "people_count": len(shown)}
    if request.headers.get("Sec-Fetch-Mode") == "cors" or "partial" in request.GET:
        return render(request, "rooms/_people.html", context)
    return render(request, "rooms/people.html", context | frame(request))
