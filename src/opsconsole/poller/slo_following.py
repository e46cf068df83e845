"""Follows one objective: its burn over every window, its budget, its conditions, and what used the budget up."""

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ..config.slo_queries import rendered
from ..model.asked import Asked
from ..model.metrics import Answer
from ..model.reading import ProblemKind
from ..model.slo import UNREAD, Burn, Consumer, Leg, LegState, Period, Slo, SloFigures
from ..rules import slo as sums
from ..rules.slo_state import Guard, held, moved, rule_of, shown, slower
from ..rules.slo_sums import Sums, absent_words, bad_of, consuming, parts
from ..rules.slo_window import bounds
from ..rules.thresholds import Threshold, breaches
from ..sources.asking import overhearing
from ..sources.errors import SourceError
from ..sources.prometheus import Prometheus
from .slo_ledger import Ledger, course

EVERY_S = 30.0
LATEST_S, PART = 600.0, 180
"""The burn over a long window is asked for again after so small a part of it, but within this time."""
AGREE_S = 60.0
PAST_POINTS = 120
LEAST_PAST_S = 6 * 3600.0
TAIL_EVERY_S = 60.0
MOST_ASKED = 24


class Following:
    """One objective from reading to reading."""

    def __init__(self, slo: Slo, guard: Guard) -> None:
        self.slo = slo
        self._guard = Guard(
            guard.min_bad if slo.min_bad is None else slo.min_bad,
            guard.min_total if slo.min_total is None else slo.min_total,
        )
        self._burns: dict[float, tuple[float, Burn]] = {}
        self._states: dict[Leg, Threshold] = {}
        self._ledger = Ledger(slo.window.nominal_s)
        self._tail: tuple[float, float, Sums] | None = None
        """(when, since, sums)."""
        self._parts: dict[float, tuple[tuple[str, float], ...]] = {}
        self._silent_since: datetime | None = None
        self._warnings: dict[str, None] = {}
        self.figures = SloFigures(slo, problem=UNREAD)
        """The newest."""
        self.read_at = 0.0
        """When they were taken, in seconds of a clock that only goes on."""
        self._asked: dict[str, Asked] = {}
        """By text: each query as it was answered last."""

    async def read(self, source: Prometheus, now: datetime, label: str, deadline: float) -> None:
        """Take the figures now. What the server refuses stands in them; other errors are raised."""
        self._warnings = {}
        self.read_at = time.monotonic()
        try:
            with overhearing() as heard:
                figures = await self._read(source, now, label, deadline)
            self.figures = msgspec.structs.replace(figures, asked=self._newest(heard))
        except SourceError as error:
            if error.problem.kind is not ProblemKind.REFUSED:
                raise
            said = f"{error.problem.sentence}; narrow its query, or record it by a rule and count the recorded series"
            self.figures = msgspec.structs.replace(self.figures, legs=self._legs(now.timestamp(), {}), problem=said)

    async def _read(self, source: Prometheus, now: datetime, label: str, deadline: float) -> SloFigures:
        at, slo = now.timestamp(), self.slo
        burns = await self._take_burns(source, at)
        await self._judge(source, burns, at)
        period = await self._period(source, now, deadline)
        left = sums.left(period.bad, period.total, slo.target)
        hour = burns.get(3600.0)
        newest = burns[min(burns)]
        self._listen(newest, now)
        return SloFigures(
            slo,
            tuple(burns[window] for window in sorted(burns)),
            self._legs(at, burns),
            period,
            left,
            sums.events_left(period.bad, period.total, slo.target),
            sums.exhausted_s(left, hour.burn if hour else None, period.length_s),
            await self._consumed(source, period, label, at),
            self._silent_since,
            absent_words(slo.counts) if any(one.bad is None and one.total for one in burns.values()) else "",
            tuple(self._warnings),
        )

    def _newest(self, heard: Iterable[Asked]) -> tuple[Asked, ...]:
        for one in heard:
            self._asked.pop(one.text, None)
            self._asked[one.text] = one
        for text in tuple(self._asked)[:-MOST_ASKED]:
            del self._asked[text]
        return tuple(reversed(self._asked.values()))

    # ---- burn -------------------------------------------------------------------------------------------------------

    async def _take_burns(self, source: Prometheus, at: float) -> dict[float, Burn]:
        shorter: Burn | None = None
        for window in sums.windows(self.slo):
            if self._due(window, at, shorter):
                bad, total = await self._sums(source, window)
                self._burns[window] = (at, Burn(window, bad, total, sums.burn(bad, total, self.slo.target)))
            shorter = self._burns[window][1]
        return {window: burn for window, (_, burn) in self._burns.items()}

    def _due(self, window: float, at: float, shorter: Burn | None) -> bool:
        """Whether a window is asked for again: sooner where a shorter one within it counts more bad events already."""
        asked = self._burns.get(window)
        if asked is None:
            return True
        passed = at - asked[0]
        if passed < 0 or passed >= min(LATEST_S, window / PART):
            return True
        held = asked[1].bad
        outgrown = (
            shorter is not None and shorter.bad is not None and held is not None and shorter.bad > 1.02 * held + 1
        )
        return outgrown and passed >= AGREE_S

    async def _sums(self, source: Prometheus, window_s: float, at: float | None = None) -> Sums:
        counts = self.slo.counts
        answers = [await self._ask(source, query, window_s, at) for query in (counts.part, counts.total)]
        part, total = (_one(answer) for answer in answers)
        return bad_of(counts, part, total)

    async def _ask(
        self, source: Prometheus, query: str, window_s: float, at: float | None = None, label: str = ""
    ) -> Answer:
        answer = await source.query(rendered(query, window_s, label), at)
        self._warnings.update(dict.fromkeys(answer.warnings))
        return answer

    def _listen(self, newest: Burn, now: datetime) -> None:
        if newest.total is not None:
            self._silent_since = None
        else:
            self._silent_since = self._silent_since or now

    # ---- conditions -------------------------------------------------------------------------------------------------

    async def _judge(self, source: Prometheus, burns: dict[float, Burn], at: float) -> None:
        """Move every condition on. One that holds when it is first looked at is dated by the past."""
        for leg in self.slo.legs:
            before = self._states.get(leg)
            if before is None and _breached(leg, burns) and not held(leg, burns, self._guard):
                before = await self._past(source, leg, at)
            self._states[leg] = moved(before or Threshold(), leg, burns, self._guard, at, EVERY_S)

    async def _past(self, source: Prometheus, leg: Leg, at: float) -> Threshold:
        """The state that the condition's own history leads to. Where nobody tells it begins now."""
        span_s = max(LEAST_PAST_S, 2 * leg.long_s)
        step_s = math.ceil(span_s / PAST_POINTS / 60) * 60.0
        end = math.floor(at / step_s) * step_s
        start = end - span_s
        state = Threshold()
        try:
            courses = {window: await self._course(source, window, start, end, step_s) for window in _windows(leg)}
        except SourceError:
            return state
        for index in range(round(span_s / step_s) + 1):
            moment = start + index * step_s
            then = {window: _burn(window, told.get(moment), self.slo) for window, told in courses.items()}
            state = moved(state, leg, then, self._guard, moment, step_s)
        # between the last point and now nobody looked: that is no gap in which it may have ended
        return msgspec.structs.replace(state, seen_at=at - EVERY_S)

    async def _course(
        self, source: Prometheus, window: float, start: float, end: float, step_s: float
    ) -> dict[float, Sums]:
        counts = self.slo.counts
        part, total = [
            course(await source.query_range(rendered(query, window), start, end, step_s))
            for query in (counts.part, counts.total)
        ]
        return {at: bad_of(counts, part.get(at), whole) for at, whole in total.items()}

    def _legs(self, at: float, burns: dict[float, Burn]) -> tuple[LegState, ...]:
        return tuple(
            shown(leg, self._states.get(leg, Threshold()), burns, self._guard, at, EVERY_S) for leg in self.slo.legs
        )

    # ---- budget -----------------------------------------------------------------------------------------------------

    async def _period(self, source: Prometheus, now: datetime, deadline: float) -> Period:
        slo, ledger, at = self.slo, self._ledger, now.timestamp()
        begin, end = (moment.timestamp() for moment in bounds(slo.window, now))
        length_s = slo.window.nominal_s if slo.window.rolling else end - begin
        queries = rendered(slo.counts.part, ledger.step_s), rendered(slo.counts.total, ledger.step_s)
        complete = await ledger.fill(source.query_range, queries, slo.counts, begin, at, deadline)
        tail = await self._since(source, max(begin, ledger.closed(at)), at)
        return ledger.period(begin, end, slo.window.rolling, length_s, at, tail, complete)

    async def _since(self, source: Prometheus, since: float, at: float) -> Sums | None:
        """What was counted after the last stretch, a minute old at most."""
        if at - since < 60:
            return None
        if self._tail is None or self._tail[1] != since or not 0 <= at - self._tail[0] < TAIL_EVERY_S:
            self._tail = (at, since, await self._sums(source, at - since))
        return self._tail[2]

    async def _consumed(self, source: Prometheus, period: Period, label: str, at: float) -> tuple[Consumer, ...]:
        if not period.total:
            return ()
        ledger = self._ledger
        hours = dict(ledger.sums)
        lengths = dict.fromkeys(hours, ledger.step_s)
        if self._tail is not None:
            end, since, told = self._tail
            hours[end], lengths[end] = told, end - since
        found = []
        for end, bad, share in consuming(hours, self.slo.target, period.total):
            start = datetime.fromtimestamp(end - lengths[end], UTC)
            found.append(
                Consumer(start, lengths[end], bad, share, await self._told_parts(source, end, lengths[end], label))
            )
        known = {end for end in self._parts if end in hours}
        self._parts = {end: told for end, told in self._parts.items() if end in known}
        return tuple(found)

    async def _told_parts(
        self, source: Prometheus, end: float, length_s: float, label: str
    ) -> tuple[tuple[str, float], ...]:
        """By endpoint, where the queries leave that label; asked for once."""
        counts = self.slo.counts
        if not counts.part_by or not counts.total_by:
            return ()
        if end not in self._parts:
            asked = (counts.part_by, counts.total_by) if counts.good else (counts.part_by,)
            answers = [await self._ask(source, query, length_s, end, label) for query in asked]
            samples = [answer.samples for answer in answers]
            self._parts[end] = parts(counts, samples[0], samples[-1], label)
        return self._parts[end]


def _one(answer: Answer) -> float | None:
    return answer.samples[0].value if answer.samples else None


def _windows(leg: Leg) -> Iterable[float]:
    return dict.fromkeys((leg.long_s, leg.short_s))


def _burn(window: float, told: Sums | None, slo: Slo) -> Burn:
    bad, total = told or (None, None)
    return Burn(window, bad, total, sums.burn(bad, total, slo.target))


def _breached(leg: Leg, burns: dict[float, Burn]) -> bool:
    value = slower(burns[leg.long_s].burn, burns[leg.short_s].burn)
    return value is not None and breaches(rule_of(leg).compare, value, leg.factor)
