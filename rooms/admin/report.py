"""The queue of reports: the message where it stands, who reported it and why, and the buttons that settle it. The open ones come first of all."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib import messages as notices
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from rooms import actions, schemas
from rooms.durations import LIFETIMES, MUTES
from rooms.errors import ChatError, Invalid
from rooms.models import Message, Report, Sanction

AROUND = 5  # messages shown before and after
QUEUE = "admin:rooms_report_changelist"


class State(admin.SimpleListFilter):
    """Open ones, unless asked for others."""

    title, parameter_name = gettext_lazy("state"), "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("settled", gettext_lazy("settled")), ("all", gettext_lazy("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": gettext_lazy("open")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        if self.value() == "all":
            return queryset
        return queryset.filter(settled_at__isnull=self.value() is None)


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin):
    """What people have reported."""

    list_display = ["made_at", "room", "author", "text", "reason", "reporter", "outcome"]
    list_filter = [State]
    list_select_related = ["room", "reporter", "message__author", "message__room"]
    search_fields = ["reason", "reporter__name", "message__author__name", "room__name"]
    ordering = ["pk"]
    show_full_result_count = False
    actions = None

    @admin.display(description=gettext_lazy("author"))
    def author(self, report: Report) -> str:
        """Whose message it is."""
        return report.message.author.name

    @admin.display(description=gettext_lazy("message"))
    def text(self, report: Report) -> str:
        """How the message begins."""
        return _("message deleted") if report.message.is_deleted else report.message.excerpt(80)

    def waiting(self, request: HttpRequest) -> int:
        """How many are open: the index of the admin shows it."""
        if not self.has_view_permission(request):
            return 0
        if not hasattr(request, "open_reports"):  # the index asks twice
            request.open_reports = Report.objects.open().count()  # type: ignore[attr-defined]
        return int(request.open_reports)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """One message with all reports of it; POST settles them."""
        report = self.get_object(request, unquote(object_id or ""))
        if report is None:
            raise Http404
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        message = Message.objects.at(report.room, report.message.seq)
        assert message is not None
        if request.method == "POST":
            return self._settle(request, message)
        log = (
            Message.objects.before(report.room, message.seq, AROUND),
            Message.objects.after(report.room, message.seq, AROUND),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Report"),
            "opts": self.opts,
            "report": report,
            "message": message,
            "reports": message.reports.select_related("reporter").order_by("pk"),
            "around": [*log[0], message, *log[1]],
            "mutes": MUTES,
            "bans": LIFETIMES,
            "may_settle": self.has_change_permission(request, report) and report.settled_at is None,
            "may_delete": request.user.has_perm("rooms.change_message") and not message.is_deleted,
            "may_sanction": request.user.has_perm("accounts.change_user"),
            "is_direct": report.room.is_direct,
        }
        return TemplateResponse(request, "admin/rooms/report/change_form.html", context)

    def _settle(self, request: HttpRequest, message: Message) -> HttpResponse:
        """Do what the button says, and close the reports: both, or neither."""
        by = request.user
        if not self.has_change_permission(request):
            raise PermissionDenied
        assert isinstance(by, User)
        try:
            with transaction.atomic():
                outcome = self._act(request, by, message)
                count = actions.settle(by, message, outcome)
        except ChatError as refusal:
            notices.error(request, refusal.sentence)
            return redirect(request.get_full_path())
        notices.success(
            request,
            _("Settled: %(outcome)s.") % {"outcome": Report.Outcome(outcome).label}
            if count
            else _("It was settled already."),
        )
        return redirect(QUEUE)

    def _act(self, request: HttpRequest, by: User, message: Message) -> str:
        form = request.POST
        act = form.get("act")
        if act == "dismiss":
            return Report.Outcome.DISMISSED
        why = {"room": message.room.slug, "user": message.author_id, "reason": form.get("reason", "")}
        if act == "delete":
            if not by.has_perm("rooms.change_message"):
                raise PermissionDenied
            actions.delete_as_admin(by, [message], schemas.parse(schemas.Kick, why).reason)
            return Report.Outcome.DELETED
        slug = message.room.slug if form.get("scope") == "room" else None
        seconds = int(form["seconds"]) if form.get("seconds", "").isdecimal() and len(form["seconds"]) < 10 else 0
        if act == Sanction.Kind.MUTE:
            mute = schemas.parse(schemas.Mute, {**why, "seconds": seconds})
            actions.mute_as_staff(by, message.author, slug, timedelta(seconds=mute.seconds), mute.reason)
            return Report.Outcome.MUTED
        if act == Sanction.Kind.BAN:
            ban = schemas.parse(schemas.Ban, {**why, "seconds": seconds or None})
            lifetime = timedelta(seconds=ban.seconds) if ban.seconds else None
            actions.ban_as_staff(by, message.author, slug, lifetime, ban.reason)
            return Report.Outcome.BANNED
        raise Invalid(_("there is nothing like that to do"), field="act")
