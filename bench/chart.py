"""The chart that the README shows: docs/performance.svg, bars of fan-out and small rooms by server. Light or dark as the reader's system is."""

from html import escape
from typing import Any

from bench.servers import KINDS, ROOT

FILE = ROOT / "docs" / "performance.svg"
PANELS = (
    ("fanout", "deliveries_per_second", "Deliveries a second, 500 members in one room"),
    ("rooms", "messages_per_second", "Messages a second, 1,000 clients in 100 rooms"),
)
WIDTH, LABELS, BAR, GAP, VALUES = 760, 220, 22, 10, 90
STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .bar { fill: #afb8c1; }
    .ours { fill: #0b6e4f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .bar { fill: #57606a; }
      .ours { fill: #3fb98a; }
    }"""


def write(kept: dict[str, Any]) -> None:
    """Draw what `kept` has."""
    parts, y = [], 8
    for case, key, title in PANELS:
        if case not in kept:
            continue
        values = {
            name: kept[case]["servers"][name][key]
            for name, kind in KINDS.items()
            if name in kept[case]["servers"] and not kind.settings
        }
        parts.append(f'  <text class="title" x="0" y="{y + 14}">{escape(title)}</text>')
        y += 28
        for name, value in values.items():
            parts += bar(KINDS[name].title, value, max(values.values()), y, "bar ours" if name == "chatsite" else "bar")
            y += BAR + GAP
        y += 16
    if not parts:
        return
    alt = "Chatsite beside Socket.IO on Node, python-socketio and Django Channels: the figures are in bench/RESULTS.md"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" aria-label="{alt}">'
    FILE.write_text("\n".join([head, f"  <style>{STYLE}\n  </style>", *parts, "</svg>"]) + "\n")


def bar(title: str, value: float, most: float, y: int, kind: str) -> list[str]:
    """A label, a bar in proportion to `most`, and its value."""
    length = max(2, round(value / most * (WIDTH - LABELS - VALUES)))
    middle = y + BAR - 6
    return [
        f'  <text x="0" y="{middle}">{escape(title)}</text>',
        f'  <rect class="{kind}" x="{LABELS}" y="{y}" width="{length}" height="{BAR}" rx="3"/>',
        f'  <text x="{LABELS + length + 8}" y="{middle}">{value:,.0f}</text>',
    ]
