"""Counts how often and how long something held the event loop, so that slowness has a number."""

import selectors
import time
from collections import deque
from datetime import datetime

from ..text import clock

STALL_S = 0.05


class Stalls:
    """Measures each turn of the loop that runs on its `selector`; 50 ms and more is a stall."""

    def __init__(self) -> None:
        self.count = 0
        self.longest_s = 0.0
        self.recent: deque[tuple[datetime, float]] = deque(maxlen=20)
        """(when, how long) of the latest ones."""
        self.measuring = False

    def start(self) -> None:
        """Begin to measure: what comes before the first paint holds nobody back."""
        self.measuring = True

    def stop(self) -> None:
        self.measuring = False

    def late(self, late_s: float) -> None:
        """Take one measurement."""
        self.longest_s = max(self.longest_s, late_s)
        if late_s >= STALL_S:
            self.count += 1
            self.recent.append((clock.now(), late_s))

    def selector(self) -> selectors.BaseSelector:
        """What the event loop waits with: between two of its waits lies one turn."""
        return _Turns(self)


class _Turns(selectors.DefaultSelector):
    def __init__(self, stalls: Stalls) -> None:
        super().__init__()
        self._stalls = stalls
        self._woken = time.perf_counter()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._stalls.measuring:
            self._stalls.late(time.perf_counter() - self._woken)
        found = super().select(timeout)
        self._woken = time.perf_counter()
        return found
