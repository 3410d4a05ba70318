"""Django's admin as this site runs it: people sign in where everybody does, and its jQuery may write HTML (Trusted Types would stop it)."""

from typing import Any

from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

NO_TRUSTED_TYPES: dict[str, list[str] | None] = {"require-trusted-types-for": None, "trusted-types": None}


class ChatAdminSite(AdminSite):
    """The admin."""

    site_header = _("Administration")
    site_title = _("Administration")
    index_title = _("What would you like to look after?")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return csp_replace(NO_TRUSTED_TYPES)(super().admin_view(view, cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff go on; others hear that this is not for them; who is signed out signs in as everybody does."""
        target = request.GET.get("next", "")
        safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
        if self.has_permission(request):
            return redirect(target if safe else "admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(target if safe else "/admin/")
