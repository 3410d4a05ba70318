"""People in the admin: find, make, rename, shut out, let in again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    SetUnusablePasswordMixin,
    UserChangeForm,
)
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import actions, two_factor
from accounts.admin.auditing import edits
from accounts.audit import record
from accounts.models import Act, User
from accounts.signals import user_changed

# What makes someone an administrator, which only one of them may grant.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
NO_PASSWORD = _("Disabled: they choose their own by “Forgotten your password?”.")


class MakeUserForm(AdminUserCreationForm):
    usable_password = SetUnusablePasswordMixin.create_usable_password_field(NO_PASSWORD)

    class Meta:
        model = User
        fields = ("email", "name", "handle")


class ChangeUserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, type[forms.Field]] = {}


class PasswordForm(AdminPasswordChangeForm):
    """Django's, whose outcome ends the person's sessions everywhere at once."""

    usable_password_help_text = lazy(format_html, SafeString)(
        '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
        NO_PASSWORD,
        _("The present password is lost."),
    )

    def save(self, commit: bool = True) -> User:
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        actions.set_password(self.user, password, getattr(self.user, "asked_by", None))
        return self.user


@admin.register(User)
class PeopleAdmin(UserAdmin):
    list_display = (
        "name",
        "handle",
        "email",
        "is_active",
        "banned_until",
        "is_staff",
        "has_two_factor",
        "last_login",
        "date_joined",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("name", "handle", "email")
    ordering = ("name", "pk")
    readonly_fields = ("is_active", "banned_until", "ban_reason", "moderation", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("name", "handle", "email", "password")}),
        (
            _("May they come in?"),
            {"fields": ("is_active", "banned_until", "ban_reason", "moderation", "last_login", "date_joined")},
        ),
        (_("Powers"), {"fields": POWERS, "classes": ("collapse",)}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "name", "handle", "usable_password", "password1", "password2"), "classes": ("wide",)},
        ),
    )
    add_form = MakeUserForm
    form = ChangeUserForm
    change_password_form = PasswordForm
    actions = ("deactivate", "activate", "sign_out", "remove_two_factor")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """The person, and who asks for them: forms are not told of requests."""
        found = super().get_object(request, object_id, from_field)
        if found:
            found.asked_by = request.user
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factors = two_factor.factors().filter(user=OuterRef("pk"))
        return super().get_queryset(request).annotate(has_factor=Exists(factors))

    @admin.display(description=_("two-factor"), boolean=True, ordering="has_factor")
    def has_two_factor(self, user: User) -> bool:
        """Whether they sign in with a second factor."""
        return user.has_factor  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted: what they wrote, and the numbers of what others wrote, would go with them. Deactivate them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Administrators only change the staff: a new password or address would be a way to take somebody's powers."""
        if obj and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else fields + POWERS

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store what the form changed; a new address takes the old one's place in allauth too, and open pages hear of a new name."""
        super().save_model(request, obj, form, change)
        if not change:
            record(Act.PERSON_MADE, request.user, whom=obj, email=obj.email)  # type: ignore[arg-type]
        elif form.changed_data:
            record(Act.PERSON_CHANGED, request.user, whom=obj, changed=edits(form))  # type: ignore[arg-type]
        if "email" in form.changed_data:
            actions.change_email(obj, obj.email)
        if obj.is_staff and "is_staff" in form.changed_data:
            transaction.on_commit(lambda: actions.cut_off_lacking([obj]))
        if change and {"name", "handle"} & set(form.changed_data):
            transaction.on_commit(lambda: user_changed.send(User, user=obj))

    @admin.display(description=_("mute, ban, delete"))
    def moderation(self, user: User) -> str:
        """The way to what the staff do with somebody on the whole site."""
        return format_html('<a href="{}">{}</a>', reverse("police", args=[user.pk]), _("Moderate on this site"))

    @admin.action(description=_("Deactivate: shut out, now and everywhere"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = [user for user in queryset if user != request.user and self.has_change_permission(request, user)]
        changed = len(actions.deactivate(people, request.user))  # type: ignore[arg-type]
        if len(people) < len(queryset):
            text = _("You cannot deactivate yourself, nor the staff unless you are an administrator.")
            self.message_user(request, text, messages.WARNING)
        self._say(request, ngettext("%d person was deactivated.", "%d people were deactivated.", changed) % changed)

    @admin.action(description=_("Activate: let in again"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = [user for user in queryset if self.has_change_permission(request, user)]
        changed = len(actions.activate(people, request.user))  # type: ignore[arg-type]
        self._say(request, ngettext("%d person was activated.", "%d people were activated.", changed) % changed)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = [user for user in queryset if self.has_change_permission(request, user)]
        for user in people:
            actions.revoke_sessions(user, request.user)  # type: ignore[arg-type]
        self._say(
            request, ngettext("%d person was signed out.", "%d people were signed out.", len(people)) % len(people)
        )

    def has_remove_two_factor_permission(self, request: HttpRequest) -> bool:
        """Administrators may: who may set passwords and take the second factor off may be anybody."""
        return bool(request.user.is_superuser)

    @admin.action(description=_("Take two-factor sign-in off: they have lost it"), permissions=["remove_two_factor"])
    def remove_two_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        changed = sum(actions.remove_two_factor(user, request.user) for user in queryset)  # type: ignore[arg-type]
        self._say(
            request,
            ngettext("%d person now signs in by password.", "%d people now sign in by password.", changed) % changed,
        )

    def _say(self, request: HttpRequest, text: str) -> None:
        self.message_user(request, text, messages.SUCCESS)
