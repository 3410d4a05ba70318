"""`{% import_map %}`, `{% modulepreload %}`: our ES modules under their bare names, at hashed addresses. `{% words_url %}`: the words they speak.

A module is imported as `#core/timeline.js` everywhere: by the import map in browsers, by "imports" in package.json in Node.
"""

import json
import re
from functools import lru_cache
from hashlib import sha256

from django import template
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from chatsite.catalogues import path_of

register = template.Library()

PACKAGES = {"socket.io-client": "npm/socket.io-client/socket.io.esm.min.js"}
FOLDERS = ("core", "wire", "page", "elements")
STATIC_IMPORT = re.compile(r'^import (?:[^;"]* from )?"#([\w./-]+)";', re.MULTILINE)


@lru_cache(maxsize=1)
def module_names() -> tuple[str, ...]:
    """Return the static paths of our modules, sorted."""
    root = settings.BASE_DIR / "static/js"
    return tuple(
        sorted(f"js/{path.relative_to(root).as_posix()}" for name in FOLDERS for path in (root / name).glob("*.js"))
    )


def current_modules() -> tuple[str, ...]:
    """The same, read anew each time while one develops."""
    if settings.DEBUG:
        module_names.cache_clear()
    return module_names()


@register.simple_tag
def import_map() -> SafeString:
    """The body of `<script type="importmap">`."""
    imports = {f"#{name.removeprefix('js/')}": static(name) for name in current_modules()}
    imports |= {name: static(path) for name, path in PACKAGES.items()}
    return mark_safe(json.dumps({"imports": imports}, separators=(",", ":")).replace("<", "\\u003c"))


@lru_cache(maxsize=16)
def version_of(language: str) -> str:
    """What changes with the words of our scripts; "" for a language without a catalogue."""
    path = path_of(language, "djangojs")
    return sha256(path.read_bytes()).hexdigest()[:8] if path.exists() else ""


@register.simple_tag
def words_url() -> str:
    """The address of our scripts' words in the language of the page."""
    language = get_language() or settings.LANGUAGE_CODE
    return f"{reverse('javascript-catalog', args=[language])}?{version_of(language)}"


@lru_cache(maxsize=8)
def needed_by(entry: str) -> tuple[str, ...]:
    """Return the static paths of `entry` (as `page/main.js`) and of all that it imports, however far; not of what waits for `import()`."""
    needed: list[str] = []
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if f"js/{name}" in needed:
            continue
        needed.append(f"js/{name}")
        waiting += STATIC_IMPORT.findall((settings.BASE_DIR / "static/js" / name).read_text())
    return tuple(needed)


@register.simple_tag
def modulepreload(entry: str) -> SafeString:
    """A `<link rel=modulepreload>` for each module that `entry` (as `page/main.js`) can't begin without."""
    if settings.DEBUG:
        needed_by.cache_clear()
    eager = [*needed_by(entry), *(path for path in PACKAGES.values() if find(path))]
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(name),) for name in eager))
