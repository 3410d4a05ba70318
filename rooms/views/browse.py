"""Open rooms: find, join, leave."""

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from rooms import actions, payloads, sidebar
from rooms.asking import SignedIn
from rooms.errors import ChatError
from rooms.models import Room


@require_GET
@login_required
def browse(request: SignedIn) -> HttpResponse:
    """The rooms one may join, and those one is in."""
    mine = sidebar.rooms_of(request.user)
    joined = {room["slug"] for room in mine}
    found = Room.objects.open().with_member_count().with_last_activity().order_by("name", "pk")
    shown = [
        {
            **payloads.room(room),
            "members": room.members,
            "last_activity": payloads.timestamp(room.last_activity),
            "joined": room.slug in joined,
        }
        for room in found
    ]
    me = {**payloads.user(request.user), "is_staff": request.user.is_staff}
    return render(request, "rooms/browse.html", {"open_rooms": shown, "rooms": mine, "me": me})


@require_POST
@login_required
def join(request: SignedIn, slug: str) -> HttpResponse:
    """Become a member of an open room."""
    try:
        actions.join(request.user, slug)
    except ChatError as refusal:
        notices.error(request, refusal.message)
        return redirect("browse")
    return redirect("room", slug)


@require_POST
@login_required
def leave(request: SignedIn, slug: str) -> HttpResponse:
    """Stop being a member."""
    try:
        actions.leave(request.user, slug)
    except ChatError as refusal:
        notices.error(request, refusal.message)
    return redirect("browse")
