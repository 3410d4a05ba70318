"""Open rooms: find, join, leave."""

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.names import collated
from rooms import actions, limits, payloads
from rooms.asking import SignedIn
from rooms.errors import ChatError
from rooms.models import Room
from rooms.views.frame import frame


@require_GET
@login_required
def browse(request: SignedIn) -> HttpResponse:
    """The rooms one may join, and those one is in."""
    framed = frame(request)
    joined = {room["slug"] for room in framed["rooms"]}
    found = sorted(Room.objects.open().with_member_count().with_last_activity(), key=lambda room: collated(room.name))
    shown = [
        {
            **payloads.room(room),
            "members": room.members,
            "last_activity": payloads.timestamp(room.last_activity),
            "joined": room.slug in joined,
        }
        for room in found
    ]
    return render(request, "rooms/browse.html", {"open_rooms": shown, **framed})


@require_POST
@login_required
def join(request: SignedIn, slug: str) -> HttpResponse:
    """Become a member of an open room."""
    try:
        limits.joins.take_by(request)
        actions.join(request.user, slug)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
        return redirect("browse")
    return redirect("room", slug)


@require_POST
@login_required
def leave(request: SignedIn, slug: str) -> HttpResponse:
    """Stop being a member."""
    try:
        limits.events.take_by(request)
        actions.leave(request.user, slug)
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
    return redirect("browse")
