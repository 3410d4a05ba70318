"""What a person fills in about a room."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import filtering
from accounts.forms import NameField
from accounts.names import tidy
from rooms.actions.inviting import MOST_USES
from rooms.durations import LIFETIMES
from rooms.models import Room

KINDS = [
    (Room.Kind.OPEN, _("Open: anyone here may find and join it")),
    (Room.Kind.CLOSED, _("Closed: only who is added or invited is in it")),
]


class TopicField(forms.CharField):
    """What a room is about: one line, tidied like a name, or nothing."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        return filtering.check_name(tidy(text)) if text.strip() else ""


class RoomForm(forms.Form):
    """A room as its moderators see it."""

    name = NameField(label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    topic = TopicField(
        label=_("Topic"),
        max_length=250,
        required=False,
        help_text=_("What it is about, in one line."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=_("Who may come in"), choices=KINDS, initial=Room.Kind.OPEN, widget=forms.RadioSelect
    )


class InvitationForm(forms.Form):
    """For how long and for how many a link into a room is."""

    lifetime = forms.TypedChoiceField(label=_("It works for"), choices=LIFETIMES, coerce=int, initial=7 * 86_400)
    max_uses = forms.IntegerField(
        label=_("For how many people"),
        required=False,
        min_value=1,
        max_value=MOST_USES,
        help_text=_("Empty: for any number."),
        widget=forms.NumberInput(attrs={"autocomplete": "off"}),
    )

    @property
    def terms(self) -> tuple[timedelta | None, int | None]:
        """What a valid form says: how long, for how many."""
        seconds = self.cleaned_data["lifetime"]
        return timedelta(seconds=seconds) if seconds else None, self.cleaned_data["max_uses"]
