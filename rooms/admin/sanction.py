"""Mutes and bans that hold, in rooms and (mutes) everywhere: to be read, and lifted. They are made where the person is: their page of moderation."""

from typing import Any

from django.contrib import admin
from django.contrib import messages as notices
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rooms import actions
from rooms.admin.reading import Reading
from rooms.errors import ChatError
from rooms.models import Sanction


@admin.register(Sanction)
class SanctionAdmin(Reading):
    """What is held against whom."""

    list_display = ["user", "kind", "where", "until", "reason", "by", "made_at"]
    list_filter = ["kind"]
    list_select_related = ["user", "room", "by"]
    search_fields = ["user__name", "user__handle", "room__name", "reason"]
    ordering = ["-pk"]
    fields = ["user", "kind", "where", "until", "reason", "by", "made_at"]
    readonly_fields = ["user", "kind", "where", "until", "reason", "by", "made_at"]
    show_full_result_count = False
    actions = ["lift"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sanction]:
        return Sanction.objects.holding()

    @admin.display(description=_("where"))
    def where(self, sanction: Sanction) -> Any:
        """In which room, or everywhere."""
        return sanction.room or _("everywhere")

    @admin.action(description=_("Lift the selected mutes and bans"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> None:
        """They end now."""
        lifted = 0
        for each in queryset.select_related("user", "room"):
            try:
                slug = each.room.slug if each.room else None
                actions.lift_as_staff(each.kind, request.user, each.user, slug)  # type: ignore[arg-type]
                lifted += 1
            except ChatError as refusal:
                self.message_user(request, refusal.sentence, notices.ERROR)
        self.message_user(request, ngettext("%d was lifted.", "%d were lifted.", lifted) % lifted, notices.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Sanction | None = None) -> bool:
        return False
