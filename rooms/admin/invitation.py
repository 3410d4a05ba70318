"""Links into rooms: which there are, made and taken back by the staff. What a link says is never changed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib import messages as notices
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rooms import actions
from rooms.actions.inviting import MOST_USES
from rooms.admin.reading import Reading
from rooms.models import Invitation, Room

SHOWN = ("room", "link", "how", "uses", "max_uses", "expires_at", "created_by", "created_at", "revoked_at")


class InvitationForm(ModelForm):
    """A new link."""

    room = forms.ModelChoiceField(Room.objects.filter(archived_at=None).exclude(kind=Room.Kind.DIRECT))

    class Meta:
        model = Invitation
        fields = ("room", "expires_at", "max_uses")

    def clean_max_uses(self) -> int | None:
        uses: int | None = self.cleaned_data["max_uses"]
        if uses is not None and not 1 <= uses <= MOST_USES:
            raise ValidationError(_("At least 1, at most %(most)d.") % {"most": MOST_USES})
        return uses

    def clean_expires_at(self) -> Any:
        end = self.cleaned_data["expires_at"]
        if end and end <= timezone.now():
            raise ValidationError(_("This is over already."))
        return end


@admin.register(Invitation)
class InvitationAdmin(Reading):
    """Links into rooms, newest first."""

    list_display = ["room", "how", "uses", "max_uses", "expires_at", "created_by", "created_at"]
    list_filter = ["room", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["room", "created_by"]
    search_fields = ["room__name", "room__slug", "created_by__name", "created_by__handle"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["revoke"]
    form = InvitationForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return Invitation.objects.whole()

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return SHOWN if obj else ("room", "expires_at", "max_uses")

    @admin.display(description=_("state"))
    def how(self, invitation: Invitation) -> str:
        """Whether it works."""
        return str(invitation.state().label)

    @admin.display(description=_("address"))
    def link(self, invitation: Invitation) -> str:
        """What is passed on, without the site's own address."""
        return invitation.get_absolute_url()

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        return SHOWN if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False  # it is taken back, and stays to be seen

    @admin.action(description=_("Take the selected links back"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """They work no more."""
        count = actions.revoke(queryset, request.user)  # type: ignore[arg-type]
        words = ngettext("%d link was taken back.", "%d links were taken back.", count) % count
        self.message_user(request, words, notices.SUCCESS)

    def save_model(self, request: HttpRequest, obj: Invitation, form: ModelForm, change: bool) -> None:
        if change:
            return
        made = actions.make_invitation(request.user, obj.room, obj.expires_at, obj.max_uses)  # type: ignore[arg-type]
        obj.pk, obj.token, obj.created_by = made.pk, made.token, made.created_by
        obj._state.adding = False
