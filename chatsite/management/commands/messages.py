"""`manage.py messages`: bring the catalogues up to date with the strings of the code. New ones come in untranslated, those that are gone go."""

from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.core.management.base import BaseCommand

from chatsite import catalogues


class Command(BaseCommand):
    help = "Gather the strings of the code into chatsite/locale, and tell which of them lack a translation."

    def handle(self, *args: Any, **options: Any) -> None:
        for domain in ("django", "djangojs"):
            template = Catalog(charset="utf-8")
            for file, line, message, comments, context in catalogues.gathered(domain):
                template.add(message, locations=[(file, line)], auto_comments=comments, context=context)
            for language in catalogues.LANGUAGES:
                self._update(language, domain, template)

    def _update(self, language: str, domain: str, template: Catalog) -> None:
        path = catalogues.path_of(language, domain)
        with path.open("rb") as po:
            catalogue = read_po(po, locale=language)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False, update_header_comment=False)
        with path.open("wb") as po:
            write_po(po, catalogue, width=120, sort_output=True, ignore_obsolete=True, include_lineno=False)
        lacking = [each for each in catalogue if each.id and not _is_translated(each.string)]
        self.stdout.write(f"{path.name} {language}: {len(catalogue)} messages, {len(lacking)} without a translation")
        for each in lacking:
            self.stdout.write(f"    {each.id!r}")


def _is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string or [""]) if not isinstance(string, str) else bool(string)
