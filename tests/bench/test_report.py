"""What the bench says of its figures: ratios the right way round, misses told as misses, and a generator that notices what goes wrong."""

import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from bench import chart, report
from bench.cases import CASES
from bench.history import OPERATIONS
from bench.servers import ROOT


def figures(**changed: float) -> dict[str, float]:
    plain = {"deliveries_per_second": 1000.0, "p50_ms": 10.0, "p99_ms": 20.0, "server_cpu": 1.0, "generator_cpu": 0.3}
    return {**plain, "lost": 0, "doubled": 0, "reordered": 0, "refused": 0, **changed}


def found(**servers: dict[str, float]) -> dict[str, Any]:
    return {"runs": 3, "options": dict(CASES["fanout"].load), "servers": servers, "failed": {}}


def test_a_ratio_says_how_many_times_better_we_are() -> None:
    table = report.case_table(
        CASES["fanout"],
        found(chatsite=figures(deliveries_per_second=2500.0), node=figures(p99_ms=10.0)),
    )
    node = next(line for line in table.splitlines() if "Node" in line)
    assert "1,000 (2.50×)" in node, "more deliveries are better"
    assert "10.0 (0.50×)" in node, "twice its p99 is half as good"


@pytest.mark.parametrize(("ours", "verdict"), [(10_000.0, "reached"), (9_900.0, "**missed**")])
def test_what_is_missed_is_told(ours: float, verdict: str) -> None:
    table = report.case_table(
        CASES["fanout"], found(chatsite=figures(deliveries_per_second=ours), node=figures(deliveries_per_second=1000.0))
    )
    assert (
        f"deliveries/s: at least 10.0 times Node's wanted, {ours / 1000:.{1 if ours >= 10_000 else 2}f} times: {verdict}"
        in table
    )


def test_a_loss_is_told_and_hides_the_latency() -> None:
    table = report.case_table(CASES["fanout"], found(chatsite=figures(lost=3)))
    assert "Chatsite: 3 lost" in table
    assert "does not keep up" in table


@pytest.mark.parametrize(("p95", "verdict"), [(4.9, "reached"), (5.1, "**missed**")])
def test_history_is_judged_by_the_long_room(p95: float, verdict: str) -> None:
    def times(p95: float) -> dict[str, dict[str, float]]:
        return {key: {"p50_ms": 2.0, "p95_ms": p95} for key in OPERATIONS}

    table = report.history_table({"sizes": {"10000": times(4.0), "1000000": times(p95)}})
    assert verdict in next(line for line in table.splitlines() if "permalink" in line)


def test_the_chart_is_as_wide_as_the_figures_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart, "FILE", tmp_path / "chart.svg")
    chart.write({"fanout": found(chatsite=figures(), node=figures(deliveries_per_second=500.0))})
    drawn = (tmp_path / "chart.svg").read_text()
    widths = [int(part.split('"')[0]) for part in drawn.split(' width="')[2:]]
    assert widths[0] == 2 * widths[1]


FIRST, SECOND = (f'42["chat message","bench{n:08d} hello",{n + 1}]' for n in (0, 1))


@pytest.mark.skipif(not shutil.which("cc"), reason="the load generator needs a C compiler, as `make bench` does")
@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ([FIRST, SECOND], set()),
        ([FIRST, FIRST, SECOND], {"doubled", "reordered"}),
        ([FIRST], {"lost", "reordered"}),
        ([SECOND, FIRST], {"reordered"}),
    ],
    ids=["honest", "doubled", "lost", "reordered"],
)
def test_the_generator_notices(said: list[str], faults: set[str], tmp_path: Path) -> None:
    """Two clients, two messages, of a server that tells the second client what `said` holds."""
    generator = tmp_path / "load"
    subprocess.run(["cc", "-O1", "-o", str(generator), str(ROOT / "bench/load/load.c"), "-lm"], check=True)
    cookies = tmp_path / "cookies"
    cookies.write_text("room=lobby\n" * 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener, [[FIRST, SECOND], said]), daemon=True)
        server.start()
        options = [
            "mode=closed",
            "dialect=tutorial",
            "clients=2",
            "outstanding=2",
            "settle=0",
            "warmup=0",
            "seconds=1e-9",
            "drain=2",
        ]
        where = [f"port={listener.getsockname()[1]}", f"cookies={cookies}"]
        ran = subprocess.run([str(generator), *options, *where], capture_output=True, text=True, timeout=60)
    assert not ran.returncode, ran.stderr
    result = json.loads(ran.stdout)
    assert {kind for kind in report.BAD if result[kind]} == faults


def serve(listener: socket.socket, told: list[list[str]]) -> None:
    """Let one client a list in; when each has said its message, tell each its list, and acknowledge."""
    clients = []
    for _ in told:
        client, _address = listener.accept()
        read_until(client, b"\r\n\r\n")
        client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + frame('0{"sid":"x"}'))
        client.recv(4096)
        client.sendall(frame('40{"sid":"y"}'))
        clients.append(client)
    for client in clients:
        client.recv(4096)
    for number, (client, packets) in enumerate(zip(clients, told, strict=True)):
        client.sendall(b"".join(map(frame, [f"43{number}[]", *packets])))
    for client in clients:
        client.recv(4096)  # until the generator goes


def read_until(client: socket.socket, end: bytes) -> None:
    data = b""
    while end not in data:
        data += client.recv(4096)


def frame(text: str) -> bytes:
    return bytes([0x81, len(text)]) + text.encode()
