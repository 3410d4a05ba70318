"""The threads one follows: those with something unread first, then by their latest answer. Works without JavaScript."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from rooms import payloads
from rooms.asking import SignedIn, number
from rooms.errors import Invalid
from rooms.models import Follower, Message, Room
from rooms.views.frame import frame

PAGE = 20  # threads


@require_GET
@login_required
def threads(request: SignedIn) -> HttpResponse:
    """The list; `?page=`, from 1; `?partial`: the list alone."""
    try:
        page = max(1, number(request.GET, "page") or 1)
    except Invalid:
        return redirect("threads")
    followed = Follower.objects.followed_by(request.user, PAGE + 1, (page - 1) * PAGE)
    framed = frame(request)
    shown = {room["slug"]: room for room in framed["rooms"]}
    rooms = Room.objects.in_bulk({each.room_id for each in followed})
    roots = {
        (root.room_id, root.seq): root
        for root in Message.objects.roots([(each.room_id, each.seq) for each in followed])
    }
    found: list[dict[str, Any]] = [
        {
            **payloads.thread(each),
            "room": shown[rooms[each.room_id].slug],
            "root": payloads.message(roots[each.room_id, each.seq]),
            "excerpt": roots[each.room_id, each.seq].excerpt(120),
        }
        for each in followed[:PAGE]
        if rooms[each.room_id].slug in shown
    ]
    context = {"threads": found, "page": page, "has_more": len(followed) > PAGE}
    return render(
        request, "rooms/_followed.html" if "partial" in request.GET else "rooms/threads.html", context | framed
    )
