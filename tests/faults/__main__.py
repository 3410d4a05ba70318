"""`python -m tests.faults [--seconds 600] [--seed 7]`: run after run until the time is over, each of a seed that is told, to be run again.

A failed run leaves its log, with the server's, in a file that it names.
"""

import argparse
import asyncio
import importlib
import json
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from tests.faults.run import Failed, Run

A_RUN = 120.0  # seconds of faults in one run


class Log(list[str]):
    """What happened in a run."""

    def __init__(self, aloud: bool) -> None:
        super().__init__()
        self.aloud = aloud

    def append(self, line: str) -> None:
        if self.aloud:
            print(line, flush=True)
        super().append(line)


async def one(opened: Any, seed: int, seconds: float, speed: float, log: Log) -> bool:
    """One run; tell whether it was clean. `opened`: as `site.alone`."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, opened(Path(folder), seed) as site:
        try:
            await site.start()
            told = await Run(site, seed, speed=speed, log=log.append).go(seconds)
            print(json.dumps(told), flush=True)
            return True
        except Exception as error:
            why = str(error) if isinstance(error, Failed) else traceback.format_exc()
            path = Path(tempfile.gettempdir()) / f"faults-{seed}.log"
            path.write_text("\n".join([*log, "", why, "", "--- the server's log ---", *site.log()]))
            print(f"seed {seed}: FAILED, see {path}\n{why[:4000]}", flush=True)
            return False
        finally:
            await site.stop()


def main() -> int:
    """Run for as long as asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=A_RUN, help="how long, all runs together")
    parser.add_argument(
        "--seed",
        type=int,
        default=None,
        help="of the first run; the next have the numbers after it. At random by default",
    )
    parser.add_argument("--each", type=float, default=A_RUN, help="seconds of faults in one run")
    parser.add_argument("--speed", type=float, default=1.0, help="everything is so many times shorter")
    parser.add_argument(
        "--site", default="tests.faults.site:alone", help="module:function that opens the site under test"
    )
    parser.add_argument("--verbose", action="store_true", help="tell what happens while it does")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1_000_000)
    module, _, name = asked.site.partition(":")
    opened = getattr(importlib.import_module(module), name)
    until, failed = time.monotonic() + asked.seconds, []
    while True:
        if not asyncio.run(one(opened, seed, min(asked.each, asked.seconds), asked.speed, Log(asked.verbose))):
            failed.append(seed)
        seed += 1
        if time.monotonic() >= until:
            break
    print(f"failed seeds: {failed}" if failed else "all runs clean")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
