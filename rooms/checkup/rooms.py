"""The walk: every room under its lock, examination by examination; then what belongs to no room."""

from collections.abc import Callable, Iterator

from django.db import transaction

from rooms.checkup import files, messages, numbering, threads, unread
from rooms.checkup.finding import Finding
from rooms.models import Room

Examination = Callable[[Room], Iterator[Finding]]
# In this order: what comes later takes for granted that what came before holds.
EXAMINATIONS: list[Examination] = [
    numbering.lost_numbers,
    numbering.last_number,
    numbering.versions,
    messages.threads,
    messages.deleted,
    messages.attached,
    messages.copies,
    threads.summaries,
    threads.followers,
    unread.marks,
    unread.own_above,
]


def examine_rooms(report: Callable[[Finding], None]) -> int:
    """Examine every room; `report` is told of each finding, and may mend it then and there. Returns how many rooms there are."""
    slugs = list(Room.objects.order_by("pk").values_list("slug", flat=True))
    for slug in slugs:
        for examination in EXAMINATIONS:
            with transaction.atomic():
                room = Room.objects.locked([slug]).get(slug)
                for finding in list(examination(room)) if room else ():
                    report(finding)
    return len(slugs)


def examine_files(report: Callable[[Finding], None]) -> None:
    """What lies on the disk, and what should."""
    for finding in files.all_of_them():
        report(finding)
