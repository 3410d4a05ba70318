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

from bench import curves, growth, history, report, results, scale, workers
from bench.cases import CASES, HISTORY, Case
from bench.servers import KINDS, WORK, Kind, Server
from bench.tools import Failed, allow_files, drive, prepare

TRIES = 3  # of each run
SCALE = "scale"  # a name for its two parts
RUNS, RUNS_OF_THE_LONG = 5, 3


def main() -> None:
    names = [*CASES, HISTORY, *scale.PARTS]
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("case", nargs="*", help=f"any of {', '.join(names)}, {SCALE} (the last two); all by default")
    parser.add_argument("--quick", action="store_true", help="one short run each: a look, not a result")
    parser.add_argument(
        "--runs", type=int, help=f"runs of each server ({RUNS}; of {HISTORY} and {SCALE} {RUNS_OF_THE_LONG}; quick: 1)"
    )
    parser.add_argument("--server", action="append", choices=KINDS, help="only this one (may be repeated)")
    parser.add_argument("--render", action="store_true", help="only write RESULTS.md and the charts again")
    asked = parser.parse_args()
    if asked.render:
        return write(results.load())
    chosen = [part for name in asked.case or names for part in (scale.PARTS if name == SCALE else [name])]
    if unknown := set(chosen) - set(names):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    wanted = {
        name: [s for s in CASES[name].servers if s in (asked.server or KINDS)] for name in chosen if name in CASES
    }
    prepare({server for servers in wanted.values() for server in servers} | (set(chosen) - CASES.keys()))
    kept = results.load()
    for name in chosen:
        found = measured(name, wanted.get(name, []), asked.quick, asked.runs)
        print(report.case_table(CASES[name], found) if name in CASES else TABLES[name](found))
        if not asked.quick and not asked.server:
            when = datetime.datetime.now(datetime.UTC).date().isoformat()
            kept[name] = {"when": when, **found}
            results.save(kept)
            write(kept)
    shutil.rmtree(WORK / history.FOLDER, ignore_errors=True)
    return None


TABLES = {HISTORY: report.history_table, scale.WORKERS: scale.workers_table, scale.GROWTH: scale.growth_table}


def measured(name: str, servers: list[str], quick: bool, runs: int | None) -> dict[str, Any]:
    """Measure a case, by whoever knows how."""
    few = runs or (1 if quick else RUNS_OF_THE_LONG)
    if name == HISTORY:
        return history.measure(few, quick, say)
    if name == scale.WORKERS:
        return measure_workers(few, quick)
    if name == scale.GROWTH:
        try:
            return growth.measure(few, quick, say)
        finally:
            growth.remove()
    return run(CASES[name], servers, runs or (1 if quick else RUNS), quick)


def write(kept: dict[str, Any]) -> None:
    """Write bench/RESULTS.md and the charts."""
    tables = [TABLES[name](kept[name]) for name in scale.PARTS if name in kept]
    report.write(kept, tables)
    if scale.GROWTH in kept:
        curves.write(kept[scale.GROWTH])


def measure_workers(runs: int, quick: bool) -> dict[str, Any]:
    """The workers case: medians of each server in each shape."""
    found: dict[str, Any] = {"runs": runs, "shapes": {}, "failed": []}
    for name, shape in workers.SHAPES.items():
        measured: dict[str, list[dict[str, float]]] = {kind: [] for kind in workers.KINDS}
        with workers.preparing(shape) as prepared:
            for number in range(runs):
                for kind in workers.KINDS:
                    say(f"workers {number + 1}/{runs}: {shape.title}, {workers.KINDS[kind].title}")
                    try:
                        measured[kind].append(
                            workers.measure(shape, workers.KINDS[kind], {"seconds": 2} if quick else {}, prepared)
                        )
                    except Failed as why:
                        found["failed"].append(f"{shape.title}, {workers.KINDS[kind].title}: {why}")
        found["shapes"][name] = {kind: medians(each) for kind, each in measured.items() if each}
    say("")
    return found


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
