"""`python -m bench [CASE ...] [--quick] [--runs N]`: run the cases, print a table, keep the figures.

Servers take turns, run by run, so that a drift of the machine hits all of them; each figure is the median of its runs. A quick look is only printed.
"""

import argparse
import datetime
import shutil
import signal
import statistics
import sys
from typing import Any

from bench import history, report, results
from bench.cases import CASES, HISTORY, Case
from bench.servers import KINDS, WORK, Kind, Server
from bench.tools import Failed, allow_files, drive, prepare

TRIES = 3  # of each run


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("case", nargs="*", help=f"any of {', '.join(CASES)}, {HISTORY}; all by default")
    parser.add_argument("--quick", action="store_true", help="one short run each: a look, not a result")
    parser.add_argument("--runs", type=int, help="runs of each server (5; quick: 1)")
    parser.add_argument("--server", action="append", choices=KINDS, help="only this one (may be repeated)")
    parser.add_argument("--render", action="store_true", help="only write RESULTS.md and the chart again")
    asked = parser.parse_args()
    if asked.render:
        return report.write(results.load())
    names = asked.case or [*CASES, HISTORY]
    if unknown := set(names) - {*CASES, HISTORY}:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    runs = asked.runs or (1 if asked.quick else 5)
    wanted = {name: [s for s in CASES[name].servers if s in (asked.server or KINDS)] for name in names if name in CASES}
    prepare({server for servers in wanted.values() for server in servers} | ({HISTORY} & set(names)))
    kept = results.load()
    for name in names:
        if name == HISTORY:
            found: dict[str, Any] = history.measure(asked.quick)
            print(report.history_table(found))
        else:
            found = run(CASES[name], wanted[name], runs, asked.quick)
            print(report.case_table(CASES[name], found))
        if not asked.quick and not asked.server:
            when = datetime.datetime.now(datetime.UTC).date().isoformat()
            kept[name] = {"when": when, **found}
            results.save(kept)
            report.write(kept)
    shutil.rmtree(WORK / "history", ignore_errors=True)
    return None


def run(case: Case, servers: list[str], runs: int, quick: bool) -> dict[str, Any]:
    """Measure `case`; return the medians of each server."""
    options = case.options(quick)
    allow_files(options["clients"])
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in servers}
    failed: dict[str, str] = {}
    for number in range(runs):
        for name in servers:
            say(f"{case.name} {number + 1}/{runs}: {KINDS[name].title}")
            try:
                measured[name].append(undisturbed(KINDS[name], options, 1 if quick else TRIES))
            except Failed as why:
                failed[name] = str(why)
    say("")
    return {
        "runs": runs,
        "options": options,
        "servers": {name: medians(found) for name, found in measured.items() if found},
        "failed": failed,
    }


def undisturbed(kind: Kind, options: dict[str, Any], most: int) -> dict[str, float]:
    """Run once; again, `most` times in all, while others use too much of the cores. Of those the least disturbed."""
    tries = []
    for _ in range(most):
        with Server(kind, options["clients"], options.get("rooms", 0)) as server:
            tries.append(drive(server, options))
        if tries[-1]["others"] <= report.DISTURBED:
            break
    return min(tries, key=lambda found: found["others"])


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure; of what must not happen, the worst."""
    worst = {"lost", "doubled", "reordered", "refused", "others"}
    return {key: (max if key in worst else statistics.median)([one[key] for one in found]) for key in found[0]}


def say(text: str) -> None:
    """Show what is being done, where somebody is looking."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are ended on the way out
    try:
        main()
    except (Failed, RuntimeError) as why:
        sys.exit(f"bench: {why}")
