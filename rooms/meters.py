"""What a process counts about itself, as Prometheus and the live page read it.

Plain numbers, added to where something happens: a count costs some 50 ns, so the path of a message can afford it. What can be looked up when somebody
asks (how many sockets there are) is not counted but asked for, by whoever calls `render`. Names and units are Prometheus' own customs.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

PREFIX = "chatsite"


class Count:
    """How often something has happened since the process started."""

    __slots__ = ("help", "name", "value")

    def __init__(self, name: str, help: str) -> None:
        self.name, self.help, self.value = name, help, 0


class Spread:
    """How large something was, each time: how many were at most each of the bounds."""

    __slots__ = ("bounds", "counts", "help", "most", "name", "total")

    def __init__(self, name: str, help: str, bounds: Iterable[float]) -> None:
        self.name, self.help, self.bounds = name, help, tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0
        self.most = 0.0  # since somebody set it back

    def add(self, value: float) -> None:
        """It was so large."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
        if value > self.most:
            self.most = value

    @property
    def count(self) -> int:
        """How many times."""
        return sum(self.counts)


MILLISECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

messages = Count("messages_total", "Messages stored.")
deliveries = Count("deliveries_total", "Events handed to sockets.")
slow = Count("slow_clients_total", "Clients cut off because they did not read.")
mended = Count("mended_changes_total", "Changes read from the database because the broker had not brought them.")
batch = Spread("batch_messages", "Messages in one transaction.", (1, 2, 4, 8, 16, 32, 64))
commit = Spread("commit_seconds", "From the beginning of a transaction of messages to its end.", MILLISECONDS)
synced = Spread("sync_messages", "Messages in one answer to sync.", (0, 1, 5, 10, 50, 100, 200, 500, 2000))
lag = Spread("hub_lag_seconds", "How late the hub was for something due.", MILLISECONDS)

COUNTS = (messages, deliveries, slow, mended)
SPREADS = (batch, commit, synced, lag)


def render(gauges: Mapping[str, tuple[str, float]]) -> str:
    """Return everything in Prometheus' text format 0.0.4. `gauges`: help and value of what is so just now, by name."""
    lines: list[str] = []

    def head(name: str, help: str, kind: str) -> str:
        lines.extend((f"# HELP {PREFIX}_{name} {help}", f"# TYPE {PREFIX}_{name} {kind}"))
        return f"{PREFIX}_{name}"

    for count in COUNTS:
        name = head(count.name, count.help, "counter")
        lines.append(f"{name} {count.value}")
    for spread in SPREADS:
        name, below = head(spread.name, spread.help, "histogram"), 0
        for bound, at in zip((*map(str, spread.bounds), "+Inf"), spread.counts, strict=True):
            below += at
            lines.append(f'{name}_bucket{{le="{bound}"}} {below}')
        lines.extend((f"{name}_sum {spread.total}", f"{name}_count {below}"))
    for gauge, (help, value) in gauges.items():
        lines.append(f"{head(gauge, help, 'gauge')} {value}")
    return "\n".join(lines) + "\n"
