"""What the style sheets keep to, read as text."""

import re

from django.conf import settings

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STYLES = {path.name: COMMENT.sub("", path.read_text()) for path in (settings.BASE_DIR / "static/css").glob("*.css")}


def test_a_theme_is_colours_and_nothing_else() -> None:
    """So axe need ask at night only what is about colours (tests/browser/axe.py): no other rule can find anything that it did not by day."""
    assert STYLES and not [name for name, text in STYLES.items() if "prefers-color-scheme" in text]
    themed = [rule for text in STYLES.values() for rule in re.findall(r"data-theme[^{}]*\{([^}]*)\}", text)]
    assert {rule.strip() for rule in themed} == {"color-scheme: light;", "color-scheme: dark;"}
