"""Holds the transport against RFC 6455 with Autobahn's fuzzing client: `python tests/conformance/run.py [CASE ...]`.

Sets the client up under `var/` at first (it needs a Python 2.7, on PATH or from pyenv), runs it against `echo_server.py`, writes
`docs/conformance.md` when all cases were run, and exits with 1 if one failed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / "var" / "conformance"
PACKAGES = HOME / "packages"
TABLE = ROOT / "docs" / "conformance.md"
GROUPS = {
    "1": "Framing: text and binary messages of every length form",
    "2": "Pings and pongs",
    "3": "Reserved bits",
    "4": "Reserved opcodes",
    "5": "Fragmentation",
    "6": "UTF-8",
    "7": "Closing handshake and close codes",
    "9": "Limits and speed: messages to 16 MiB, fragments, octet by octet",
    "10": "Automatic fragmentation",
}
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
RUN = "import sys; sys.path.insert(0, {packages!r}); from autobahntestsuite.wstest import run; run()"


def pythons() -> Iterator[str]:
    """Where a Python 2.7 may be."""
    found = shutil.which("python2.7")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(each) for each in sorted(pyenv.glob("versions/2.7*/bin/python")))


def python27() -> str:
    """Return one that runs (a pyenv shim may not); let pyenv build it where there is none yet."""
    for attempt in range(2):
        for each in pythons():
            if subprocess.run([each, "-c", "import ssl, ctypes"], capture_output=True).returncode == 0:
                return each
        pyenv = shutil.which("pyenv")
        if attempt == 0 and pyenv:
            subprocess.run([pyenv, "install", "--skip-existing", "2.7.18"], check=False)
    sys.exit("The fuzzing client needs Python 2.7: install one on PATH, or `pyenv install 2.7.18`.")


def install(python: str) -> None:
    """Put Autobahn's test suite into a folder of its own."""
    if (PACKAGES / "autobahntestsuite").is_dir():
        return
    print("installing autobahntestsuite ...", flush=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(PACKAGES)]
    subprocess.run([*install, "autobahntestsuite"], check=True, stderr=subprocess.DEVNULL)
    (PACKAGES / "zope" / "__init__.py").touch()


def fuzz(python: str, cases: list[str]) -> dict[str, dict[str, str]]:
    """Run the cases against a server of ours; return Autobahn's results by case."""
    reports = HOME / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    server = [sys.executable, str(ROOT / "tests" / "conformance" / "echo_server.py"), "0"]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            spec = {
                "outdir": str(reports),
                "servers": [{"agent": "Chatsite", "url": f"ws://127.0.0.1:{port}", "options": {"version": 18}}],
                "cases": cases,
                "exclude-cases": [],
                "exclude-agent-cases": {},
            }
            (HOME / "spec.json").write_text(json.dumps(spec))
            client = [python, "-c", RUN.format(packages=str(PACKAGES)), "-m", "fuzzingclient", "-s", "spec.json"]
            log = (HOME / "client.log").open("w")
            subprocess.run(client, cwd=HOME, check=True, stdout=log, stderr=log)
        finally:
            process.terminate()
    results: dict[str, dict[str, str]] = json.loads((reports / "index.json").read_text())["Chatsite"]
    return results


def table(results: dict[str, dict[str, str]]) -> str:
    """Return the page that the repository keeps."""
    rows = []
    for group, title in GROUPS.items():
        of_group = [result for case, result in results.items() if case.split(".")[0] == group]
        counts = Counter(result["behavior"] for result in of_group)
        closing = Counter(result["behaviorClose"] for result in of_group)
        failed = sum(count for behavior, count in counts.items() if behavior not in PASSED)
        cells = [group, title, len(of_group), counts["OK"], counts["NON-STRICT"], counts["INFORMATIONAL"], failed]
        rows.append([*cells, ", ".join(f"{name} {count}" for name, count in sorted(closing.items()))])
    others = [f"{case} ({result['behavior']})" for case, result in ordered(results) if result["behavior"] != "OK"]
    lines = [
        "# Conformance of the WebSocket transport",
        "",
        "`make conformance` runs Autobahn's fuzzing client (PyPI's `autobahntestsuite`, the suite by which most WebSocket libraries are",
        "measured) against a bare echo over the transport that ships (`tests/conformance/echo_server.py`), and writes this page.",
        "Groups 12 and 13 test permessage-deflate, which is not offered (`rooms/realtime/engine/transport.py` says why).",
        "",
        "| group | what | cases | OK | non-strict | informational | failed | closing |",
        "|---|---|--:|--:|--:|--:|--:|---|",
        *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows),
        "",
        f"{len(results)} cases in all. Not plainly OK: {', '.join(others) or 'none'}.",
        "Informational cases record what RFC 6455 leaves open; there is no right answer to them.",
        "",
    ]
    return "\n".join(lines)


def ordered(results: dict[str, dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    return sorted(results.items(), key=lambda item: [int(part) for part in item[0].split(".")])


def main() -> None:
    chosen = sys.argv[1:]
    HOME.mkdir(parents=True, exist_ok=True)
    python = python27()
    install(python)
    results = fuzz(python, chosen or [f"{group}.*" for group in GROUPS])
    bad = [
        f"{case}: {result['behavior']}, closing {result['behaviorClose']}"
        for case, result in ordered(results)
        if result["behavior"] not in PASSED or result["behaviorClose"] not in PASSED
    ]
    if not chosen:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(table(results))
    print(f"{len(results)} cases, {len(bad)} failed", *bad, sep="\n")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
