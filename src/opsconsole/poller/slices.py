"""Long work on the event loop in slices: between two objects one asks whether others should have their turn."""

import asyncio
import time

SLICE_S = 0.004
PAUSE_S = 0.001
"""Between two slices, whoever's they are: a key takes several turns of the loop until it shows."""


class Slices:
    """Counts the time since the loop last had its turn. All that work in slices take turns with each other."""

    _free = 0.0
    """When the next slice of anybody may begin."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_S
        self.taken = 0
        """How often the loop was let go."""

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self._until

    async def rest(self) -> None:
        """Let everything else run, then start a new slice when it is one's turn."""
        self.taken += 1
        now = time.perf_counter()
        begins = max(now + PAUSE_S, Slices._free)
        Slices._free = begins + SLICE_S + PAUSE_S
        await asyncio.sleep(begins - now)
        self._until = time.perf_counter() + SLICE_S
