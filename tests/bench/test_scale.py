"""What the bench says of scale: costs that grow are told, ratios are with as many processes, a room made long is as one that was filled."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench import curves, growth, scale, workers
from bench.longer import PATTERN, lengthen
from bench.servers import ROOT
from tests.support.databases import migrated


def grown(**dearest: float) -> dict[str, Any]:
    """Everything costs 1 everywhere, but what is named costs so much at the largest size."""
    found: dict[str, Any] = {"runs": 3, "others": 0.0}
    for curve in growth.CURVES:
        found[curve.key] = {line: {str(size): 1.0 for size in curve.sizes} for line in curve.lines}
        for line in curve.lines.keys() & dearest.keys():
            found[curve.key][line][str(curve.sizes[-1])] = dearest[line]
    return found


def row_of(table: str, title: str) -> str:
    return next(line for line in table.splitlines() if line.startswith(f"| {title}"))


@pytest.mark.parametrize(("cost", "verdict"), [(1.49, "reached"), (1.51, "**missed**")])
def test_what_grows_too_much_is_told(cost: float, verdict: str) -> None:
    table = scale.growth_table(grown(delivery=cost))
    assert verdict in row_of(table, "a delivery")
    assert "reached" in row_of(table, "last page")


def test_what_gets_cheaper_is_reached() -> None:
    assert "reached" in row_of(scale.growth_table(grown(message=0.2)), "a message")


def test_the_dearest_counts_wherever_it_is() -> None:
    assert growth.ratio({"100000": 3.0, "10000": 2.0, "1000000": 1.0}) == 1.5


def test_a_flat_line_is_drawn_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "FILE", tmp_path / "curves.svg")
    curves.write(grown(message=2.0))
    drawn = (tmp_path / "curves.svg").read_text()
    delivery, message = (
        [float(point.split(",")[1]) for point in points.split()]
        for points in re.findall(r'points="([^"]+)"', drawn)[:2]
    )
    assert len(set(delivery)) == 1
    assert message[0] == message[1] > message[2]


def served(**figures: float) -> dict[str, float]:
    plain = {"deliveries_per_second": 1000.0, "p99_ms": 10.0, "per_cpu_second": 500.0, "others": 0.0}
    cpu = {"server_cpu": 1.0, "generator_cpu": 0.3, "services_cpu": 0.2}
    return {**plain, **cpu, "lost": 0, "doubled": 0, "reordered": 0, "refused": 0, **figures}


def test_the_peer_is_the_faster_adapter_and_has_as_many_processes() -> None:
    servers = {
        "chatsite-1": served(deliveries_per_second=3000.0),
        "chatsite-2": served(deliveries_per_second=8000.0, per_cpu_second=2000.0),
        "node-1": served(),
        "redis-2": served(deliveries_per_second=2000.0),
        "cluster-2": served(deliveries_per_second=4000.0, reordered=7),
    }
    table = scale.workers_table({"runs": 1, "shapes": {"room": servers}})
    assert "1,000 (3.00×)" in row_of(table, workers.KINDS["node-1"].title)
    assert "2,000 (4.00×)" in row_of(table, workers.KINDS["redis-2"].title)
    assert "the cluster adapter is the faster one" in table
    assert "cluster adapter: 7 members with another order" in table
    assert "Chatsite, 2 workers: nothing lost" in table


def test_a_room_made_long_is_well(tmp_path: Path) -> None:
    """By the doctor, who counts."""
    with migrated("sqlite", tmp_path) as environment:
        manage(environment, "populate", "--users=6", "--rooms=2", f"--messages={3 * PATTERN}")
        file = Path(environment["DATABASE_URL"].removeprefix("sqlite:///"))
        lengthen(file, 4_000)
        lengthen(file, 5_000)
        assert "All is well" in manage(environment, "doctor")
        with closing(sqlite3.connect(file)) as db:
            [(count, newest)] = db.execute(
                "SELECT COUNT(*), MAX(seq) FROM rooms_message JOIN rooms_room ON rooms_room.id = room_id WHERE slug = 'lobby'"
            ).fetchall()
        assert (count, newest) == (5_000, 5_000)


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
