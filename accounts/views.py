"""The account pages that allauth has not: first run, invite link, profile."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as allauth
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import actions, first_run
from accounts.adapter import INVITE
from accounts.forms import ProfileForm, WelcomeForm
from accounts.models import Site, User


def once_founded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead to the first-run page while nobody is here."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("welcome") if first_run.is_needed() else view(request, *args, **kwargs)

    return guarded


login = once_founded(allauth.login)
signup = once_founded(allauth.signup)


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
    """Change one's name and handle."""
    user = request.user
    assert isinstance(user, User)
    form = ProfileForm(request.POST or None, initial={"name": user.name, "handle": user.handle})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename(user, **form.cleaned_data)
        except actions.HandleTaken:
            user.refresh_from_db()
            form.add_error("handle", _("Someone else has this handle."))
        else:
            messages.success(request, _("Saved."))
            return redirect("profile")
    return render(request, "account/profile.html", {"form": form})
