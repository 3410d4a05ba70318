"""What deploy/ ships holds where it can be tried without the machine that it is for: the unit, the image's recipe, the examples of settings.

nginx.conf is tried in tests/many/test_nginx.py. An image is not built here: that takes a container engine and the network.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.support.server import environment

DEPLOY = ROOT / "deploy"


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine")
    unit = (DEPLOY / "chatsite.service").read_text()
    assert "/srv/chatsite/.venv/bin/python manage.py serve" in unit
    here = unit.replace("/srv/chatsite/.venv/bin/python", sys.executable).replace("User=chatsite", "User=root")
    (tmp_path / "chatsite.service").write_text(here)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "chatsite.service"], capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stderr
    assert "chatsite.service:" not in verified.stderr, "a line that systemd does not know"


def test_the_recipe_of_the_image_copies_what_there_is() -> None:
    recipe = (DEPLOY / "Containerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE) for word in line.split()[:-1]]
    assert {"manage.py", "chatsite", "accounts", "rooms", "templates", "static", "requirements.txt"} <= set(copied)
    assert all((ROOT / path).exists() for path in copied)


@pytest.mark.parametrize("name", ["one-machine.env", "several-machines.env"])
def test_the_examples_of_settings_are_settings_that_django_finds_safe(name: str, tmp_path: Path) -> None:
    lines = [line for line in (DEPLOY / name).read_text().splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    known = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE))
    assert given.keys() <= known
    own = environment(tmp_path) | given | {"DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    checked = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
