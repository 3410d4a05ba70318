"""Rooms as people arrange them: a new one, and the settings of one that there is. Plain forms; whoever is connected sees what came of them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Site
from rooms import actions, limits, payloads
from rooms.asking import SignedIn, member_of
from rooms.durations import SLOW
from rooms.errors import ChatError
from rooms.models import Invitation, Membership, Room, Sanction
from rooms.permissions import refusal_to_add, refusal_to_arrange, refusal_to_leave, refusal_to_make, refusal_to_moderate
from rooms.views.forms import InvitationForm, RoomForm
from rooms.views.frame import frame
from rooms.views.people import choice, chosen


@require_http_methods(["GET", "POST"])
@login_required
def new_room(request: SignedIn) -> HttpResponse:
    """Make a room. What was filled in survives a search for people without JavaScript."""
    asked = request.POST if request.method == "POST" else request.GET
    refusal = refusal_to_make(request.user, Site.current())
    form = RoomForm(request.POST) if request.method == "POST" else RoomForm(initial=request.GET.dict())
    if request.method == "POST" and not refusal and form.is_valid():
        try:
            limits.joins.take_by(request)
            return redirect(actions.make_room(request.user, **form.cleaned_data, people=chosen(asked)))
        except ChatError as told:
            notices.error(request, told.sentence)
    context = {"form": form, "refusal": refusal, **choice(request.user, asked), **frame(request)}
    return render(request, "rooms/new_room.html", context, status=403 if refusal else 200)


@require_http_methods(["GET", "POST"])
@login_required
def settings(request: SignedIn, slug: str) -> HttpResponse:
    """What the room is, and for its moderators how to change that."""
    membership = member_of(request.user, slug)
    if request.method == "GET" and membership.room.is_direct:
        return redirect(membership.room)  # it has none
    if request.method == "GET":
        return shown(request, membership)
    form = RoomForm(request.POST)
    if not form.is_valid():
        return shown(request, membership, form=form)
    return done(request, slug, lambda: actions.arrange(request.user, slug, **form.cleaned_data), _("Saved."))


def shown(request: SignedIn, membership: Membership, **forms: Form) -> HttpResponse:
    """The page, with what was filled in wrongly: `form` of the room, `invitation_form` of a new link."""
    room = membership.room
    initial = {"name": room.name, "topic": room.topic, "kind": room.kind}
    members = Membership.objects.roll(room)
    may_arrange = not refusal_to_arrange(room, membership)
    may_add = not refusal_to_add(room, membership)
    may_moderate = not refusal_to_moderate(room, membership)
    ids = [member.user_id for member in members]
    context = {
        "room": payloads.room_of(membership),
        "form": RoomForm(initial=initial),
        "people": [{**payloads.user(member.user), "role": member.role} for member in members],
        "may_arrange": may_arrange,
        "may_moderate": may_moderate,
        "may_leave": not refusal_to_leave(room, membership),
        "may_add": may_add,
        **(choice(request.user, request.GET, ids) if may_add else {}),
        **(links_of(request, room) if may_arrange else {}),
        **(moderation_of(room) if may_moderate else {}),
        **frame(request),
    }
    return render(request, "rooms/settings.html", context | forms)


def links_of(request: SignedIn, room: Room) -> dict[str, Any]:
    """The links into the room that work, and the form of a new one."""
    active = list(Invitation.objects.active().filter(room=room))
    links = [(link, request.build_absolute_uri(link.get_absolute_url())) for link in active]
    return {"links": links, "invitation_form": InvitationForm()}


def moderation_of(room: Room) -> dict[str, Any]:
    """What holds against people in the room, and how slow it may be."""
    return {"sanctions": list(Sanction.objects.of_room(room)), "slow_modes": SLOW}


@require_POST
@login_required
def archive(request: SignedIn, slug: str) -> HttpResponse:
    """Keep the room for reading (`archived=1`), or take it into use again."""
    archived = request.POST.get("archived") == "1"
    told = _("The room is archived.") if archived else _("The room is in use again.")
    return done(request, slug, lambda: actions.set_archived(request.user, slug, archived), told)


@require_POST
@login_required
def add_members(request: SignedIn, slug: str) -> HttpResponse:
    """Make the people named as `person` members; who came in meanwhile by themselves is not counted."""

    def told(added: list[Membership]) -> str:
        return ngettext("%d person was added.", "%d people were added.", len(added)) % len(added) if added else ""

    return done(request, slug, lambda: actions.add_members(request.user, slug, chosen(request.POST)), told)


@require_POST
@login_required
def change_member(request: SignedIn, slug: str) -> HttpResponse:
    """One button of the list of members: `remove`, `moderator` or `member` with the id of a person as its value."""
    what, user_id = _pressed(request.POST)
    if what == "remove":
        return done(request, slug, lambda: actions.remove_member(request.user, slug, user_id), "", "#members")
    return done(request, slug, lambda: actions.set_role(request.user, slug, user_id, what), "", "#members")


def _pressed(form: QueryDict) -> tuple[str, int]:
    for what in ("remove", *Membership.Role.values):
        value = form.get(what, "")
        if value.isascii() and value.isdigit() and len(value) < 19:
            return what, int(value)
    return "", 0


def done(
    request: SignedIn, slug: str, act: Callable[[], Any], told: str | Callable[[Any], str], at: str = ""
) -> HttpResponse:
    """Act; back to the settings, with what came of it: `told`, in words, or what it makes of the outcome; nothing if that is ""."""
    try:
        limits.edits.take_by(request)
        outcome = act()
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
    else:
        if words := told(outcome) if callable(told) else told:
            notices.success(request, words)
    return redirect_to_settings(slug, at)


def redirect_to_settings(slug: str, at: str = "") -> HttpResponse:
    """The room's settings, at one of their parts."""
    response = redirect("room_settings", slug)
    response["Location"] += at
    return response
