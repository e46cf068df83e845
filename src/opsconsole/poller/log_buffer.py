"""The newest lines of all streams in one order: held back a moment so that streams can be merged, and bounded."""

import time
from collections.abc import Callable
from operator import attrgetter

from ..model.logs import Level, LogLine

MOST_LINES = 20_000
MOST_BYTES = 32 * 1024 * 1024
BURST = 40_000
"""Lines that may come at once; what a window begins with is one burst."""
PER_S = 40_000
"""Lines taken in a second beyond that; more are counted and not kept."""
_KEY = attrgetter("key")


class LogBuffer:
    """Takes lines of any stream; `flush` gives out those whose turn has come, in order of their times."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.lines: list[LogLine] = []
        self.bytes = 0
        self.read = 0
        """Lines that came, marks aside."""
        self.dropped = 0
        """Of these: not taken because too many came at once, or pushed out by newer ones."""
        self.errors = 0
        self.warnings = 0
        self._clock = clock
        self._old: list[LogLine] = []
        self._young: list[LogLine] = []
        self._room = float(BURST)
        self._refilled = clock()

    @property
    def waiting(self) -> bool:
        return bool(self._old or self._young)

    def take(self, lines: list[LogLine]) -> None:
        self._young += lines
        self._room -= len(lines)

    def may_take(self) -> bool:
        """Whether there is room for more now; many streams share it."""
        now = self._clock()
        self._room = min(float(BURST), self._room + (now - self._refilled) * PER_S)
        self._refilled = now
        return self._room > 0

    def spare(self, count: int) -> None:
        """So many lines came and were not taken."""
        self.read += count
        self.dropped += count

    def flush(self, *, everything: bool = False) -> list[LogLine]:
        """Lines in order that are in the buffer from now on.

        What came before the last flush goes, and what has an earlier time than that; the rest waits for one more, as
        another stream may still bring something earlier.
        """
        held = sorted(self._old + self._young, key=_KEY)
        if everything or not self._young:
            batch, self._old = held, []
        elif self._old:
            last = max(line.key for line in self._old)
            place = next((at for at in range(len(held) - 1, -1, -1) if held[at].key <= last), -1) + 1
            batch, self._old = held[:place], held[place:]
        else:
            batch, self._old = [], held
        self._young = []
        if batch:
            self._keep(batch)
        return batch

    def _keep(self, batch: list[LogLine]) -> None:
        late = bool(self.lines) and batch[0].key < self.lines[-1].key
        self.lines += batch
        if late:
            self.lines.sort(key=_KEY)
        for line in batch:
            self.bytes += len(line.text)
            if line.mark:
                continue
            self.read += 1
            if line.level >= Level.WARNING:
                if line.level == Level.ERROR:
                    self.errors += 1
                else:
                    self.warnings += 1
        surplus, freed = max(0, len(self.lines) - MOST_LINES), 0
        freed = sum(len(line.text) for line in self.lines[:surplus])
        while self.bytes - freed > MOST_BYTES and surplus < len(self.lines) - 1:
            freed += len(self.lines[surplus].text)
            surplus += 1
        if surplus:
            self.dropped += sum(not line.mark for line in self.lines[:surplus])
            self.bytes -= freed
            del self.lines[:surplus]
