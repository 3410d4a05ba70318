"""What an attack costs the server: its memory, its processor, its descriptors; and when it is at rest again."""

import os
import threading
import time
from pathlib import Path

REST = 20.0  # seconds that a server gets to come to rest
LOOK = 0.1  # seconds between two looks
BUSY = 0.5  # of a core, beyond what it took before: more is not rest
MARGIN = 1.1  # of the memory, beyond which it has not come back


class Toll:
    """Watches one process, from its start to its end."""

    def __init__(self, pid: int) -> None:
        self.pid, self.height = pid, 0.0
        self._is_on = True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    @property
    def memory(self) -> float:
        """What is resident, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def processor(self) -> float:
        """What it has computed, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def load(self, seconds: float = 1.0) -> float:
        """How much of a core it takes, measured over so many seconds."""
        begun = self.processor
        time.sleep(seconds)
        return (self.processor - begun) / seconds

    def rest(self, memory: float, descriptors: int, load: float) -> float:
        """Wait until the server is as it was, `memory` within a tenth; return the seconds it took, or infinity if it did not in time."""
        begun = time.monotonic()
        while (took := time.monotonic() - begun) < REST:
            if self.load() <= load + BUSY and self.descriptors <= descriptors + 20 and self.memory <= memory * MARGIN:
                return took
        return float("inf")

    def end(self) -> None:
        """Stop watching."""
        self._is_on = False
        self._thread.join()

    def _watch(self) -> None:
        while self._is_on:
            self.height = max(self.height, self.memory)
            time.sleep(LOOK)
