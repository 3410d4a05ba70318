"""Messages: search, filter, delete with a reason. They are never written or changed here."""

import uuid
from typing import Any

from django.contrib import admin
from django.contrib import messages as notices
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rooms import actions, serving
from rooms.admin.reading import Reading
from rooms.models import Attachment, Message, Revision, Room

SHOWN = (
    "room",
    "seq",
    "author",
    "created_at",
    "edited_at",
    "body",
    "attachments",
    "deleted_at",
    "deleted_by",
    "delete_reason",
)


class RevisionInline(admin.TabularInline):
    """What it said before, to be read."""

    model = Revision
    fields = readonly_fields = ("edited_at", "editor", "body")
    ordering = ["pk"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return super().get_queryset(request).select_related("editor")


class SharedRooms(admin.RelatedFieldListFilter):
    """Rooms to choose from; not each conversation of two."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return field.get_choices(include_blank=False, limit_choices_to=~Q(kind=Room.Kind.DIRECT), ordering=["name"])


@admin.register(Message)
class MessageAdmin(Reading):
    """Messages, newest first."""

    list_display = ["created_at", "room", "number", "author", "text", "stands"]
    list_filter = [("room", SharedRooms), "room__kind", "created_at", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["room", "author"]
    search_fields = ["body", "author__name", "author__handle", "author__email"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["delete_messages"]
    fields = SHOWN
    readonly_fields = SHOWN
    list_per_page = 50
    inlines = [RevisionInline]

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

    @admin.display(description=gettext_lazy("attachments"))
    def attachments(self, message: Message) -> str:
        """The files that came with it, to be opened here: an administrator need not be in the room."""
        files = message.attachments.order_by("position") if message.files else []
        rows = [
            (reverse("admin:rooms_attachment", args=[each.pk]), each.name, filesizeformat(each.size)) for each in files
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a> ({})', rows) or "-"

    def get_urls(self) -> list[Any]:
        address = path("attachments/<uuid:id>/", self.admin_site.admin_view(self.attachment), name="rooms_attachment")
        return [address, *super().get_urls()]

    def attachment(self, request: HttpRequest, id: uuid.UUID) -> HttpResponseBase:
        """A file, to whoever may see messages here."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return serving.respond(request, get_object_or_404(Attachment, pk=id))

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
