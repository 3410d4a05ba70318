"""What the bench borrows from the tests works without a run of tests around it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.databases import SHARED
from tests.support.server import ROOT

SAY = "from tests.support.databases import sqlite_template; print(sqlite_template())"


def test_a_database_is_made_once_for_a_bench_and_nothing_of_it_is_left() -> None:
    alone = {name: value for name, value in os.environ.items() if name != SHARED}
    said = subprocess.run([sys.executable, "-c", SAY], env=alone, cwd=ROOT, capture_output=True, text=True, check=True)
    made = Path(said.stdout.strip())
    assert made.name == "db.sqlite3" and not made.parent.exists()
