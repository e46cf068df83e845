"""Counts how often and how long something held the event loop, so that slowness has a number."""

import asyncio
from collections import deque
from datetime import datetime

from ..text import clock

STALL_S = 0.05
EVERY_S = 0.25


class Stalls:
    """Measures on the loop how late a timer fires; 50 ms and more is a stall."""

    def __init__(self) -> None:
        self.count = 0
        self.longest_s = 0.0
        self.recent: deque[tuple[datetime, float]] = deque(maxlen=20)
        """(when, how long) of the latest ones."""
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure on the running loop."""
        self._arm(asyncio.get_running_loop())

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def late(self, late_s: float) -> None:
        """Take one measurement."""
        if late_s >= STALL_S:
            self.count += 1
            self.longest_s = max(self.longest_s, late_s)
            self.recent.append((clock.now(), late_s))

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + EVERY_S

        def measure() -> None:
            self.late(loop.time() - due)
            self._arm(loop)

        self._handle = loop.call_at(due, measure)
