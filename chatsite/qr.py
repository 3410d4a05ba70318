"""QR codes, drawn as SVG to stand in a page: no style of their own, so that the strict Content-Security-Policy lets them be.

Drawing one takes some 3 ms: one a page, not one a row.
"""

from functools import lru_cache

import segno
from django.utils.safestring import SafeString, mark_safe

DOT = 5  # CSS pixels
MARGIN = 4  # dots of white around it (ISO/IEC 18004, 9.1)


@lru_cache(maxsize=64)
def svg(text: str) -> SafeString:
    """Return the QR code of `text` (at most some 2,000 characters) as an `<svg>`: black on white whatever the theme, for cameras to read."""
    code = segno.make_qr(text, error="m")
    side, _ = code.symbol_size(scale=DOT, border=MARGIN)
    drawn = code.svg_inline(
        border=MARGIN, dark="#000", light="#fff", omitsize=True
    )  # it can be drawn in another size, too
    return mark_safe(drawn.replace("<svg", f'<svg width="{side}" height="{side}"', 1))
