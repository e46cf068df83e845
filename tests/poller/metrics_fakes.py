"""A Prometheus that answers from a function and remembers what it was asked."""

import asyncio
from collections.abc import Callable, Iterable
from typing import cast

from opsconsole.config.settings import Metrics
from opsconsole.model.metrics import Answer, Sample, Series
from opsconsole.model.reading import ProblemKind
from opsconsole.poller.prometheus import Desk
from opsconsole.sources.errors import SourceError
from opsconsole.sources.prometheus import Prometheus


class Scripted:
    """`value` gives a query's one value at a time; None is no series. `failing` is raised where it is set."""

    def __init__(self, value: Callable[[str, float], float | None]) -> None:
        self.value = value
        self.queries: list[str] = []
        self.ranges: list[tuple[str, float, float, float]] = []
        self.failing: SourceError | None = None
        self.refused: tuple[str, ...] = ()
        self.existing: dict[str, frozenset[str]] = {}
        """Metrics that exist, each with its labels' names."""
        self.name = "Prometheus"
        self.clock_difference_s: float | None = None

    async def query(self, promql: str, at: float | None = None) -> Answer:
        self.queries.append(promql)
        self._fail(promql)
        value = self.value(promql, at or 0.0)
        return Answer(promql, samples=() if value is None else (Sample((), at or 0.0, value),))

    async def query_range(self, promql: str, start: float, end: float, step: float) -> Answer:
        self.ranges.append((promql, start, end, step))
        self._fail(promql)
        times = tuple(start + index * step for index in range(int((end - start) // step) + 1))
        values = tuple(self.value(promql, at) for at in times)
        return Answer(promql, series=(Series((), times, values),) if any(v is not None for v in values) else ())

    async def names(self, wanted: Iterable[str]) -> frozenset[str]:
        return frozenset(self.existing).intersection(wanted)

    async def label_names(self, metric: str) -> frozenset[str]:
        return self.existing[metric]

    def _fail(self, promql: str) -> None:
        if self.failing is not None:
            raise self.failing
        if promql in self.refused:
            raise SourceError(ProblemKind.REFUSED, "Prometheus refuses the query: parse error", "correct the query")


def desk(source: Scripted, metrics: Metrics | None = None) -> Desk:
    return Desk(cast(Prometheus, source), metrics or Metrics())


async def until(condition: Callable[[], bool], what: str, deadline_s: float = 10.0) -> None:
    """Wait for a condition on the loop; AssertionError with `what` after the deadline."""
    try:
        async with asyncio.timeout(deadline_s):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None
