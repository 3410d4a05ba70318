"""Messages: search, filter, delete with a reason. They are never written or changed here."""

from django.contrib import admin
from django.contrib import messages as notices
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rooms import actions
from rooms.models import Message

SHOWN = ("room", "seq", "author", "created_at", "edited_at", "body", "deleted_at", "deleted_by", "delete_reason")


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """Messages, newest first."""

    list_display = ["created_at", "room", "number", "author", "text", "stands"]
    list_filter = ["room", "created_at", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["room", "author"]
    search_fields = ["body", "author__name", "author__handle", "author__email"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["delete_messages"]
    fields = SHOWN
    readonly_fields = SHOWN
    list_per_page = 50

    @admin.display(description=gettext_lazy("number"), ordering="seq")
    def number(self, message: Message) -> int:
        """Its number in the room."""
        return message.seq

    @admin.display(description=gettext_lazy("text"))
    def text(self, message: Message) -> str:
        """How it begins."""
        return _("message deleted") if message.is_deleted else message.excerpt(100)

    @admin.display(description=gettext_lazy("stands"), boolean=True)
    def stands(self, message: Message) -> bool:
        """Whether it has not been deleted."""
        return not message.is_deleted

    @admin.action(description=gettext_lazy("Delete the selected messages"), permissions=["change"])
    def delete_messages(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        """Ask for a reason, then take the bodies away."""
        chosen = list(queryset.select_related("room", "author"))
        if "reason" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": _("Delete messages"),
                "chosen": chosen,
                "opts": self.model._meta,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "admin/rooms/message/delete_messages.html", context)
        count = actions.delete_as_admin(request.user, chosen, request.POST["reason"][:250])  # type: ignore[arg-type]
        words = ngettext("%d message was deleted.", "%d messages were deleted.", count) % count
        self.message_user(request, words, notices.SUCCESS)
        return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False  # the row stays: numbers have no gaps; see the action above
