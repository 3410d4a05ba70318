"""`manage.py doctor`: what is wrong with the site, in words; with `--fix` it mends what can be mended safely.

The exit code is 1 where something is left that is not well. Safe while the site is in use: each room is held for as long as it is looked at.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from chatsite import checkup
from rooms.checkup import Finding, examine_files, examine_rooms


class Command(BaseCommand):
    help = "Check numbering, counters, unread, files and configuration; say what is wrong, and mend it with --fix."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="mend what can be mended without a loss")
        parser.add_argument(
            "--data", action="store_true", help="the database and the files only, not the configuration"
        )

    def handle(self, *args: Any, fix: bool, data: bool, **options: Any) -> None:
        self.fix, self.found, self.left, self.mendable = fix, 0, 0, 0
        if not data:
            self._all(checkup.configuration())
        self._all(checkup.database())
        try:
            rooms = examine_rooms(self.report)
            examine_files(self.report)
        except DatabaseError as error:
            if not self.left:  # nor told why
                raise CommandError(f"The database does not answer as it should: {error}") from None
        if self.left:
            help = f" {self.mendable} can be mended: manage.py doctor --fix" if self.mendable else ""
            raise CommandError(f"{self.left} of {self.found} findings are left.{help}")
        self.stdout.write("All of it is mended." if self.found else f"All is well, in {rooms} rooms.")

    def _all(self, findings: Any) -> None:
        for finding in findings:
            self.report(finding)

    def report(self, finding: Finding) -> None:
        """Tell one; mend it, where that was asked for and can be."""
        self.found += 1
        self.stdout.write(f"- {finding.words}")
        if self.fix and finding.mend:
            finding.mend()
            self.stdout.write(f"  Mended: {finding.mended}.")
            return
        self.left += 1
        if finding.mend:
            self.mendable += 1
            self.stdout.write("  --fix mends it.")
        elif finding.advice:
            self.stdout.write(f"  {finding.advice}")
