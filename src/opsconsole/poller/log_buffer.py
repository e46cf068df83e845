"""The newest lines of all streams in one order: held back a moment so that streams can be merged, and bounded."""

import time
from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter

from ..model.logs import Level, LogLine

MOST_LINES = 20_000
MOST_BYTES = 32 * 1024 * 1024
BURST = 40_000
"""Lines that may come at once; what a window begins with is one burst."""
PER_S = 40_000
"""Lines taken in a second beyond that; more are counted and not kept."""
_KEY, _TEXT, _LEVEL, _MARK = map(attrgetter, ("key", "text", "level", "mark"))


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
            place = bisect_right(held, max(map(_KEY, self._old)), key=_KEY)
            batch, self._old = held[:place], held[place:]
        else:
            batch, self._old = [], held
        self._young = []
        if batch:
            self._keep(batch)
        return batch

    def _keep(self, batch: list[LogLine]) -> None:
        """20,000 lines a second come through here: no loop of its own over lines."""
        if self.lines and batch[0].key < self.lines[-1].key:
            # only what is newer than the first of them has to move
            place = bisect_right(self.lines, batch[0].key, key=_KEY)
            self.lines[place:] = sorted(self.lines[place:] + batch, key=_KEY)
        else:
            self.lines += batch
        self.bytes += _length(batch)
        self.read += len(batch) - _marks(batch)
        levels = list(map(_LEVEL, batch))
        self.errors += levels.count(Level.ERROR)
        self.warnings += levels.count(Level.WARNING)
        surplus = max(0, len(self.lines) - MOST_LINES)
        freed = _length(self.lines[:surplus])
        while self.bytes - freed > MOST_BYTES and surplus < len(self.lines) - 1:
            freed += len(self.lines[surplus].text)
            surplus += 1
        if surplus:
            self.dropped += surplus - _marks(self.lines[:surplus])
            self.bytes -= freed
            del self.lines[:surplus]


def _length(lines: list[LogLine]) -> int:
    return sum(map(len, map(_TEXT, lines)))


def _marks(lines: list[LogLine]) -> int:
    return sum(map(_MARK, lines))
