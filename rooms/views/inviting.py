"""Links that invite, to the site or into one room: made, shown with a QR code, taken back, followed. Nobody becomes a member by opening one."""

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions as account_actions
from accounts.adapter import INVITE
from accounts.models import Site
from chatsite import qr
from rooms import actions, limits, payloads
from rooms.asking import SignedIn, member_of
from rooms.errors import Banned, ChatError, RateLimited
from rooms.models import Invitation, Membership
from rooms.permissions import (
    refusal_to_accept,
    refusal_to_arrange,
    refusal_to_invite,
    refusal_to_renew,
    refusal_to_sign_up,
)
from rooms.views.arranging import done, shown
from rooms.views.forms import InvitationForm
from rooms.views.frame import frame

AT = "#invitations"  # in the settings of the room


@require_POST
@login_required
def invite(request: SignedIn, slug: str) -> HttpResponse:
    """Make a link into the room."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return shown(request, member_of(request.user, slug), invitation_form=form)
    return done(request, slug, lambda: actions.invite(request.user, slug, *form.terms), _("There is a new link."), AT)


@require_POST
@login_required
def revoke(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Take a link back."""
    told = _("The link does not work any more.")
    return done(request, slug, lambda: actions.revoke_invitation(request.user, slug, pk), told, AT)


@require_GET
@never_cache
@login_required
def show(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """A link with its QR code, large, for others to take off the screen."""
    membership = member_of(request.user, slug)
    link = Invitation.objects.active().filter(room=membership.room, pk=pk).first()
    if link is None or refusal_to_arrange(membership.room, membership):
        raise Http404("No such link, or it is not yours to show.")
    address = request.build_absolute_uri(link.get_absolute_url())
    context = {"room": payloads.room_of(membership), "link": link, "address": address, "qr": qr.svg(address)}
    return render(request, "rooms/invitation.html", context | frame(request))


@require_GET
@never_cache
@login_required
def site_link(request: SignedIn) -> HttpResponse:
    """The link to the site with its QR code, for those who may invite."""
    site = Site.current()
    refusal = refusal_to_invite(request.user, site)
    address = request.build_absolute_uri(reverse("invite", args=[site.invite_key]))
    context: dict[str, Any] = {"refusal": refusal, "may_renew": not refusal_to_renew(request.user)}
    if not refusal and site.is_invite(site.invite_key):
        context |= {"address": address, "qr": qr.svg(address)}
    return render(request, "rooms/site_link.html", context | frame(request), status=403 if refusal else 200)


@require_POST
@login_required
def renew_site_link(request: SignedIn) -> HttpResponse:
    """A new link to the site; the old one is dead."""
    if refusal_to_renew(request.user):
        raise PermissionDenied
    account_actions.renew_invite(request.user)
    notices.success(request, _("There is a new invite link; the old one is dead."))
    return redirect("site_link")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Follow a link: who is signed in is asked whether to join; who is not signs in or up and comes back. POST joins."""
    link = Invitation.objects.by_token(token)
    if not request.user.is_authenticated:
        return _led_in(request, link)
    is_member = link and Membership.objects.of(request.user).filter(room=link.room).exists()
    if link and is_member:
        if "go" not in request.GET:
            notices.info(request, _("You are in this room already."))
        return redirect(link.room)
    if request.method != "POST":
        return _asked(request, link)
    try:
        limits.joins.take_by(request)
        return redirect(actions.accept(request.user, token))
    except RateLimited as refusal:
        notices.error(request, refusal.sentence)
        return _asked(request, link)
    except ChatError as refusal:
        return _asked(request, Invitation.objects.by_token(token), refusal=refusal)


def _led_in(request: HttpRequest, link: Invitation | None) -> HttpResponse:
    """The way in for who is not: what signing up needs is noted in the session, where the link lets them."""
    may_sign_up = not refusal_to_sign_up(link, Site.current())
    if link and may_sign_up:
        request.session[INVITE] = link.token
    return _asked(request, link, may_sign_up=may_sign_up)


def _asked(
    request: HttpRequest, link: Invitation | None, may_sign_up: bool = False, refusal: ChatError | None = None
) -> HttpResponse:
    """The page: whether to join, or why that can't be."""
    refusal = refusal or refusal_to_accept(link, link.room if link else None)
    why = ("archived" if link.room.is_archived else link.state().value) if link and refusal else "unknown"
    why = "banned" if isinstance(refusal, Banned) else why
    context = {"link": link, "refusal": refusal, "why": why, "may_sign_up": may_sign_up}
    return render(request, "rooms/join.html", context, status=refusal.status if refusal else 200)
