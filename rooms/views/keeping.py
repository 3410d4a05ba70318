"""What is kept at hand: the pinned messages of a room, beside its log or as a page; what one has saved oneself, in all rooms."""

from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from rooms import actions, limits, payloads, schemas
from rooms.asking import SignedIn, member_of, number
from rooms.errors import ChatError, Invalid
from rooms.models import Message, Saved
from rooms.views.frame import frame


@require_http_methods(["GET", "POST"])
@login_required
def pinned(request: SignedIn, slug: str) -> HttpResponse:
    """The pinned messages of a room. POST `seq`: that one is no longer."""
    membership = member_of(request.user, slug)
    if request.method == "POST":
        try:
            limits.reactions.take_by(request)
            asked = schemas.parse(schemas.Pin, {"room": slug, "seq": number(request.POST, "seq"), "on": False})
            actions.pin(request.user, slug, asked.seq, asked.on)
        except ChatError as refusal:
            notices.error(request, refusal.sentence)
        return redirect("pinned", slug)
    context = {
        "room": payloads.room_of(membership),
        "kept": [payloads.message(message) for message in Message.objects.pinned(membership.room)],
    }
    if "partial" in request.GET:
        return render(request, "rooms/_pinned.html", context)
    return render(request, "rooms/pinned.html", context | frame(request))


@require_http_methods(["GET", "POST"])
@login_required
def saved(request: SignedIn) -> HttpResponse:
    """What one has saved, the last first. POST `room`, `seq`: that one is no longer."""
    if request.method == "POST":
        try:
            limits.reactions.take_by(request)
            asked = {"room": request.POST.get("room", ""), "seq": number(request.POST, "seq"), "on": False}
            put_away = schemas.parse(schemas.Save, asked)
            actions.save(request.user, put_away.room, put_away.seq, put_away.on)
        except ChatError as refusal:
            notices.error(request, refusal.sentence)
        return redirect("saved")
    try:
        before = number(request.GET, "before")
    except Invalid:
        return redirect("saved")
    framed = frame(request)
    rooms = {room["slug"]: room for room in framed["rooms"]}
    found = Saved.objects.page(request.user, before, settings.PAGE_SIZE + 1)
    shown = [
        {**payloads.message(each.message), "room": rooms.get(each.room.slug) or payloads.room(each.room)}
        for each in found[: settings.PAGE_SIZE]
    ]
    older = found[settings.PAGE_SIZE - 1].pk if len(found) > settings.PAGE_SIZE else None
    return render(request, "rooms/saved.html", {"kept": shown, "older": older, "before": before, **framed})
