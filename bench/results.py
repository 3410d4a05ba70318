"""The figures that were measured, kept in bench/results.json: by case, each with its runs, options and the machine it ran on."""

import json
import platform
import subprocess
from pathlib import Path
from typing import Any

from bench.pythons import told
from bench.servers import BENCH, PYTHON, ROOT

FILE = BENCH / "results.json"
NODE_PACKAGES = ("socket.io", "better-sqlite3", "@socket.io/redis-adapter", "@socket.io/cluster-adapter", "pg")


def load() -> dict[str, Any]:
    """What was measured so far."""
    return dict(json.loads(FILE.read_text())) if FILE.exists() else {}


def save(kept: dict[str, Any]) -> None:
    """Keep it, with a word on the machine."""
    kept["machine"] = machine()
    FILE.write_text(json.dumps(kept, indent=1) + "\n")


def machine() -> dict[str, str]:
    """What it was measured on, and with."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": model,
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": told(json.loads((PYTHON.parent.parent / ".installed").read_text())),
        "node": said("node", "--version").removeprefix("v"),
        "commit": said("git", "rev-parse", "--short", "HEAD"),
        "peers": ", ".join(python_versions() + node_versions()),
    }


def python_versions() -> list[str]:
    """Names and versions of the Python peers."""
    wanted = ("Django", "channels", "uvicorn", "python-socketio", "eventlet")
    code = f"from importlib.metadata import version; print(*(n + ' ' + version(n) for n in {wanted}), sep='\\n')"
    return said(str(PYTHON), "-c", code).splitlines()


def node_versions() -> list[str]:
    """Names and versions of what the Node peer stands on."""
    packages = json.loads((BENCH / "peers" / "node" / "package-lock.json").read_text())["packages"]
    return [f"{name} {packages[f'node_modules/{name}']['version']}" for name in NODE_PACKAGES]


def said(*command: str) -> str:
    """What a command prints; nothing if it fails."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
