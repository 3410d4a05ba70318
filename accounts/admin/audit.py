"""The audit log: to be searched, filtered and read. Nobody writes in it here, nor takes anything out."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry


@admin.register(AuditEntry)
class AuditAdmin(admin.ModelAdmin):
    """Who did what, the last first."""

    list_display = ("at", "act", "by_name", "whom_name", "place", "reason")
    list_filter = ("act", "at")
    search_fields = ("by_name", "whom_name", "room_slug", "reason")
    ordering = ("-pk",)
    fields = ("at", "act", "by_name", "whom_name", "place", "reason", "more")
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("where"))
    def place(self, entry: AuditEntry) -> str:
        """The room, and the number of the message."""
        return f"{entry.room_slug} #{entry.seq}" if entry.seq else entry.room_slug

    @admin.display(description=_("details"))
    def more(self, entry: AuditEntry) -> str:
        """What else there is to know."""
        text = json.dumps(entry.details, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text) if entry.details else "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
