"""Reporting a message to the staff, and what they make of it. The staff who may see reports hear how many are open, whenever that changes."""

from datetime import timedelta

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Act, User
from rooms import broadcast
from rooms.actions.change import allow, held
from rooms.errors import RateLimited
from rooms.models import Message, Report
from rooms.models.report import DAY
from rooms.permissions import refusal_to_read, refusal_to_report

MOST = 20  # reports of one person within a day


def report(user: User, slug: str, seq: int, reason: str) -> None:
    """Tell the staff of a message that `user` may read, and why. Twice is once. Raises ChatError."""
    with transaction.atomic():
        room = held(user, slug, refusal_to_read)
        message = Message.objects.at(room, seq)
        allow(refusal_to_report(message, user))
        assert message is not None
        if Report.objects.filter(message=message, reporter=user).exists():
            return
        lately = list(Report.objects.of_a_day(user).values_list("made_at", flat=True)[:MOST])
        if len(lately) >= MOST:
            wait: timedelta = lately[0] + DAY - timezone.now()
            raise RateLimited(_("you have reported enough for a day"), retry_after=max(1, wait.total_seconds()))
        said = message.body or ", ".join(each.name for each in message.attachments.order_by("position"))
        Report.objects.create(message=message, room=room, reporter=user, reason=reason, said=said)
        _tell()


def settle(by: User, message: Message, outcome: str) -> int:
    """Close the open reports of a message; return how many there were. Who may do so was asked by who calls."""
    with transaction.atomic():
        still_open = Report.objects.open().filter(message=message).select_for_update()
        count = still_open.update(outcome=outcome, settled_at=timezone.now(), settled_by=by, said="")
        if count:
            act = Act.REPORT_DISMISSED if outcome == Report.Outcome.DISMISSED else Act.REPORT_SETTLED
            record(act, by, whom=message.author, room=message.room, seq=message.seq, outcome=outcome, reports=count)
            _tell()
    return count


def _tell() -> None:
    """On commit: those who look after reports hear how many are open."""

    def tell() -> None:
        data = {"type": "reports", "open": Report.objects.open().count()}
        for pk in _keepers():
            broadcast.publish(broadcast.to_user(pk), data)

    transaction.on_commit(tell)


def _keepers() -> list[int]:
    """The ids of the staff who may see reports."""
    right = Permission.objects.filter(content_type__app_label="rooms", codename__in=["view_report", "change_report"])
    may = Q(is_superuser=True) | Q(user_permissions__in=right) | Q(groups__permissions__in=right)
    return list(User.objects.active().filter(may, is_staff=True).distinct().values_list("pk", flat=True))
