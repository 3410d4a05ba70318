"""What the admin changes by itself, told to the audit log in the same transaction."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.audit import record
from accounts.models import Act, User


def edits(form: ModelForm) -> dict[str, list[Any]]:
    """What a valid form changes: `{name: [before, after]}`, in words where it is not a plain value."""
    return {
        name: [_said(form.initial.get(name)), _said(form.cleaned_data.get(name))]
        for name in form.changed_data
        if name in form.cleaned_data
    }


def _said(value: Any) -> Any:
    if isinstance(value, (list, tuple, models.QuerySet)):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


class Audited(admin.ModelAdmin):
    """For models whose changes have no action of their own."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.changed_data:
            self._record(request, form.instance, changed=edits(form))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            self._record(request, obj, deleted=True)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        with transaction.atomic():
            for each in queryset:
                self._record(request, each, deleted=True)
            super().delete_queryset(request, queryset)

    def _record(self, request: HttpRequest, obj: models.Model, **details: Any) -> None:
        assert isinstance(request.user, User)
        record(Act.ADMIN_EDIT, request.user, kind=str(obj._meta.verbose_name), name=str(obj), **details)


admin.site.unregister(Group)


@admin.register(Group)
class AuditedGroupAdmin(Audited, GroupAdmin):
    """Groups, and what they may do: for administrators alone, since who changes their own group may do anything."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)
