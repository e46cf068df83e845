"""The lines that a log page draws: the desk's own, or what a filter leaves of them; still while somebody reads."""

from collections.abc import Callable
from operator import attrgetter

from ..model.logs import LogLine
from ..poller.log_buffer import MOST_LINES, LogBuffer
from ..poller.slices import Slices

MOST_HELD = 2 * MOST_LINES
Accept = Callable[[LogLine], bool]
_KEY = attrgetter("key")
CHUNK = 500


class Shown:
    """Feed it the batches of the buffer; `lines` is what to draw."""

    def __init__(self, buffer: LogBuffer) -> None:
        self.lines: list[LogLine] = buffer.lines
        self.more = 0
        """Lines that came while reading and do not fit in: they are shown when following again."""
        self.frozen = False
        self._buffer = buffer
        self._accept: Accept | None = None
        self._held: list[LogLine] | None = None
        self._turn = 0

    @property
    def held(self) -> bool:
        return self._held is not None

    def add(self, batch: list[LogLine]) -> None:
        """Take what the buffer has taken."""
        if self._held is not None:
            if self.frozen or len(self._held) + len(batch) > MOST_HELD:
                self.more += len(batch)
                return
            self._held += batch
            if self._accept is not None:
                self.lines += filter(self._accept, batch)
        elif self._accept is not None:
            news = list(filter(self._accept, batch))
            late = bool(news and self.lines) and news[0].key < self.lines[-1].key
            self.lines += news
            if late:
                self.lines.sort(key=_KEY)
            if len(self.lines) > MOST_LINES:
                del self.lines[: len(self.lines) - MOST_LINES]

    def hold(self) -> None:
        """Somebody reads: nothing that stands here moves or goes."""
        if self._held is None:
            self._held = list(self._buffer.lines)
            if self._accept is None:
                self.lines = self._held

    def release(self) -> None:
        """Show what the buffer has now; what a filter has gathered meanwhile stays."""
        if self._held is None:
            return
        self._held, self.frozen, self.more = None, False, 0
        if self._accept is None:
            self.lines = self._buffer.lines

    def restart(self, buffer: LogBuffer) -> None:
        """Another window is read: everything begins anew."""
        self._buffer, self._held, self.frozen, self.more = buffer, None, False, 0
        self._turn += 1
        self.lines = buffer.lines if self._accept is None else []

    async def choose(self, accept: Accept | None) -> bool:
        """Another filter; False when a newer one came before this was done."""
        self._turn += 1
        turn = self._turn
        self._accept = accept
        base = self._held if self._held is not None else self._buffer.lines
        if accept is None:
            self.lines = base
            return True
        found: list[LogLine] = []
        self.lines = found
        source, slices = list(base), Slices()
        kept: list[LogLine] = []
        for at in range(0, len(source), CHUNK):
            kept += filter(accept, source[at : at + CHUNK])
            if slices.over:
                await slices.rest()
                if turn != self._turn:
                    return False
        # what came meanwhile is in `found` already
        found[:0] = kept
        return True
