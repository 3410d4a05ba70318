"""What the scale case says, in two parts, as Markdown: workers beside Node's processes, and the cost of growing."""

from typing import Any

from bench import growth, workers
from bench.report import BAD, disturbed, number, table

JSON = dict[str, Any]
GROWTH, WORKERS = "growth", "workers"
PARTS = (WORKERS, GROWTH)
ADAPTERS = {"redis-2": "Redis", "cluster-2": "cluster"}


def workers_table(found: JSON) -> str:
    """A table for each shape: deliveries, latency, and whose CPU it took."""
    lines = [
        "## Workers",
        "",
        "One and two processes on PostgreSQL (every commit flushed to the disk), clients spread evenly over the processes, also those of one "
        "room. **Nothing has a core of its own**: servers, generator, PostgreSQL and Redis share the two of the machine, so that with two "
        "processes the machine is the limit. What more machines would multiply is what a second of the servers' CPU brings. In brackets, how "
        f"many times better Chatsite with as many workers is. CPU in cores. Runs: {found['runs']}.{disturbed(others(found))}",
    ]
    for name, shape in workers.SHAPES.items():
        if name in found["shapes"]:
            lines += ["", f"{shape.title}: {shape.what}.", "", *table(worker_rows(found["shapes"][name]))]
    lines += ["", *(f"- {line}" for line in remarks(found))]
    return "\n".join(lines) + "\n"


def others(found: JSON) -> float:
    """The most that strangers used in any run, in cores."""
    return max((each["others"] for servers in found["shapes"].values() for each in servers.values()), default=0.0)


def worker_rows(servers: JSON) -> list[list[str]]:
    """The rows of one shape."""
    rows = [
        [
            "server",
            "deliveries/s",
            "p99, ms",
            "a CPU-second of the servers",
            "servers",
            "generator",
            "PostgreSQL, Redis",
        ]
    ]
    for name, kind in workers.KINDS.items():
        if name not in servers:
            continue
        theirs, ours = servers[name], servers.get(f"chatsite-{kind.processes}")
        cells = []
        for key, is_more_better in (("deliveries_per_second", True), ("p99_ms", False), ("per_cpu_second", True)):
            value = theirs[key]
            times = ""
            if ours and not kind.is_ours and value and ours[key]:
                times = f" ({number(ours[key] / value if is_more_better else value / ours[key])}×)"
            cells.append(number(value) + times)
        cpu = [f"{theirs[key]:.2f}" for key in ("server_cpu", "generator_cpu", "services_cpu")]
        rows.append([kind.title, *cells, *cpu])
    return rows


def remarks(found: JSON) -> list[str]:
    """Which adapter is the peer, and what went wrong."""
    lines = []
    for name, servers in found["shapes"].items():
        title = workers.SHAPES[name].title
        tried = {key: servers[key]["deliveries_per_second"] for key in ADAPTERS if key in servers}
        if len(tried) == len(ADAPTERS):
            lines.append(
                f"{title}: of Node's two adapters the {ADAPTERS[max(tried, key=lambda key: tried[key])]} adapter is the faster one, and the peer"
            )
        for key, figures in servers.items():
            wrong = [f"{figures[bad]:,.0f} {words}" for bad, words in BAD.items() if figures.get(bad)]
            if wrong:
                lines.append(f"{title}, {workers.KINDS[key].title}: {', '.join(wrong)} (in the worst run)")
            elif workers.KINDS[key].is_ours:
                lines.append(
                    f"{title}, {workers.KINDS[key].title}: nothing lost, doubled, out of order or refused, in any run"
                )
    return [*lines, *(f"failed: {why}" for why in found.get("failed", ()))]


def growth_table(found: JSON) -> str:
    """A table for each thing that grows."""
    lines = [
        "## The cost of growing",
        "",
        f"One process on SQLite, a core of its own. Wanted: where it is dearest, at most {growth.MOST} times what it costs at the smallest size. Of "
        f"reading, the server's time, asked by one client. Runs of the loads: {found['runs']}.{disturbed(found['others'])}",
    ]
    for curve in growth.CURVES:
        of_lines = found[curve.key]
        sizes = list(next(iter(of_lines.values())))
        rows = [[f"{curve.grows}; {curve.unit}", *(f"{int(size):,}" for size in sizes), "dearest to smallest", ""]]
        for key, title in curve.lines.items():
            times = growth.ratio(of_lines[key])
            cells = [number(of_lines[key][size]) for size in sizes]
            rows.append([title, *cells, f"{times:.2f}", "reached" if times <= growth.MOST else "**missed**"])
        lines += ["", *table(rows)]
    return "\n".join(lines) + "\n"
