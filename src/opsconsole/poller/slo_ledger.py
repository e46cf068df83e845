"""The sums of a long window by stretches of an hour: each is asked for once, so that no query reads a month.

The newest come first, in pieces of a week; what is known stays, and each reading adds the hours that ended since.
"""

import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from ..model.metrics import Answer
from ..model.slo import Counts, Period
from ..rules.slo_sums import Sums, bad_of
from ..text import units

Range = Callable[[str, float, float, float], Awaitable[Answer]]
"""(query, start, end, step) → its course. Raises SourceError."""
HOUR_S = 3600.0
PIECE = 168
"""Stretches that one query asks for: a week of hours."""
SETTLED_S = 300.0
"""Samples may come so late: a stretch counts as ended only then."""


class Ledger:
    """What one objective counted, by the end of each stretch."""

    def __init__(self, length_s: float) -> None:
        self.step_s = HOUR_S if length_s >= 2 * 86400 else max(60.0, math.floor(length_s / 48 / 60) * 60.0)
        self.settled_s = min(SETTLED_S, self.step_s)
        self.sums: dict[float, Sums] = {}
        self.queries = 0
        self._from = self._to = 0.0
        """Ends of the oldest and the newest stretch that are known; 0 at first."""

    def closed(self, now: float) -> float:
        """The end of the newest stretch that is over."""
        return math.floor((now - self.settled_s) / self.step_s) * self.step_s

    def first(self, start: float) -> float:
        """The end of the first stretch that lies wholly within a window that begins then."""
        return math.ceil(start / self.step_s) * self.step_s + self.step_s

    async def fill(
        self, ask: Range, queries: tuple[str, str], counts: Counts, start: float, now: float, deadline: float
    ) -> bool:
        """Ask for what is missing; False when `deadline` (monotonic) came before the beginning was reached."""
        newest, oldest = self.closed(now), self.first(start)
        self.sums = {end: sums for end, sums in self.sums.items() if oldest <= end <= newest}
        if newest < oldest:
            return True
        if not self._to or self._to > newest:  # nothing yet, or the clock went back
            self.sums.clear()
            self._from, self._to = newest + self.step_s, newest
        while self._to < newest:
            begin = self._to + self.step_s
            end = min(newest, begin + (PIECE - 1) * self.step_s)
            await self._piece(ask, queries, counts, begin, end)
            self._to = end
        self._from = max(self._from, oldest)
        while self._from > oldest:
            if time.monotonic() > deadline:
                return False
            end = self._from - self.step_s
            begin = max(oldest, end - (PIECE - 1) * self.step_s)
            await self._piece(ask, queries, counts, begin, end)
            self._from = begin
        return True

    async def _piece(self, ask: Range, queries: tuple[str, str], counts: Counts, begin: float, end: float) -> None:
        part, total = [course(await ask(query, begin, end, self.step_s)) for query in queries]
        self.queries += 2
        for index in range(round((end - begin) / self.step_s) + 1):
            at = begin + index * self.step_s
            self.sums[at] = bad_of(counts, part.get(at), total.get(at))

    def period(
        self, start: float, ends: float, rolling: bool, length_s: float, now: float, tail: Sums | None, complete: bool
    ) -> Period:
        """The sums of the window so far; `tail` is what was counted since the last stretch."""
        known = {end: sums for end, sums in sorted(self.sums.items()) if sums[1] is not None}
        newest = self.closed(now)
        first = next(iter(known), None)
        told = [*known.values(), *([tail] if tail is not None and tail[1] is not None else [])]
        end = now if tail is not None and tail[1] is not None else newest
        begin = max(start, first - self.step_s) if first is not None else max(start, newest)
        missing = sum(1 for at in self.sums if first is not None and at > first and at not in known)
        bad = [one for one, _ in told]
        total = [one for _, one in told if one is not None]
        return Period(
            start=datetime.fromtimestamp(begin, UTC),
            end=datetime.fromtimestamp(end, UTC),
            length_s=length_s,
            wanted_s=max(0.0, now - start),
            covered_s=max(0.0, end - begin) if told else 0.0,
            bad=sum(one for one in bad if one is not None) if told and None not in bad else None,
            total=sum(total) if told else None,
            ends=None if rolling else datetime.fromtimestamp(ends, UTC),
            missing_s=missing * self.step_s,
            reading=not complete,
            how=self._how(len(known), tail is not None),
        )

    def _how(self, known: int, tail: bool) -> str:
        pieces = f"{known} sums over {units.span(self.step_s)} each, asked for once in pieces of {PIECE} and kept"
        return f"{pieces}; what came after them by one query" if tail else pieces


def course(answer: Answer) -> dict[float, float | None]:
    """The one series of an answer by its times."""
    if not answer.series:
        return {}
    series = answer.series[0]
    return dict(zip(series.times, series.values, strict=True))
