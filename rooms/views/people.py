"""Choosing people: whom one may add to a room, write to, invite."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import avatars
from accounts.models import User
from rooms import payloads
from rooms.asking import SignedIn, member_of
from rooms.models import Membership
from rooms.permissions import refusal_to_act_on, refusal_to_moderate, refusal_to_police
from rooms.views.frame import frame

SHOWN = 30  # people found
MOST = 100  # people chosen at once


@require_GET
@login_required
def person(request: SignedIn, pk: int) -> HttpResponse:
    """Somebody's card: over the page, or as a page of its own."""
    who = get_object_or_404(User, pk=pk)
    shown = {
        **payloads.user(who),
        **about(who),
        "large": avatars.url_of(who.avatar, avatars.LARGE) if who.avatar else "",
        "is_active": who.is_active,
        "local_time": who.local_time(),
    }
    shown |= _ways_to_moderate(request, who)
    if request.headers.get("Sec-Fetch-Mode") == "cors" or "partial" in request.GET:
        me = {"id": request.user.pk}
        return render(request, "rooms/_person.html", {"person": shown, "me": me})
    return render(request, "rooms/person.html", {"person": shown, **frame(request)})


def _ways_to_moderate(request: SignedIn, who: User) -> dict[str, str]:
    """Where a moderator of `?room=`, and the staff, act on somebody: addresses, where they may."""
    found = {}
    slug = request.GET.get("room", "").replace("\0", "")
    membership = Membership.objects.of(request.user).filter(room__slug=slug).first() if slug else None
    if membership and not refusal_to_moderate(membership.room, membership):
        member = membership.room.memberships.filter(user=who).first()
        if not refusal_to_act_on(request.user, who, member.role if member else None):
            found["moderate"] = reverse("moderate", args=[slug, who.pk])
    if not refusal_to_police(request.user, who):
        found["police"] = reverse("police", args=[who.pk])
    return found


def about(who: User) -> dict[str, str]:
    """What somebody says they are up to."""
    return {"status_emoji": who.status_emoji, "status": who.status}


@require_GET
@login_required
def candidates(request: SignedIn) -> HttpResponse:
    """Who may be chosen: `?q=` finds by name or handle, `?person=` are chosen already, `?room=` leaves out who is in it."""
    room = request.GET.get("room", "").replace("\0", "")
    members = member_of(request.user, room).room.memberships.values("user") if room else ()
    return render(request, "rooms/_candidates.html", choice(request.user, request.GET, members))


def choice(me: User, asked: QueryDict, without: QuerySet[Any, Any] | Iterable[int] = ()) -> dict[str, Any]:
    """The context of `rooms/_candidates.html`: who is chosen already, and who else is found. `without`: ids of people not to be shown."""
    picked = chosen(asked)
    others = User.objects.active().exclude(pk__in=without) if without else User.objects.active()
    found = list(
        others.exclude(pk=me.pk).exclude(pk__in=[p.pk for p in picked]).matching(asked.get("q", ""))[: SHOWN + 1]
    )
    return {
        "chosen": [payloads.user(person) for person in picked],
        "found": [payloads.user(person) for person in found[:SHOWN]],
        "has_more": len(found) > SHOWN,
        "q": asked.get("q", ""),
    }


def chosen(asked: QueryDict) -> list[User]:
    """The active people that a form or address names as `person`, by name."""
    found = ids(asked)
    return list(User.objects.active().filter(pk__in=found).by_name()) if found else []


def ids(asked: QueryDict) -> list[int]:
    """The numbers that a form or address names as `person`."""
    return [int(one) for one in asked.getlist("person")[:MOST] if one.isascii() and one.isdigit() and len(one) < 19]
