"""Rooms: create, rename, set the topic, open or close, archive, members with their role.

A direct conversation is shown with its people, and may be archived; they are what makes it, so nothing else of it is changed, and none is made here.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, BooleanField, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Act, User
from rooms import actions
from rooms.models import Membership, Room, Sanction


class MemberForm(ModelForm):
    """Somebody in a room; nobody who is banned from it."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        user, room = data.get("user"), data.get("room")
        if room and room.pk and user and "user" in self.changed_data and Sanction.objects.ban_of(room, user):
            self.add_error("user", _("They are banned from this room: lift the ban first."))
        return data


class MembershipFormSet(BaseInlineFormSet):
    """Each field is named by itself: the headings of the table are no labels to who hears them."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs.setdefault("aria-label", field.label)


class MembershipInline(admin.TabularInline):
    """The people of a room."""

    model = Membership
    form = MemberForm
    formset = MembershipFormSet
    fields = ["user", "role", "joined_at"]
    readonly_fields = ["joined_at"]
    autocomplete_fields = ["user"]
    extra = 0
    show_full_result_count = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **kwargs, labels={"user": _("person")})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").order_by("user__name")

    def has_add_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return super().has_add_permission(request, obj) and not _is_direct(obj)

    def has_change_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_direct(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_direct(obj)


def _is_direct(room: Room | None) -> bool:
    return room is not None and room.is_direct


def _by(request: HttpRequest) -> User:
    """Who is at it: the admin lets in nobody who is not signed in."""
    assert isinstance(request.user, User)
    return request.user


class RoomForm(ModelForm):
    """A room, and whether it is in use."""

    archived = BooleanField(
        label=_("Archived"), required=False, help_text=_("Kept for reading; nothing more is said in it.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["archived"] = self.instance.is_archived
        if "kind" in self.fields:
            self.fields["kind"].choices = [each for each in Room.Kind.choices if each[0] != Room.Kind.DIRECT]  # type: ignore[attr-defined]

    def clean_slow_mode(self) -> int:
        """None is as good as 0."""
        return self.cleaned_data["slow_mode"] or 0


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """Rooms."""

    list_display = ["title", "kind", "topic", "people", "messages_count", "is_default", "in_use", "last_activity"]
    list_filter = ["kind", "is_default", ("archived_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "slug", "topic"]
    form = RoomForm
    inlines = [MembershipInline]
    actions = ["archive", "unarchive"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return Room.objects.with_member_count().with_last_activity().with_people().order_by("name", "pk")

    def get_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        if _is_direct(obj):
            return ["title", "slug", "kind", "archived"]
        return ["name", "slug", "topic", "kind", "is_default", "slow_mode"] + (["archived"] if obj else [])

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> list[str]:
        if _is_direct(obj):
            return ["title", "slug", "kind"]
        return ["slug"] if obj else []  # permalinks hold

    @admin.display(description=_("name"), ordering="name")
    def title(self, room: Room) -> str:
        """What it is called; of a direct conversation, by whom."""
        return ", ".join(member.user.name for member in room.people) if room.is_direct else room.name

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

    @admin.action(description=_("Archive the selected rooms (for reading only)"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Keep for reading."""
        for room in queryset.filter(archived_at=None):
            actions.archive(room, _by(request))

    @admin.action(description=_("Open the selected archived rooms again"), permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """Use again."""
        for room in queryset.exclude(archived_at=None):
            actions.unarchive(room, _by(request))

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return False  # a room is archived; its messages stay

    def save_model(self, request: HttpRequest, obj: Room, form: ModelForm, change: bool) -> None:
        if change:
            given = {name: form.cleaned_data[name] for name in form.changed_data if name in actions.ROOM_FIELDS}
            changed = {name: value for name, value in given.items() if value != form.initial[name]}
            if changed:
                actions.update_room(obj, _by(request), **changed)
            if "archived" in form.changed_data:
                (actions.archive if form.cleaned_data["archived"] else actions.unarchive)(obj, _by(request))
            return
        fields = {name: form.cleaned_data[name] for name in ("slug", "topic", "kind", "is_default", "slow_mode")}
        made = actions.create_room(_by(request), form.cleaned_data["name"], **fields)
        record(Act.ROOM_MADE, _by(request), room=made)
        obj.pk, obj.slug = made.pk, made.slug
        obj._state.adding = False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        room, by = form.instance, _by(request)
        for membership in formset.deleted_objects:
            actions.dismiss(room, [membership.user], by)
        for membership in formset.new_objects:
            actions.admit(room, [membership.user], membership.role, by)
        for membership, changed in formset.changed_objects:
            if "user" in changed:  # the row was given to somebody else
                actions.dismiss(room, [Membership.objects.select_related("user").get(pk=membership.pk).user], by)
                actions.admit(room, [membership.user], membership.role, by)
            else:
                actions.change_role(membership, membership.role, by)
