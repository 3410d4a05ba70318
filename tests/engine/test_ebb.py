"""Memory goes back to the system when a crowd has gone, and not before; the code runs in a process of its own, on eventlet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def told(code: str) -> Any:
    """What a process on eventlet prints that runs `code`."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import json, os\nfrom rooms.realtime.engine.ebb import CROWD, Ebb\n{code}"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(ran.stdout)


def test_memory_is_given_back_once_after_each_crowd_that_has_gone() -> None:
    """Counted from the most there were, however slowly they go; a few who go are none."""
    given = told("""
here, given = 0, 0
def give_back():
    global given
    given += 1
ebb, seen = Ebb(lambda: here, give_back, lambda: 0), []
for here in (3 * CROWD, 3 * CROWD - 10, 2 * CROWD + 1, 2 * CROWD, 2 * CROWD, CROWD + 1, CROWD, 0, 0, CROWD - 1, 0, CROWD, 0):
    ebb.look()
    seen.append(given)
print(json.dumps(seen))
""")
    assert given == [0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 3, 4]


def test_memory_is_given_back_when_much_was_taken_and_again_when_what_was_in_use_may_be_free() -> None:
    """Without a crowd: at once after each growth, and once in so many looks while the process is larger than it was."""
    given = told("""
from rooms.realtime.engine.ebb import GROWN, PATIENCE
size, given = 100 * GROWN, 0
def give_back():
    global given
    given += 1
ebb, seen = Ebb(lambda: 0, give_back, lambda: size), []
for growth in (0, 1, GROWN, 0, 0, GROWN - 1, 1, -2 * GROWN, *(0 for _ in range(PATIENCE))):
    size += growth
    ebb.look()
    seen.append(given)
size += GROWN
for _ in range(2 * PATIENCE + 1):
    ebb.look()
print(json.dumps([seen, given]))
""")
    assert given == [[0, 0, 1, 1, 1, 1, 2, *(2 for _ in range(13))], 5]


def test_what_lies_between_what_is_still_in_use_goes_back_to_the_system() -> None:
    """Freed, it stays with the process until it is given back: where the C library can (glibc)."""
    full, freed, given = told("""
import ctypes
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") if can else 0
can = hasattr(ctypes.CDLL(None), "malloc_trim")
here = CROWD
ebb = Ebb(lambda: here)
ebb.look()
blocks = [bytes(20_000) for _ in range(10_000)]
full = resident()
blocks = [bytes(block) if n % 10 == 0 else None for n, block in enumerate(blocks)]
blocks = [block if n % 100 == 0 else None for n, block in enumerate(blocks)]
freed = resident()
here = 0
ebb.look()
print(json.dumps([full, freed, resident()]))
""")
    assert given < full * 0.4 or not full, (full, freed, given)
