"""Tells what was measured: tables for the terminal and bench/RESULTS.md, both Markdown, with the ratio to each peer and what had to be reached."""

from collections.abc import Sequence
from typing import Any

from bench import chart
from bench.cases import CASES, HISTORY, Case, Figure
from bench.history import OPERATIONS
from bench.servers import BENCH, KINDS

JSON = dict[str, Any]
BAD = {"lost": "lost", "doubled": "delivered twice", "reordered": "members with another order", "refused": "refused"}
DISTURBED = (
    0.08  # share of a core used by others during a run, above which it is tried again, and if that does not help, told
)
MOST_MS, MOST_RATIO = 5.0, 1.5  # of the history case
OVERLOADED = "lost"  # messages still on their way 20 s after the last was sent

HEAD = """\
# Results of the bench

Written by `make bench`; what the cases are and why the figures are as they are is told in [performance.md](../docs/performance.md).
One core for the server, one for the load generator; the same generator and the same texts for all, an acknowledgement asked for each message.
Figures are medians of the runs; in brackets, how many times better Chatsite is in the same series of runs (below 1: worse).
A generator well below 100 % of its core is not what limits a server.
"""


def case_table(case: Case, found: JSON) -> str:
    """A case: a row for each server."""
    ours = found["servers"].get("chatsite", {})
    titles = [f"{figure.title}{f', {figure.unit}' if figure.unit else ''}" for figure in case.figures]
    rows = [["server", *titles, "server CPU", "generator CPU"]]
    for name, kind in KINDS.items():
        if name in found["failed"]:
            rows.append([kind.title, f"failed: {found['failed'][name]}", *[""] * (len(case.figures) + 1)])
        elif name in found["servers"]:
            theirs = found["servers"][name]
            cells = [cell(figure, ours, theirs, name) for figure in case.figures]
            rows.append([kind.title, *cells, f"{theirs['server_cpu']:.0%}", f"{theirs['generator_cpu']:.0%}"])
    lines = [
        f"## {case.title}",
        "",
        f"{sentence(case, found)} Runs: {found['runs']}.{caveat(found)}",
        "",
        *table(rows),
        "",
    ]
    lines += [f"- {line}" for line in [*verdicts(case, found), *complaints(found)]]
    return "\n".join(lines) + "\n"


def sentence(case: Case, found: JSON) -> str:
    """What was done; the sizes as they were, if it was only a quick look."""
    changed = {key: value for key, value in found["options"].items() if case.load.get(key) != value}
    quick = ", ".join(f"{key} {value}" for key, value in changed.items() if key in {"clients", "rate", "seconds"})
    return f"{case.what}{f' (quick look: {quick})' if quick else ''}."


def caveat(found: JSON) -> str:
    """A word on a machine that did something else, too."""
    others = max((figures.get("others", 0.0) for figures in found["servers"].values()), default=0.0)
    return disturbed(others)


def disturbed(others: float) -> str:
    """The same, of the share of a core that others used."""
    if others <= DISTURBED:
        return ""
    return f" **The machine was busy otherwise (up to {others:.0%} of a core): figures and ratios are rough.**"


def cell(figure: Figure, ours: JSON, theirs: JSON, name: str) -> str:
    """A figure of one server, with the ratio if it is a peer's."""
    value = theirs.get(figure.key, 0)
    ratio = figure.ratio(ours.get(figure.key, 0), value) if not KINDS[name].is_ours else None
    if theirs.get(OVERLOADED) and figure.unit == "ms" and "connect" not in figure.key:
        return "does not keep up"
    return number(value) + (f" ({number(ratio)}×)" if ratio else "")


def number(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{round(value):,}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def verdicts(case: Case, found: JSON) -> list[str]:
    """What had to be reached, and whether it was."""
    ours, node = found["servers"].get("chatsite"), found["servers"].get("node")
    lines = []
    for figure in case.figures:
        value = ours[figure.key] if ours else 0.0
        if ours and figure.bound is not None:
            wanted = f"at most {number(figure.bound)} {figure.unit}"
            lines.append(verdict(figure, wanted, f"{number(value)} {figure.unit}", 0 < value <= figure.bound))
        if ours and node and figure.target is not None:
            ratio = figure.ratio(value, node[figure.key]) or 0.0
            if figure.higher_is_better:
                wanted, got = f"at least {number(figure.target)} times Node's", f"{number(ratio)} times"
            else:
                share = value / node[figure.key] if node[figure.key] else 0.0
                wanted, got = f"at most {number(1 / figure.target)} of Node's", f"{number(share)} of it"
            lines.append(verdict(figure, wanted, got, ratio >= figure.target))
    return lines


def verdict(figure: Figure, wanted: str, got: str, is_reached: bool) -> str:
    """One line of it."""
    return f"{figure.title}: {wanted} wanted, {got}: {'reached' if is_reached else '**missed**'}"


def complaints(found: JSON) -> list[str]:
    """What went wrong in the runs, by server; that nothing did, of ours."""
    lines = []
    for name, figures in found["servers"].items():
        wrong = [f"{figures[key]:,.0f} {words}" for key, words in BAD.items() if figures.get(key)]
        if wrong:
            lines.append(f"{KINDS[name].title}: {', '.join(wrong)} (in the worst run)")
        elif name == "chatsite":
            lines.append("Chatsite: nothing lost, doubled, out of order or refused, in any run")
    return lines


def history_table(found: JSON) -> str:
    """What a page takes in a short and in a long room."""
    sizes = list(found["sizes"])
    long = f"{int(sizes[1]):,} messages"
    rows = [
        ["operation", f"{int(sizes[0]):,} messages, p95 ms", f"{long}, p50 ms", f"{long}, p95 ms", "ratio of p95", ""]
    ]
    for key, title in OPERATIONS.items():
        few, many = (found["sizes"][size][key] for size in sizes)
        ratio = many["p95_ms"] / few["p95_ms"]
        is_reached = many["p95_ms"] <= MOST_MS and ratio <= MOST_RATIO
        p95, p50 = number(many["p95_ms"]), number(many["p50_ms"])
        rows.append([title, number(few["p95_ms"]), p50, p95, f"{ratio:.2f}", "reached" if is_reached else "**missed**"])
    lines = [
        "## History",
        "",
        "One client asks the running server, one request at a time. The time is the server's: by its own log, or for a socket the client's less "
        f"the way there and back. Wanted: p95 of at most {MOST_MS:.0f} ms, and at most {MOST_RATIO} times that of the short room. "
        f"Runs: {found.get('runs', 1)}, medians.{disturbed(found.get('others', 0.0))}",
        "",
    ]
    return "\n".join([*lines, *table(rows)]) + "\n"


def table(rows: list[list[str]]) -> list[str]:
    """Rows as a Markdown table, numbers to the right, padded so that it reads in a terminal too."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(row: list[str]) -> str:
        cells = [
            text.ljust(w) if n == 0 else text.rjust(w) for n, (text, w) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = "|".join("-" * (w + 2) if n == 0 else "-" * (w + 1) + ":" for n, w in enumerate(widths))
    return [line(rows[0]), f"|{rule}|", *map(line, rows[1:])]


def write(kept: JSON, more: Sequence[str] = ()) -> None:
    """Write bench/RESULTS.md, `more` tables at its end, and the chart."""
    parts = [HEAD]
    if machine := kept.get("machine"):
        parts.append("; ".join(f"{what}: {value}" for what, value in machine.items()) + ".\n")
    parts += [case_table(case, kept[name]) for name, case in CASES.items() if name in kept]
    if HISTORY in kept:
        parts.append(history_table(kept[HISTORY]))
    parts += more
    (BENCH / "RESULTS.md").write_text("\n".join(parts))
    chart.write(kept)
