"""Which Python serves in the bench, the site and the Python peers alike: the fastest of this machine that has the version of the site's environment.

Node comes from its maker optimized; a Python may be built with a profile of its own work (Debian's) or not (pyenv's, unless it is asked to),
which makes a sixth. No build tells of itself for certain, Debian's does not, so they are timed: a second, once, when the environment is made.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.servers import SITE_PYTHON

ABOUT = """
import json, sys, sysconfig, time

class Pair:
    def __init__(self, name, number):
        self.name, self.number = name, number
    def total(self):
        return len(self.name) + self.number

def work():
    found = {}
    for n in range(20_000):
        each = Pair(str(n), n)
        found[each.name] = {"total": each.total(), "text": f"{n:x}", "list": [n, n + 1]}
    return sorted(found, key=len)

def timed():
    began = time.process_time()
    work()
    return time.process_time() - began

options = sysconfig.get_config_var("CONFIG_ARGS") or ""
print(json.dumps({
    "version": sys.version.split()[0],
    "base": getattr(sys, "_base_executable", sys.executable),
    "asked": "--enable-optimizations" in options,
    "seconds": min(timed() for _ in range(15)),
}))
"""


def fastest() -> dict[str, Any]:
    """What is known of the best: `base` (its path), `version`, `seconds` of the loop, whether it was `asked` to be optimized."""
    own = about(str(SITE_PYTHON))
    if own is None:
        sys.exit("bench: the site has no environment yet: make setup")
    minor = own["version"].rpartition(".")[0]
    paths = {shutil.which(f"python{minor}", path=folder) for folder in ("/usr/bin", "/usr/local/bin", None)} - {None}
    others = [
        found for path in sorted(map(str, paths)) if (found := about(path)) and found["version"].startswith(minor)
    ]
    return min([own, *others], key=lambda each: each["seconds"])


def about(python: str) -> dict[str, Any] | None:
    """What it says of itself, if it runs and can make an environment."""
    ran = subprocess.run([python, "-c", f"import venv, ensurepip\n{ABOUT}"], capture_output=True, text=True)
    return dict(json.loads(ran.stdout)) if not ran.returncode else None


def told(found: dict[str, Any]) -> str:
    """A word on it for the results."""
    if found["asked"]:
        return f"{found['version']}, built with --enable-optimizations"
    is_systems = Path(found["base"]).parts[:3] == ("/", "usr", "bin")
    return f"{found['version']}, {'the one of the system' if is_systems else 'the fastest here'}"
