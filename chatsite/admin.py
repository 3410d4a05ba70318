"""Django's admin as this site runs it: people sign in where everybody does; its jQuery writes HTML by a policy (static/js/admin/policy.js)."""

from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

TRUSTED_TYPES = {"trusted-types": ["default"]}
LONGEST = 200  # characters that are looked for; SQLite fails at fifty thousand


def in_bounds(view: Any) -> Any:
    """The view, for whoever does not look for far too much (in a list, or in what completes a name), nor by a field that has no name."""

    @wraps(view)
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        term = request.GET.get("term", "")
        if len(term) > LONGEST or "\0" in term or request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR)) == "":
            return HttpResponseBadRequest()
        if len(request.GET.get(SEARCH_VAR, "")) > LONGEST:
            messages.error(request, _("Looked for nothing: at most %(most)s characters.") % {"most": LONGEST})
            return redirect(request.path)
        answer: HttpResponse = view(request, *args, **kwargs)
        return answer

    return bounded


class ChatAdminSite(AdminSite):
    """The admin."""

    site_header = _("Administration")
    site_title = _("Administration")
    index_title = _("What would you like to look after?")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return csp_replace(TRUSTED_TYPES)(super().admin_view(in_bounds(view), cacheable))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        """There is one place for it, where whoever is signed in elsewhere by the old one is shut out at once."""
        return redirect("account_change_password")

    def get_urls(self) -> list[Any]:
        return [path("live/", self.admin_view(self.live), name="live"), *super().get_urls()]

    def live(self, request: HttpRequest) -> HttpResponse:
        """What the processes of the site are at, just now."""
        return render(request, "admin/live.html", {**self.each_context(request), "title": _("Live")})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's, with a number beside what waits for somebody (`waiting` of its admin)."""
        apps: list[Any] = super().get_app_list(request, app_label)
        for model in (model for app in apps for model in app["models"]):
            waiting = getattr(self._registry[model["model"]], "waiting", None)
            if waiting and (count := waiting(request)):
                model["name"] = f"{model['name']} ({count})"
        return apps

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff go on; others hear that this is not for them; who is signed out signs in as everybody does."""
        target = request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
        if self.has_permission(request):
            return HttpResponseRedirect(target if safe else reverse("admin:index"))
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(target if safe else "/admin/")
