"""The account pages that allauth has not: first run, invite link, profile, settings, sessions."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from allauth.account import views as allauth
from allauth.core import ratelimit
from allauth.decorators import rate_limit
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import RedirectView

from accounts import actions, avatars, first_run, two_factor
from accounts.adapter import INVITE
from accounts.context import THEME
from accounts.forms import PreferencesForm, ProfileForm, WelcomeForm
from accounts.models import Browser, Site, Theme, User
from accounts.models.profile import zone_called


def once_founded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead to the first-run page while nobody is here."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("welcome") if first_run.is_needed() else view(request, *args, **kwargs)

    return guarded


def who(request: HttpRequest) -> User:
    """The person behind a request to a page for those who are signed in."""
    assert isinstance(request.user, User)
    return request.user


login = once_founded(allauth.login)
signup = once_founded(allauth.signup)
passkey_login = rate_limit(action="login", limit_get=True)(webauthn.login_webauthn)  # each question makes a session
passkeys = RedirectView.as_view(pattern_name="mfa_index")  # all of one's factors are on one page


class TwoFactorIndex(IndexView):
    """What one signs in with beside the password; whether the site waits for it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(is_lacking=two_factor.is_lacking(who(self.request)), **kwargs)


class ActivateTOTP(totp.ActivateTOTPView):
    """Set up an app; the code that shows it to work has been used by that."""

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            app = Authenticator.objects.select_for_update().get(user=form.user, type=Authenticator.Type.TOTP)
            two_factor.spend(app, form.cleaned_data["code"])
        return answer


activate_totp = never_cache(ActivateTOTP.as_view())  # it shows a secret
two_factor_index = never_cache(TwoFactorIndex.as_view())


@never_cache
@sensitive_post_parameters("password", "key")
@rate_limit(action="first_run")
def welcome(request: HttpRequest) -> HttpResponse:
    """Name your site and yourself: open until somebody has."""
    if not first_run.is_needed():
        return redirect("/")
    form = WelcomeForm(request.POST or None, initial={"key": request.GET.get("key", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            founder = actions.found_site(data["site_name"], data["name"], data["email"], data["password"])
        except actions.AlreadyFounded:
            return redirect("/")
        sign_in(request, founder, backend=settings.AUTHENTICATION_BACKENDS[0])
        return redirect("/")
    return render(request, "account/welcome.html", {"form": form})


@never_cache
def invite(request: HttpRequest, key: str) -> HttpResponse:
    """Whoever comes by the present invite link may sign up in this browser."""
    if request.user.is_authenticated:
        return redirect("/")
    if not Site.current().is_invite(key):
        return render(request, "account/invite_invalid.html", status=404)
    request.session[INVITE] = key
    return redirect("account_signup")


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's name, handle, picture and status."""
    user = who(request)
    shown = {name: getattr(user, name) for name in ("name", "handle", "status_emoji", "status")}
    form = ProfileForm(request.POST or None, request.FILES or None, initial=shown)
    if not user.avatar:
        del form.fields["without_avatar"]
    if request.method == "POST" and form.is_valid() and _keep(request, user, form):
        messages.success(request, _("Saved."))
        return redirect("profile")
    picture = avatars.url_of(user.avatar, avatars.LARGE) if user.avatar else ""
    return render(request, "account/profile.html", {"form": form, "picture": picture})


def _keep(request: HttpRequest, user: User, form: ProfileForm) -> bool:
    """Do what the form asks for, or nothing of it: what cannot be done stands in the form."""
    data = form.cleaned_data
    picture = Path(data["avatar"].temporary_file_path()) if data["avatar"] else None
    shown = data["name"], data["handle"], data["status_emoji"], data["status"]
    if picture and not ratelimit.consume(request, action="avatar", user=user):
        form.add_error("avatar", _("Too many pictures. Please wait a minute."))
        return False
    try:
        actions.introduce(user, *shown, picture, data.get("without_avatar", False))
    except actions.HandleTaken:
        form.add_error("handle", _("Someone else has this handle."))
    except avatars.NoPicture as refusal:
        form.add_error(
            "avatar",
            _("This picture has too many pixels.") if refusal.is_large else _("This is not a picture we can show."),
        )
    return form.is_valid()


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def avatar(request: HttpRequest, name: str, size: str) -> HttpResponseBase:
    """A picture, by a name that changes with it. Who knows the name may see it."""
    try:
        file = default_storage.open(avatars.file_of(name, int(size)))
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="image/webp", headers={"Cross-Origin-Resource-Policy": "same-origin"})


@require_POST
@login_required
def time_zone(request: HttpRequest) -> HttpResponse:
    """The browser says where its clock stands."""
    zone = request.POST.get("zone", "")
    if zone_called(zone) is None:
        return HttpResponseBadRequest()
    actions.set_time_zone(who(request), zone)
    return HttpResponse(status=204)


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Choose how the site looks and behaves."""
    user = who(request)
    form = PreferencesForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        actions.prefer(user, **form.cleaned_data)
        with translation.override(user.language or translation.get_language()):
            messages.success(request, gettext("Saved."))
        return remembering(user, redirect("preferences"))
    return render(request, "account/preferences.html", {"form": form})


@require_POST
@login_required
def theme(request: HttpRequest) -> HttpResponse:
    """Choose light or dark by the button on every page."""
    user, chosen = who(request), request.POST.get("theme", "")
    if chosen not in Theme.values:
        return HttpResponseBadRequest()
    actions.prefer(user, theme=chosen)
    return remembering(user, HttpResponse(status=204))


def remembering(user: User, response: HttpResponse) -> HttpResponse:
    """Theme and language are kept in this browser, for the pages before one is in."""
    for name, choice in ((THEME, user.theme), (settings.LANGUAGE_COOKIE_NAME, user.language)):
        if not choice:
            response.delete_cookie(name, samesite="Lax")
            continue
        response.set_cookie(
            name,
            choice,
            max_age=settings.SESSION_COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


@never_cache
@login_required
def browsers(request: HttpRequest) -> HttpResponse:
    """Where one is signed in; sign out in one of them, or everywhere but here."""
    user = who(request)
    found = Browser.objects.of(user)
    if request.method == "POST":
        if "elsewhere" in request.POST:
            actions.sign_out_elsewhere(user, request.session)
            messages.success(request, _("You are signed out everywhere else."))
        elif ended := next((each for each in found if str(each.pk) == request.POST.get("browser")), None):
            actions.sign_out(ended)
            messages.success(request, _("You are signed out there."))
        return redirect("browsers")
    return render(request, "account/browsers.html", {"browsers": found, "here": request.session.session_key})
