"""The site's settings in the admin: one page, with the invite link and a button that renews it."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.models import Site
from chatsite import qr

EDIT = "admin:accounts_site_change"


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):
    fields = ("name", "signup_policy", "inviters", "room_makers", "require_two_factor", "filter_action", "filter_words")
    change_form_template = "admin/accounts/site/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one site."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        """There is one site."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Site:
        """Return the one there is, whichever was asked for."""
        return Site.current()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the one page there is."""
        return redirect(EDIT, Site.current().pk)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """That of the one there is."""
        return super().history_view(request, str(Site.PK), extra_context)

    def get_urls(self) -> list[Any]:
        renew = path("renew-invite/", self.admin_site.admin_view(self.renew_invite), name="accounts_site_renew_invite")
        return [renew, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        link = request.build_absolute_uri(reverse("invite", args=[Site.current().invite_key]))
        context |= {"invite_link": link, "qr": qr.svg(link)}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Site | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "filter_action" in form.base_fields:
            form.base_fields["filter_action"].required = False  # what is left out stays as it is
        return form

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        changed = {name: getattr(obj, name) for name in form.changed_data}  # as the model has tidied them
        actions.change_site(request.user, **changed)  # type: ignore[arg-type]

    def renew_invite(self, request: HttpRequest) -> HttpResponse:
        """Make a new invite link (POST)."""
        site = Site.current()
        if request.method == "POST" and self.has_change_permission(request, site):
            actions.renew_invite(request.user)  # type: ignore[arg-type]
            self.log_change(request, site, "renewed the invite link")
            self.message_user(request, _("There is a new invite link; the old one is dead."), messages.SUCCESS)
        return redirect(EDIT, site.pk)
