"""`python -m bench.siege [ATTACK ...]`: every attack, a few seconds each, or some of them; at most 25 seconds each.

Every attack meets a server of its own, warmed up, and comes from a process of its own with the least priority, as if from other
machines: what is measured is what the server gives to honest people, not who gets the processor. It comes from this machine, which has
no limit an address: as if each connection came from another one. Meanwhile somebody talks and somebody reads, and afterwards the server
is left in peace until it is as it was. Wants a machine with nothing else to do.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.siege.attacks import ATTACKS
from bench.siege.honest import Honest
from bench.siege.toll import Toll
from tests.support.site import serving

WARM, BEFORE, DURING, AFTER = 2.0, 3.0, 6.0, 3.0  # seconds
COLUMNS = (
    "before p50", "p99", "during p50", "p99", "max", "lost", "after p50", "p99", "page p50", "page max",
    "MB before", "height", "after", "rest s", "held",
)  # fmt: skip


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="bench.siege", description=__doc__)
    parser.add_argument("attack", nargs="*", help=f"any of {', '.join(ATTACKS)}; all by default")
    parser.add_argument("--waves", type=int, default=1, help="the attack so many times on the same server")
    parser.add_argument("--seconds", type=float, default=DURING, help="of each attack")
    asked = parser.parse_args()
    if unknown := set(asked.attack) - set(ATTACKS):
        parser.error(f"no such attack: {', '.join(sorted(unknown))}")
    print("times in ms, of a message from being said to being heard; pages of history during the attack")
    print(f"| attack | {' | '.join(COLUMNS)} |\n|---|{'---:|' * len(COLUMNS)}")
    for name in asked.attack or ATTACKS:
        besiege(name, asked.waves, asked.seconds)


def besiege(name: str, waves: int, seconds: float) -> None:
    """Attack a fresh server; print what was felt, a line each wave."""
    with (
        tempfile.TemporaryDirectory() as home,
        serving(Path(home), is_forked=False, MESSAGE_BURST=10**6, SOCKETS_PER_USER=0) as site,
    ):
        site.hand("lobby")
        speaker, listener, attacker = (site.person(name) for name in ("honest", "listener", "attacker"))
        site.hand("admit", room="lobby", user=attacker.id)
        honest = Honest(site, speaker, listener, site.room(speaker, listener, attacker))
        toll = Toll(site.server.pid)
        try:
            time.sleep(WARM)
            for _ in range(waves):
                print(
                    f"| {name} | {' | '.join(wave(name, seconds, site.server.port, attacker.session, honest, toll))} |",
                    flush=True,
                )
        finally:
            toll.end()
            honest.end()
        for line in site.server.trouble():
            print(f"log of {name}: {line}", file=sys.stderr)


def wave(name: str, seconds: float, port: int, session: str, honest: Honest, toll: Toll) -> list[str]:
    """One attack; return the figures of its row."""
    begun = time.perf_counter()
    load = toll.load(BEFORE)
    memory, descriptors = toll.memory, toll.descriptors
    attacked = time.perf_counter()
    toll.height = 0.0
    attack = subprocess.run(
        [sys.executable, "-m", "bench.siege.attacks", name, str(port), session, str(seconds)],
        capture_output=True, text=True, timeout=seconds + 30,
    )  # fmt: skip
    assert attack.returncode == 0, attack.stderr
    left = time.perf_counter()
    height = toll.height
    rest = toll.rest(memory, descriptors, load)
    rested = time.perf_counter()
    time.sleep(AFTER)
    ended = time.perf_counter()
    honest.catch_up()
    before, during, after = honest.felt(begun, attacked), honest.felt(attacked, left), honest.felt(rested, ended)
    return [
        *(ms(before.message(share)) for share in (0.5, 0.99)),
        *(ms(during.message(share)) for share in (0.5, 0.99, 1)),
        str(before.lost + during.lost + after.lost),
        *(ms(after.message(share)) for share in (0.5, 0.99)),
        *(ms(during.page(share)) for share in (0.5, 1)),
        *(f"{mb:.0f}" for mb in (memory, height, toll.memory)),
        f"{rest:.0f}",
        attack.stdout.strip(),
    ]


def ms(seconds: float) -> str:
    """In milliseconds."""
    return f"{seconds * 1000:.0f}" if seconds >= 0.1 else f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)  # threads that measure must not wait for one that reads a page
    main()
