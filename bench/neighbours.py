"""How much of a core others used during a run: what a figure taken on a busy machine is worth.

A core's time in user, nice and system mode (/proc/stat), and what the hypervisor kept (steal), less what the measured process used itself.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Watch:
    """Watches a core from its making on."""

    def __init__(self, core: int, own: Callable[[], float]) -> None:
        """`own` tells the seconds of CPU that the measured process has used on `core`."""
        self._core, self._own = core, own
        self._from = time.monotonic(), used_of_core(core), own()

    def others(self) -> float:
        """The share of the core (0 to 1) that went to others since."""
        at, core, own = self._from
        took = time.monotonic() - at
        spent = (used_of_core(self._core) - core) - (self._own() - own)
        return min(1.0, max(0.0, spent / took)) if took else 0.0


def used_of_core(core: int) -> float:
    """Seconds that all processes have used of a core so far, and the hypervisor kept."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _wait, _irq, _softirq, steal, *_ = map(int, ticks)
            return (user + nice + system + steal) / TICK
    return 0.0


def used_by(pid: int) -> float:
    """Seconds of CPU that a process has used so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def used_by_services(names: frozenset[str]) -> float:
    """Seconds of CPU that all processes of these names have used so far, and those of their children that have ended."""
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:  # gone meanwhile
            continue
        if name in names:
            used += sum(map(int, rest.split()[11:15]))
    return used / TICK


def used_of_machine() -> float:
    """Seconds of all its cores together."""
    return sum(map(used_of_core, range(os.cpu_count() or 1)))


def used_by_children() -> float:
    """Seconds of CPU that our ended children have used so far."""
    times = os.times()
    return times.children_user + times.children_system
