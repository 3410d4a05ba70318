"""Pages of the admin that show what is never changed there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse


class Reading(admin.ModelAdmin):
    """One of them has no button to save by, whatever one may do in the list."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        if context["original"]:
            context |= {"show_save": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **options)
