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
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.models import User
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
        actions.set_password(self.user, password)
        return self.user


@admin.register(User)
class PeopleAdmin(UserAdmin):
    list_display = ("name", "handle", "email", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("name", "handle", "email")
    ordering = ("name", "pk")
    readonly_fields = ("is_active", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("name", "handle", "email", "password")}),
        (_("May they come in?"), {"fields": ("is_active", "last_login", "date_joined")}),
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
    actions = ("deactivate", "activate")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted: what they wrote, and the numbers of what others wrote, would go with them. Deactivate them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff without all powers change nobody who has them: a new password would be a way to take them."""
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else fields + POWERS

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store what the form changed; a new address takes the old one's place in allauth too, and open pages hear of a new name."""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            actions.change_email(obj, obj.email)
        if change and {"name", "handle"} & set(form.changed_data):
            user_changed.send(User, user=obj)

    @admin.action(description=_("Deactivate: shut out, now and everywhere"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = [user for user in queryset if user != request.user and self.has_change_permission(request, user)]
        changed = len(actions.deactivate(people))
        if len(people) < len(queryset):
            text = _("You cannot deactivate yourself, nor an administrator unless you are one.")
            self.message_user(request, text, messages.WARNING)
        self._say(request, ngettext("%d person was deactivated.", "%d people were deactivated.", changed) % changed)

    @admin.action(description=_("Activate: let in again"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        changed = len(actions.activate(user for user in queryset if self.has_change_permission(request, user)))
        self._say(request, ngettext("%d person was activated.", "%d people were activated.", changed) % changed)

    def _say(self, request: HttpRequest, text: str) -> None:
        self.message_user(request, text, messages.SUCCESS)
