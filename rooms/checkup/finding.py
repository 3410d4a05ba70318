"""A finding: what is wrong, in words, and what can be done about it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`mend` sets it right, where that is safe; else `advice` says what a person can do."""

    words: str
    mended: str = ""  # what `mend` has done, in words
    mend: Callable[[], object] | None = None
    advice: str = ""


def some(numbers: list[int]) -> str:
    """The first few of them, as one writes them."""
    shown = ", ".join(f"#{number}" for number in numbers[:5])
    return f"{shown} and {len(numbers) - 5:,} more" if len(numbers) > 5 else shown
