"""`{% import_map %}` and `{% modulepreload %}`: our ES modules under their bare names, at their hashed addresses.

A module is imported as `#core/timeline.js` everywhere: by the import map in browsers, by "imports" in package.json in Node.
"""

import json
from functools import lru_cache

from django import template
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

PACKAGES = {"socket.io-client": "npm/socket.io-client/socket.io.esm.min.js"}
FOLDERS = ("core", "wire", "page", "elements")


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


@register.simple_tag
def modulepreload(*lazy: str) -> SafeString:
    """A `<link rel=modulepreload>` for each module, but those named in `lazy` (as `elements/x.js`), which wait for `import()`."""
    eager = [name for name in current_modules() if name.removeprefix("js/") not in lazy]
    eager += [path for path in PACKAGES.values() if find(path)]
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(name),) for name in eager))
