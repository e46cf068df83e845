"""What the console counts of itself, written at its end as JSON where OPSCONSOLE_COUNTERS names a file.

`stalls` (turns of the event loop of 50 ms and more since the first paint), `longest_stall_ms`, `stalls_ms` (time of
day → length of the latest ones), `collections` and `longest_collection_ms` of the garbage collector.
"""

import gc
import json
import os
import time
from pathlib import Path
from typing import Literal

from .stalls import Stalls

VARIABLE = "OPSCONSOLE_COUNTERS"


class Counters:
    """Costs nothing where nobody asked for the file."""

    def __init__(self, stalls: Stalls) -> None:
        self._path = os.environ.get(VARIABLE)
        self._stalls = stalls
        self._begun = 0.0
        self._longest_s = 0.0
        self._collections = 0
        if self._path:
            gc.callbacks.append(self._collected)

    def write(self) -> None:
        if not self._path:
            return
        gc.callbacks.remove(self._collected)
        told = {
            "stalls": self._stalls.count,
            "longest_stall_ms": round(1000 * self._stalls.longest_s, 1),
            "stalls_ms": [(f"{at:%H:%M:%S.%f}", round(1000 * long, 1)) for at, long in self._stalls.recent],
            "collections": self._collections,
            "longest_collection_ms": round(1000 * self._longest_s, 1),
        }
        Path(self._path).write_text(json.dumps(told), encoding="utf-8")

    def _collected(self, phase: Literal["start", "stop"], info: dict[str, int]) -> None:
        if phase == "start":
            self._begun = time.perf_counter()
        else:
            self._collections += 1
            self._longest_s = max(self._longest_s, time.perf_counter() - self._begun)
