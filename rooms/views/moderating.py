"""Plain forms of moderation: a moderator acts on somebody in a room, the staff on somebody on the site; anybody reports a message."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.models.standing import FOREVER
from rooms import actions, limits, payloads, schemas
from rooms.asking import SignedIn, member_of
from rooms.durations import LIFETIMES, MUTES
from rooms.errors import ChatError, Invalid
from rooms.models import Message, Room, Sanction
from rooms.permissions import refusal_to_act_on, refusal_to_moderate, refusal_to_police, refusal_to_report
from rooms.views.arranging import done
from rooms.views.frame import frame

MUTE, BAN = Sanction.Kind.MUTE, Sanction.Kind.BAN


@require_http_methods(["GET", "POST"])
@login_required
def moderate(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Take somebody out of a room, mute them in it, ban them from it, delete what they said within a day; take a mute or ban back."""
    membership = member_of(request.user, slug)
    room = membership.room
    if request.method == "POST":
        act = _in_room(request.user, slug, pk, request.POST)
        if _acted(request, act):
            return redirect("moderate", slug, pk)
    who = get_object_or_404(User, pk=pk)
    member = room.memberships.filter(user=who).first()
    forbidden = refusal_to_moderate(room, membership)
    standing = {} if forbidden else {each.kind: each for each in Sanction.objects.of_room(room).filter(user=who)}
    context = {
        "room": payloads.room_of(membership),
        "person": payloads.user(who),
        "is_member": member is not None,
        "refusal": forbidden or refusal_to_act_on(request.user, who, member.role if member else None),
        "mute": standing.get(MUTE),
        "ban": standing.get(BAN),
        "ban_until": standing[BAN].until if BAN in standing else None,
        "mutes": MUTES,
        "bans": LIFETIMES,
        "typed": request.POST,
        **frame(request),
    }
    return render(request, "rooms/moderate.html", context, status=forbidden.status if forbidden else 200)


def _in_room(user: User, slug: str, pk: int, form: QueryDict) -> Callable[[], str]:
    """What the button that was pressed does; it returns what to say of it."""
    asked = {"room": slug, "user": pk}
    why = {**asked, "reason": form.get("reason", "")}

    def kick() -> str:
        actions.remove_member(user, slug, pk, schemas.parse(schemas.Kick, why).reason)
        return _("They were taken out.")

    def mute() -> str:
        told = schemas.parse(schemas.Mute, {**why, "seconds": _seconds(form)})
        actions.mute(user, slug, pk, timedelta(seconds=told.seconds), told.reason)
        return _("They are muted.")

    def ban() -> str:
        told = schemas.parse(schemas.Ban, {**why, "seconds": _seconds(form) or None})
        actions.ban(user, slug, pk, timedelta(seconds=told.seconds) if told.seconds else None, told.reason)
        return _("They are banned.")

    def purge() -> str:
        return _purged(actions.purge(user, slug, pk, schemas.parse(schemas.Purge, why).reason))

    def lift(kind: str) -> str:
        actions.lift(kind, user, slug, schemas.parse(schemas.Lift, asked).user)
        return _("They may speak again.") if kind == MUTE else _("They may come in again.")

    acts = {
        "kick": kick,
        "mute": mute,
        "ban": ban,
        "purge": purge,
        "unmute": lambda: lift(MUTE),
        "unban": lambda: lift(BAN),
    }
    return acts.get(form.get("act", ""), _nothing)


@require_http_methods(["GET", "POST"])
@login_required
def police(request: SignedIn, pk: int) -> HttpResponse:
    """The same on the whole site, for the staff; a ban ends all sessions."""
    who = User.objects.filter(pk=pk).first()
    refusal = refusal_to_police(request.user, who)
    if who is None and (refusal is None or refusal.status == 404):
        raise Http404
    if request.method == "POST" and who and _acted(request, _on_site(request.user, who, request.POST)):
        return redirect("police", pk)
    mute = Sanction.objects.holding().filter(user=who, room=None, kind=MUTE).first() if not refusal else None
    context = {
        "person": payloads.user(who) if who and not refusal else None,
        "refusal": refusal,
        "mute": mute,
        "ban": who if who and who.is_banned else None,
        "ban_until": who.banned_until if who and who.banned_until != FOREVER else None,
        "mutes": MUTES,
        "bans": LIFETIMES,
        "typed": request.POST,
        **frame(request),
    }
    return render(request, "rooms/police.html", context, status=refusal.status if refusal else 200)


def _on_site(by: User, who: User, form: QueryDict) -> Callable[[], str]:
    why = {"room": "-", "user": who.pk, "reason": form.get("reason", "")}

    def mute() -> str:
        told = schemas.parse(schemas.Mute, {**why, "seconds": _seconds(form)})
        actions.mute_as_staff(by, who, None, timedelta(seconds=told.seconds), told.reason)
        return _("They are muted.")

    def ban() -> str:
        told = schemas.parse(schemas.Ban, {**why, "seconds": _seconds(form) or None})
        lifetime = timedelta(seconds=told.seconds) if told.seconds else None
        actions.ban_as_staff(by, who, None, lifetime, told.reason)
        return _("They are banned.")

    def purge() -> str:
        return _purged(actions.purge_as_staff(by, who, schemas.parse(schemas.Purge, why).reason))

    def lift(kind: str) -> str:
        actions.lift_as_staff(kind, by, who, None)
        return _("They may speak again.") if kind == MUTE else _("They may come in again.")

    acts = {"mute": mute, "ban": ban, "purge": purge, "unmute": lambda: lift(MUTE), "unban": lambda: lift(BAN)}
    return acts.get(form.get("act", ""), _nothing)


def _seconds(form: QueryDict) -> int:
    """How long, as a form says it. Raises Invalid."""
    text = form.get("seconds", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(_("must be a whole number"), field="seconds")
    return int(text)


def _purged(done: actions.Purged) -> str:
    told = ngettext("%d message was deleted.", "%d messages were deleted.", done.deleted) % done.deleted
    return f"{told} {_('There are more: delete again.')}" if done.more else told


def _nothing() -> str:
    raise Invalid(_("there is nothing like that to do"), field="act")


def _acted(request: SignedIn, act: Callable[[], str]) -> bool:
    """Act, and say what came of it. False: it was refused, and the page shows what was typed once more."""
    try:
        limits.edits.take_by(request)
        notices.success(request, act())
    except ChatError as refusal:
        notices.error(request, refusal.sentence)
        return False
    return True


@require_POST
@login_required
def slow_mode(request: SignedIn, slug: str) -> HttpResponse:
    """How long members wait between two messages."""

    def act() -> Room:
        asked = schemas.parse(schemas.SlowMode, {"room": slug, "seconds": _seconds(request.POST)})
        return actions.arrange(request.user, slug, slow_mode=asked.seconds)

    return done(request, slug, act, _("Saved."), "#moderation")


@require_http_methods(["GET", "POST"])
@login_required
def report(request: SignedIn, slug: str, seq: int) -> HttpResponse:
    """Tell the staff of a message."""
    membership = member_of(request.user, slug)
    message = Message.objects.at(membership.room, seq)
    refusal: ChatError | None = refusal_to_report(message, request.user)
    if request.method == "POST" and not refusal:
        try:
            limits.edits.take_by(request)
            asked = {"room": slug, "seq": seq, "reason": request.POST.get("reason", "")}
            actions.report(request.user, slug, seq, schemas.parse(schemas.Report, asked).reason)
        except ChatError as told:
            notices.error(request, told.sentence)
        else:
            notices.success(request, _("Thank you: the staff will look at it."))
            return redirect("room", slug)
    context: dict[str, Any] = {
        "room": payloads.room_of(membership),
        "seq": seq,
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        **frame(request),
    }
    if message and not refusal:
        context["message"] = payloads.message(message)
    return render(request, "rooms/report.html", context, status=refusal.status if refusal else 200)
