"""What both kinds of a tab have: one can wait until they stand as one wants."""

import asyncio
from collections.abc import Callable


class Watched:
    """A thing that notifies `changed` whenever something about it has changed."""

    def __init__(self) -> None:
        self.changed = asyncio.Condition()

    async def until(self, condition: Callable[[], bool], patience: float) -> bool:
        """Wait until `condition()` holds, so many seconds at most; tell whether it came to that."""
        try:
            async with asyncio.timeout(patience), self.changed:
                await self.changed.wait_for(condition)
            return True
        except TimeoutError:
            return False
