"""Asks how services, tiles and measures went around a moment, for what else moved then."""

import asyncio
import math
import time
from collections.abc import Iterator

from ..config.catalogue import Catalogue, Measured
from ..model.metrics import Answer
from ..model.reading import ProblemKind
from ..rules.measures import SUBJECTS, Subject, series_by_object
from ..rules.moved import AFTER_UNITS, BEFORE_UNITS, Figure, MovedThen, moved, unit_of
from ..sources.errors import SourceError
from .prometheus import Desk

AT_ONCE = 3
"""One thread of the source stays free for what the screens follow."""
CHARTS = {"requests.p99": "p99", "requests.p95": "p95", "requests.errors": "errors"}
"""Which chart shows a measure."""
UNITS = {
    "requests.p99": "s", "requests.p95": "s", "requests.errors": "ratio", "heap.bytes": "bytes",
    "node.cpu": "ratio", "node.memory": "ratio",
}  # fmt: skip


class Moved:
    """One range query for each figure; nothing of it is kept."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def then(self, at: float, range_s: float) -> MovedThen:
        """What moved at that time, in the grain of a chart of that range. Raises SourceError."""
        catalogue = await self._desk.catalogue()
        unit_s = unit_of(range_s)
        at = math.floor(at / unit_s) * unit_s
        refused: list[str] = []
        at_once = asyncio.Semaphore(AT_ONCE)

        async def ask(measure: Measured, subject: Subject, unit: str, chart: str) -> list[Figure]:
            async with at_once:
                return await self._courses(measure, subject, unit, chart, at, unit_s, refused)

        wanted = (*self._measures(catalogue), *self._tiles(catalogue))
        # the first goes alone: a server that hangs costs one time-out
        found = [await ask(*wanted[0]), *await asyncio.gather(*(ask(*one) for one in wanted[1:]))]
        figures = [figure for some in found for figure in some]
        return moved(figures, at, unit_s, tuple(refused), time.time())

    def _tiles(self, catalogue: Catalogue) -> Iterator[tuple[Measured, Subject, str, str]]:
        """Those that no measure tells, and the requests' of the whole platform."""
        for id in catalogue.tile_ids:
            tile = catalogue.tile(id)
            if not catalogue.lacks(id) and (not tile.measure or tile.measure.startswith("requests.")):
                kind = id if id in catalogue.chart_titles else ""
                yield Measured(tile.value), Subject(f"{tile.title} (all)", 1), tile.unit, kind

    def _measures(self, catalogue: Catalogue) -> Iterator[tuple[Measured, Subject, str, str]]:
        measures = catalogue.measures()
        errors = measures.get("requests.errors")
        if errors is not None and errors.of:
            yield Measured(errors.of, objects=errors.objects), Subject("requests/s", 1), "per_s", "requests"
        for id, measure in measures.items():
            unit = UNITS.get(id, "ratio" if measure.of else "count")
            yield measure, SUBJECTS.get(id, Subject(id, 1)), unit, CHARTS.get(id, "")

    async def _courses(
        self, measure: Measured, subject: Subject, unit: str, chart: str, at: float, unit_s: float, refused: list[str]
    ) -> list[Figure]:
        """One figure per object."""
        start = at - BEFORE_UNITS * unit_s
        end = min(at + AFTER_UNITS * unit_s, math.floor(time.time() / unit_s) * unit_s)
        try:
            number = await self._desk.source.query_range(measure.value, start, end, unit_s)
            of: Answer | None = None
            if measure.of:
                of = await self._desk.source.query_range(measure.of, start, end, unit_s)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.REFUSED:
                raise
            refused.append(f"{subject.word}: {error.problem.sentence}")
            return []
        found = series_by_object(number, of, measure.objects, measure.group)
        return [
            Figure(f"{name.rpartition('/')[2]} {subject.word}".strip(), unit, subject.tab, name, chart, samples)
            for name, samples in found.items()
        ]
