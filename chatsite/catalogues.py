"""The catalogues of translations: gathered from the code by `manage.py messages`, compiled by whichever process starts first.

Babel does both, so no GNU gettext is asked for. Invariant: a compiled catalogue (.mo, not in Git) bears the time of the .po that it was made of; with
any other time it is made anew, so that it never lags behind a pull.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from django.conf import settings

HOME = Path(settings.BASE_DIR) / "chatsite" / "locale"
LANGUAGES = tuple(sorted(path.name for path in HOME.iterdir() if path.is_dir()))
PACKAGES = ("accounts", "chatsite", "rooms")
# What is gathered: each of gettext's functions, as Python calls it now and later, and the arguments that are messages.
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {"_": None, "gettext": None, "gettext_lazy": None}
KEYWORDS |= dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2))
KEYWORDS |= dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
KEYWORDS |= dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3))

log = logging.getLogger(__name__)


def path_of(language: str, domain: str) -> Path:
    """Where the catalogue of a language lies. `domain`: "django" (Python, templates) or "djangojs" (scripts)."""
    return HOME / language / "LC_MESSAGES" / f"{domain}.po"


def compile_stale() -> None:
    """Compile what is not compiled, or was from another state. Where that can't be written, the site speaks English, and the log says why."""
    for source in HOME.glob("*/LC_MESSAGES/*.po"):
        compiled, made_at = source.with_suffix(".mo"), source.stat().st_mtime_ns
        if compiled.exists() and compiled.stat().st_mtime_ns == made_at:
            continue
        try:
            _compile(source, compiled, made_at)
        except OSError as error:
            log.warning("a catalogue was not compiled: %s", error)


def _compile(source: Path, compiled: Path, made_at: int) -> None:
    """In one step, for several processes may start at once."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as po:
        catalogue = read_po(po)
    with tempfile.NamedTemporaryFile(dir=compiled.parent, suffix=".tmp", delete=False) as mo:
        write_mo(mo, catalogue)
    made = Path(mo.name)
    made.chmod(0o644)
    os.utime(made, ns=(made_at, made_at))
    try:
        made.replace(compiled)
    finally:
        made.unlink(missing_ok=True)


Message = tuple[str, int, str | tuple[str, ...], list[str], str | None]  # file, line, what, comments, context


def gathered(domain: str) -> Iterator[Message]:
    """Yield every message that the code asks a translation for."""
    from babel.messages.extract import extract

    root = Path(settings.BASE_DIR)
    for path, method, text in _scripts(root) if domain == "djangojs" else _python_and_templates(root):
        found = extract(
            method, BytesIO(text.encode()), KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        )
        for line, message, comments, context in found:
            yield path.relative_to(root).as_posix(), line, message, comments, context


def _scripts(root: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted((root / "static" / "js").rglob("*.js")):
        yield path, "javascript", path.read_text()


def _python_and_templates(root: Path) -> Iterator[tuple[Path, str, str]]:
    from django.utils.translation.template import templatize

    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield path, "python", path.read_text()
    for path in sorted(each for each in (root / "templates").rglob("*") if each.is_file()):
        # Django turns a template into calls of gettext among X's; the indentation would not be Python's.
        calls = templatize(path.read_text(), origin=str(path))
        yield path, "python", "\n".join(line.strip() for line in calls.split("\n"))
