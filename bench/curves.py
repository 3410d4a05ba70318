"""The chart of docs/scaling.md: docs/scaling.svg, what things cost as they grow.

Each line is that cost as a multiple of its cost at the smallest size, so that flat is at 1 whatever is measured; the line at which it would be missed
is drawn, too. Light or dark as the reader's system is.
"""

from html import escape
from math import log10
from typing import Any

from bench import growth
from bench.servers import ROOT

FILE = ROOT / "docs" / "scaling.svg"
WIDTH, HEIGHT, LEFT, GAP, TOP, LINE = 760, 150, 40, 24, 28, 20
PLOT = 330  # its width; what its lines are stands to its right
CEILING = 2.0  # times; what is dearer is drawn there
COLOURS = ("one", "two", "three", "four")
STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .small { font-size: 12px; fill: #57606a; }
    .axis { stroke: #afb8c1; }
    .bound { stroke: #bc4c00; stroke-dasharray: 5 4; }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
    .one { stroke: #0b6e4f; } circle.one { fill: #0b6e4f; }
    .two { stroke: #0969da; } circle.two { fill: #0969da; }
    .three { stroke: #8250df; } circle.three { fill: #8250df; }
    .four { stroke: #9a6700; } circle.four { fill: #9a6700; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .small { fill: #9198a1; }
      .axis { stroke: #57606a; }
      .bound { stroke: #f0883e; }
      .one { stroke: #3fb98a; } circle.one { fill: #3fb98a; }
      .two { stroke: #58a6ff; } circle.two { fill: #58a6ff; }
      .three { stroke: #bc8cff; } circle.three { fill: #bc8cff; }
      .four { stroke: #d29922; } circle.four { fill: #d29922; }
    }"""


def write(found: dict[str, Any]) -> None:
    """Draw what the growth case found."""
    parts: list[str] = []
    y = 0
    for curve in growth.CURVES:
        parts += panel(curve, found[curve.key], y)
        y += TOP + HEIGHT + 2 * LINE + GAP
    alt = "What a delivery, a message and reading cost as rooms grow: the figures are in bench/RESULTS.md"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" aria-label="{alt}">'
    FILE.write_text("\n".join([head, f"  <style>{STYLE}\n  </style>", *parts, "</svg>"]) + "\n")


def panel(curve: growth.Curve, lines: dict[str, dict[str, float]], top: int) -> list[str]:
    """One plot: its title, axes, lines, and beside it what they are."""
    sizes = [int(size) for size in next(iter(lines.values()))]
    base = top + TOP + HEIGHT

    def x(size: int) -> float:
        return LEFT + (log10(size) - log10(sizes[0])) / (log10(sizes[-1]) - log10(sizes[0])) * PLOT

    def y(times: float) -> float:
        return base - min(times, CEILING) / CEILING * HEIGHT

    parts = [
        f'  <text class="title" x="0" y="{top + 16}">{escape(curve.title)}, times what it costs at the smallest size</text>'
    ]
    for times in (0.0, 1.0, 2.0):
        parts.append(
            f'  <text class="small" x="{LEFT - 10}" y="{y(times) + 4:.0f}" text-anchor="end">{times:.0f}</text>'
        )
        parts.append(f'  <line class="axis" x1="{LEFT}" x2="{LEFT + PLOT}" y1="{y(times):.1f}" y2="{y(times):.1f}"/>')
    parts.append(
        f'  <line class="bound" x1="{LEFT}" x2="{LEFT + PLOT}" y1="{y(growth.MOST):.1f}" y2="{y(growth.MOST):.1f}"/>'
    )
    parts += [
        f'  <text class="small" x="{x(size):.0f}" y="{base + LINE - 2}" text-anchor="middle">{short(size)}</text>'
        for size in sizes
    ]
    parts.append(
        f'  <text class="small" x="{LEFT + PLOT / 2:.0f}" y="{base + 2 * LINE - 4}" text-anchor="middle">{escape(curve.grows)}</text>'
    )
    for n, (key, values) in enumerate(lines.items()):
        colour, smallest = COLOURS[n], values[str(sizes[0])]
        points = [(x(size), y(values[str(size)] / smallest)) for size in sizes]
        parts.append(f'  <polyline class="line {colour}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
        parts += [f'  <circle class="{colour}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in points]
        beside, row = LEFT + PLOT + 36, top + TOP + 10 + n * 2 * LINE
        parts.append(f'  <line class="line {colour}" x1="{beside}" x2="{beside + 20}" y1="{row - 4}" y2="{row - 4}"/>')
        title = escape(curve.lines[key].replace("`", ""))
        parts.append(f'  <text x="{beside + 28}" y="{row}">{title}</text>')
        ends = f"{values[str(sizes[0])]:.2f} to {values[str(sizes[-1])]:.2f} {escape(curve.unit)}"
        parts.append(f'  <text class="small" x="{beside + 28}" y="{row + 15}">{ends}</text>')
    return parts


def short(size: int) -> str:
    """A number as an axis has it: 10k, 1M."""
    for factor, letter in ((1_000_000, "M"), (1_000, "k")):
        if size >= factor:
            return f"{size / factor:g}{letter}"
    return str(size)
