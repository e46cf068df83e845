"""Long work on the event loop in slices: between two objects one asks whether others should have their turn."""

import asyncio
import time

SLICE_S = 0.004


class Slices:
    """Counts the time since the loop last had its turn."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_S
        self.taken = 0
        """How often the loop was let go."""

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self._until

    async def rest(self) -> None:
        """Let everything else run once, then start a new slice."""
        self.taken += 1
        await asyncio.sleep(0)
        self._until = time.perf_counter() + SLICE_S
