"""Courses of queries that were asked already: what is known of one is not asked again, only the ends that lack."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from ..model.kubernetes import Labels
from ..model.metrics import Answer, Series

Ask = Callable[[str, float, float, float], Awaitable[Answer]]
"""(query, start, end, step): a range query."""
OVERLAP_STEPS = 2
"""The newest points may still change while their samples arrive: asked once more."""
MOST = 48
"""So many courses are kept, the last used."""


class Course:
    """One query every `step` seconds, known without a hole from `first` to `firm`, and provisionally to `asked`."""

    def __init__(self) -> None:
        self.first = self.firm = self.asked = 0.0
        self.known = False
        self.points: dict[Labels, dict[float, float | None]] = {}
        self.warnings: tuple[str, ...] = ()

    def covers(self, start: float, end: float) -> bool:
        return self.known and self.first <= start and end <= self.firm

    def take(self, answer: Answer, start: float, end: float) -> None:
        """What was asked from start to end is as the answer says, and nothing else."""
        for points in self.points.values():
            for at in [at for at in points if start <= at <= end]:
                del points[at]
        for series in answer.series:
            self.points.setdefault(series.labels, {}).update(zip(series.times, series.values, strict=True))
        self.points = {labels: points for labels, points in self.points.items() if points}
        self.warnings = (*answer.warnings, *answer.infos)

    def forget_before(self, start: float) -> None:
        if self.first < start:
            self.points = {
                labels: {at: value for at, value in points.items() if at >= start}
                for labels, points in self.points.items()
            }
            self.first = start

    def on(self, times: tuple[float, ...], end: float) -> tuple[Series, ...]:
        """Each series on these times up to `end`; what is not known is None."""
        cut = {labels: tuple(points.get(at) if at <= end else None for at in times)
               for labels, points in self.points.items()}  # fmt: skip
        return tuple(
            Series(labels, times, values) for labels, values in cut.items() if any(v is not None for v in values)
        )


class Courses:
    """The courses that were asked last; times are multiples of their step."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._kept: OrderedDict[tuple[str, float, str], Course] = OrderedDict()

    def get(self, query: str, step: float, name: str = "") -> Course:
        """The course of a query; those that lie apart from each other have names of their own."""
        key = (query, step, name)
        course = self._kept.setdefault(key, Course())
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return course

    async def read(self, query: str, start: float, end: float, step: float, name: str = "") -> Course:
        """The course, known from start to end. Raises SourceError, and keeps what it knew."""
        course = self.get(query, step, name)
        if course.covers(start, end) or (course.known and course.first <= start and end == course.asked):
            return course
        if not course.known or start > course.firm + step or end < course.first - step:
            fresh = Course()
            fresh.take(await self._ask(query, start, end, step), start, end)
            fresh.first, fresh.known = start, True
            fresh.firm, fresh.asked = _firm(end, step), end
            self._kept[(query, step, name)] = fresh
            return fresh
        if start < course.first:
            head = course.first - step
            course.take(await self._ask(query, start, head, step), start, head)
            course.first = start
        if end > course.firm:
            tail = max(course.first, course.firm)
            course.take(await self._ask(query, tail, end, step), tail, end)
            course.firm, course.asked = max(course.firm, _firm(end, step)), end
        course.forget_before(start - 3 * (end - start))
        return course


def _firm(end: float, step: float) -> float:
    """Up to where an answer for now is final."""
    return min(end, (time.time() // step - OVERLAP_STEPS) * step)
