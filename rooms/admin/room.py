"""Rooms: create, rename, set the topic, open or close, archive, members with their role."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BooleanField, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from rooms import actions
from rooms.models import Membership, Room


class MembershipInline(admin.TabularInline):
    """The people of a room."""

    model = Membership
    fields = ["user", "role", "joined_at"]
    readonly_fields = ["joined_at"]
    autocomplete_fields = ["user"]
    extra = 0
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").order_by("user__name")


class RoomForm(ModelForm):
    """A room, and whether it is in use."""

    archived = BooleanField(
        label=_("Archived"), required=False, help_text=_("Kept for reading; nothing more is said in it.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["archived"] = self.instance.is_archived


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """Rooms."""

    list_display = ["name", "kind", "topic", "people", "messages_count", "is_default", "in_use", "last_activity"]
    list_filter = ["kind", "is_default", ("archived_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "slug", "topic"]
    form = RoomForm
    inlines = [MembershipInline]
    actions = ["archive", "unarchive"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return Room.objects.with_member_count().with_last_activity().order_by("name", "pk")

    def get_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return ["name", "slug", "topic", "kind", "is_default"] + (["archived"] if obj else [])

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> list[str]:
        return ["slug"] if obj else []  # permalinks hold

    @admin.display(description=_("members"), ordering="members")
    def people(self, room: Room) -> int:
        """How many are in it."""
        return room.members

    @admin.display(description=_("messages"), ordering="last_seq")
    def messages_count(self, room: Room) -> int:
        """How many messages it has had."""
        return room.last_seq

    @admin.display(description=_("in use"), boolean=True, ordering="archived_at")
    def in_use(self, room: Room) -> bool:
        """Whether it is not archived."""
        return not room.is_archived

    @admin.display(description=_("last message"), ordering="last_activity")
    def last_activity(self, room: Room) -> Any:
        """When somebody last said something."""
        return room.last_activity

    @admin.action(description=_("Archive the selected rooms (for reading only)"))
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Keep for reading."""
        for room in queryset.filter(archived_at=None):
            actions.archive(room)

    @admin.action(description=_("Open the selected archived rooms again"))
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Use again."""
        for room in queryset.exclude(archived_at=None):
            actions.unarchive(room)

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return False  # a room is archived; its messages stay

    def save_model(self, request: HttpRequest, obj: Room, form: ModelForm, change: bool) -> None:
        if change:
            changed = {name: form.cleaned_data[name] for name in form.changed_data if name in actions.ROOM_FIELDS}
            if changed:
                actions.update_room(obj, **changed)
            if "archived" in form.changed_data:
                (actions.archive if form.cleaned_data["archived"] else actions.unarchive)(obj)
            return
        fields = {name: form.cleaned_data[name] for name in ("slug", "topic", "kind", "is_default")}
        made = actions.create_room(request.user, form.cleaned_data["name"], **fields)  # type: ignore[arg-type]
        obj.pk, obj.slug = made.pk, made.slug
        obj._state.adding = False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        room = form.instance
        for membership in formset.deleted_objects:
            actions.dismiss(room, [membership.user])
        for membership in formset.new_objects:
            actions.admit(room, [membership.user], membership.role)
        for membership, changed in formset.changed_objects:
            if "user" in changed:  # the row was given to somebody else
                actions.dismiss(room, [Membership.objects.select_related("user").get(pk=membership.pk).user])
                actions.admit(room, [membership.user], membership.role)
            else:
                actions.change_role(membership, membership.role)
