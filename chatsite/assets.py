"""Static files: what npm brings, names with a hash, one style sheet out of many, modules without their comments.

`AssetStorage` is whitenoise's manifest storage with three differences: the layered sources of `css/chatsite.css` are joined into it as it is
collected (22 files cost 80-150 ms of first paint, measured); our modules are minified then, each by itself (half the bytes); and before anything is
collected plain names are served, so that `manage.py runserver` works in a fresh clone.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "css/chatsite.css"
IMPORT = re.compile(
    r"""^@import (?:url\()?["'](?P<file>[^"']+)["']\)?(?: layer\((?P<layer>[\w.-]+)\))?;$""", re.MULTILINE
)


def joined(sheet: Path) -> str:
    """Return the text of `sheet` with each `@import "x.css" layer(y);` replaced by the imported text."""

    def inline(match: re.Match[str]) -> str:
        text = joined(sheet.parent / match["file"])
        return f"@layer {match['layer']} {{\n{text}}}" if match["layer"] else text

    return IMPORT.sub(inline, sheet.read_text())


def minified(sources: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield each ES module of `sources` (under static/js) with its text minified by esbuild. Raises CommandError where that is missing or refuses."""
    esbuild = next(
        settings.BASE_DIR.glob("node_modules/@esbuild/*/bin/esbuild"), None
    )  # of this platform; needs no Node
    if not esbuild:
        raise CommandError("node_modules lacks esbuild: run `npm ci` first")
    with tempfile.TemporaryDirectory() as folder:
        base = settings.BASE_DIR / "static"
        options = ["--minify", "--format=esm", "--target=es2022", f"--outbase={base}", f"--outdir={folder}"]
        command = [str(esbuild), *map(str, sources), *options]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            raise CommandError(ran.stderr)
        for path in Path(folder).rglob("*.js"):
            yield path.relative_to(folder), path.read_bytes()


class AssetStorage(CompressedManifestStaticFilesStorage):
    """Hashed names once `collectstatic` has run; plain ones before, and where `live` asks for the sources as they are."""

    live = False

    def url(self, name: str | None, force: bool = False) -> str:
        if self.live or not self.hashed_files:
            return FileSystemStorage.url(self, name)
        return super().url(name, force)

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            paths = {**paths, **dict(self._made(paths))}
        yield from super().post_process(paths, dry_run, **options)

    def _made(self, paths: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, str]]]:
        """Put what we make of our sources in their places."""
        sources = {name: Path(storage.path(path)) for name, (storage, path) in paths.items()}
        made = {ENTRY: joined(sources[ENTRY]).encode()} if ENTRY in sources else {}
        ours = [source for name, source in sources.items() if name.startswith("js/") and name.endswith(".js")]
        made |= {path.as_posix(): text for path, text in (minified(ours) if ours else ())}
        for name, text in made.items():
            self.delete(name)
            self._save(name, ContentFile(text))
            yield name, (self, name)


class NpmFinder(BaseFinder):
    """Serves the few files of `node_modules` that `settings.NPM_FILES` names."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = settings.NPM_FILES.get(path)
        found = [str(source)] if source and source.exists() else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for name, source in settings.NPM_FILES.items():
            storage = NpmStorage({name: source})
            yield name, storage


class NpmStorage(FileSystemStorage):
    """Files under names of our choosing, read from where npm put them."""

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__(location=settings.BASE_DIR)
        self._files = files
        self.prefix = ""

    def path(self, name: str) -> str:
        return str(self._files[name])
