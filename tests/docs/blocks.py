"""The code blocks of our Markdown pages, by language."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "docs/protocol.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page that are marked with this language, in order."""
    return [text for marked, text in _BLOCK.findall(page.read_text()) if marked == language]
