"""The layers of the house: who may import whom (.importlinter). A test that breaks one on purpose sees that the check looks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.server import ROOT

PACKAGES = ("chatsite", "accounts", "rooms")


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    """Hold the imports of the project against its contracts."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    environment = {**os.environ, "PYTHONPATH": str(project)}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def test_the_layers_hold() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout


def test_a_forbidden_import_is_found(tmp_path: Path) -> None:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    broken = {
        "rooms/models/room.py": "from rooms import actions",
        "rooms/sync.py": "from rooms.realtime import events",
        "accounts/names.py": "import rooms",
        "rooms/realtime/engine/codec.py": "import django",
        "rooms/actions/posting.py": "import eventlet",
    }
    for file, line in broken.items():
        path = tmp_path / file
        before = path.read_text()
        path.write_text(f"{before}\n{line}\n")
        assert lint(tmp_path).returncode == 1, file
        path.write_text(before)
    assert lint(tmp_path).returncode == 0
