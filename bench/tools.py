"""What the bench needs beside the site, made on demand: the load generator (a C compiler), the environments of the peers."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.neighbours import Watch, used_by, used_by_children
from bench.pythons import fastest
from bench.servers import BENCH, LOAD_CORE, PYTHON, ROOT, SERVER_CORE, SITE_PYTHON, WORK, Server

GENERATOR = WORK / "load"
SPARE_FILES = 500  # descriptors a server needs beside its connections


class Failed(Exception):
    """A run that gave no figures; the text says why."""


def prepare(servers: set[str]) -> None:
    """Build and install what is missing for `servers`."""
    WORK.mkdir(parents=True, exist_ok=True)
    # Node comes with the machine, or from PyPI into the site's environment.
    os.environ["PATH"] += os.pathsep + str(SITE_PYTHON.parent)
    build_generator()
    install_python()
    if servers & {"node", "workers"}:
        install_node_peer()


def build_generator() -> None:
    """Compile bench/load, if it is newer than the binary."""
    compiler = os.environ.get("CC", "cc")
    if not shutil.which(compiler):
        sys.exit("bench: needs a C compiler for its load generator (Debian: apt-get install gcc libc6-dev)")
    sources = list((BENCH / "load").iterdir())
    if is_older(GENERATOR, sources):
        source = str(BENCH / "load" / "load.c")
        subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(GENERATOR), source, "-lm"], check=True)


def install_python() -> None:
    """Make bench/.venv, of the fastest Python there is: the site's requirements and the peers'."""
    folder = PYTHON.parent.parent
    done, wanted = folder / ".installed", [ROOT / "requirements.txt", BENCH / "requirements.txt"]
    if not is_older(done, wanted):
        return
    best = fastest()
    subprocess.run([best["base"], "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *(part for each in wanted for part in ("-r", str(each)))], check=True)
    done.write_text(json.dumps(best))


def install_node_peer() -> None:
    """`npm ci` in bench/peers/node; better-sqlite3 is compiled where no binary can be fetched."""
    folder = BENCH / "peers" / "node"
    done = folder / "node_modules" / ".installed"
    if is_older(done, [folder / "package-lock.json"]):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
        done.touch()


def is_older(made: Path, sources: list[Path]) -> bool:
    """Whether `made` is missing, or older than one of `sources`."""
    return not made.exists() or made.stat().st_mtime < max(source.stat().st_mtime for source in sources)


def allow_files(clients: int) -> None:
    """Raise the limit of open files to what `clients` connections need, for us and what we start. Exits where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = clients + SPARE_FILES
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"bench: needs {wanted} open files, {hard} are allowed: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def drive(server: Server, options: dict[str, Any]) -> dict[str, float]:
    """Run the generator against `server`, on a core of its own; tell, too, the share of the two cores that others used. Raises Failed."""
    server_core = Watch(SERVER_CORE, lambda: used_by(server.process.pid))
    load_core = Watch(LOAD_CORE, used_by_children)
    figures = generate(server, options, {LOAD_CORE})
    return {**figures, "others": max(server_core.others(), load_core.others())}


def generate(server: Any, options: dict[str, Any], cores: set[int]) -> dict[str, float]:
    """Run the generator on some of the cores against the processes of `server`; return what it measured. Raises Failed."""
    given = {
        "dialect": server.kind.dialect,
        "port": ",".join(map(str, server.ports)),
        "pid": ",".join(map(str, server.pids)),
        "cookies": server.cookies,
        **options,
    }
    command = [str(GENERATOR), *(f"{name}={value}" for name, value in given.items())]
    ran = subprocess.run(command, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, cores))
    if ran.returncode:
        raise Failed(ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else f"exit status {ran.returncode}")
    figures: dict[str, float] = json.loads(ran.stdout.strip().splitlines()[-1])
    return figures


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Median and p95, in milliseconds."""
    ranked = sorted(seconds)
    return {
        f"p{share}_ms": round(ranked[min(len(ranked) - 1, len(ranked) * share // 100)] * 1e3, 3) for share in (50, 95)
    }
