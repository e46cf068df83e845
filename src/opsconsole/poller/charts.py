"""Charts on demand: a screen wants one and reads its topic; only the new tail is fetched, on an anchored axis."""

import asyncio
import math
import time
from typing import Any

import msgspec

from ..config.settings import Policy
from ..model.metrics import Chart, Series
from ..model.reading import ProblemKind, Reading, State
from ..rules.tiles import limit_of, rule_for
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .feed import Wake
from .prometheus import Desk
from .topics import Topic

STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
WEEK_S = 7 * 86400.0
OVERLAP_STEPS = 2
"""The newest points may still change while their samples arrive: asked once more."""
IDLE_S = 3600.0
SETTLE_S = 0.05
"""Several requests of one key press are answered together."""


class ChartRequest(msgspec.Struct, frozen=True, gc=False):
    """What one chart is to show. `kind` is an id of the catalogue's charts: p99, p95, requests, errors."""

    kind: str
    service: str = ""
    endpoint: str = ""
    range_s: float = 3600.0
    columns: int = 120
    """As many points are fetched at most."""


class Axis(msgspec.Struct, frozen=True, gc=False):
    """A time axis that stands still while points fill it and moves on by a quarter when it is full."""

    start: float
    end: float
    step: float

    @property
    def times(self) -> tuple[float, ...]:
        return tuple(self.start + index * self.step for index in range(round((self.end - self.start) / self.step) + 1))


def axis(now: float, range_s: float, columns: int) -> Axis:
    """The axis for now: the range starts at a multiple of its quarter, and holds at most `columns` points."""
    step = next((step for step in STEPS_S if range_s / step + 1 <= columns), range_s / max(1, columns - 1))
    quarter = max(step, math.floor(range_s / 4 / step) * step)
    start = math.floor(now / quarter) * quarter - 3 * quarter
    return Axis(start, start + 4 * quarter, step)


class _Held:
    """One chart that somebody looks at."""

    def __init__(self, request: ChartRequest, topic: Topic[Chart]) -> None:
        self.request = request
        self.topic = topic
        self.wanted = 1
        self.axis: Axis | None = None
        self.points: dict[float, float | None] = {}
        self.last_week: Series | None = None
        self.due = 0.0


class Charts:
    """A feed whose topics come and go: `want` one, subscribe to its topic, `drop` it when it is no longer shown."""

    name = "charts"
    topics: tuple[Topic[Any], ...] = ()

    def __init__(self, desk: Desk, policy: Policy) -> None:
        self._desk = desk
        self._policy = policy
        self._held: dict[ChartRequest, _Held] = {}
        self._changed = asyncio.Event()
        self._resting = False

    def want(self, request: ChartRequest) -> Topic[Chart]:
        """Keep this chart fresh from now on; its points appear on the returned topic. Calls are counted."""
        if request in self._held:
            self._held[request].wanted += 1
        else:
            self._held[request] = _Held(request, _topic(request))
            self._changed.set()
        return self._held[request].topic

    def drop(self, request: ChartRequest) -> None:
        """The counterpart of one `want`."""
        held = self._held.get(request)
        if held is not None:
            held.wanted -= 1
            if held.wanted <= 0:
                del self._held[request]

    def rest(self, resting: bool) -> None:
        """While the screen is hidden nothing is fetched; what is missing comes at once afterwards."""
        self._resting = resting
        self._changed.set()

    def refresh(self) -> None:
        """Fetch every wanted chart now."""
        for held in self._held.values():
            held.due = 0.0
        self._changed.set()

    async def run(self, board: Board, wake: Wake) -> None:
        """Fetch what is due, until cancelled."""
        while True:
            for held in () if self._resting else tuple(self._held.values()):
                if held.due <= time.time() and held.request in self._held:
                    await self._refresh(held, board)
            await self._pause(wake)

    async def _pause(self, wake: Wake) -> None:
        """Until the next chart is due, another is wanted, or somebody asks for a refresh."""
        due = [held.due for held in self._held.values()] if not self._resting else []
        wait_s = max(0.0, min(due) - time.time()) if due else IDLE_S
        waiting = [asyncio.ensure_future(wake.wait(wait_s)), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if waiting[0].done() and waiting[0].result():
                self.refresh()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if self._changed.is_set():
            await asyncio.sleep(SETTLE_S)
            self._changed.clear()

    async def _refresh(self, held: _Held, board: Board) -> None:
        started = time.perf_counter()
        try:
            chart = await self._chart(held)
        except SourceError as error:
            held.due = time.time() + STEPS_S[0]
            board.mark(held.topic, State.FAILED, error.problem)
            return
        took_s = time.perf_counter() - started
        board.publish(held.topic, Reading(chart, State.OK, clock.now(), took_s, chart.query))

    async def _chart(self, held: _Held) -> Chart:
        catalogue = await self._desk.catalogue()
        request = held.request
        try:
            figure = catalogue.chart(request.kind, request.service, request.endpoint)
        except KeyError:
            sentence = f"there is no chart of {request.kind!r}"
            raise SourceError(ProblemKind.INTERNAL, sentence, "please report it") from None
        now = time.time()
        on = axis(now, request.range_s, request.columns)
        ask = self._desk.source.query_range
        if held.axis is None or held.axis.step != on.step:
            held.points.clear()
        if on != held.axis:
            before = await ask(figure.value, on.start - WEEK_S, on.end - WEEK_S, on.step)
            held.last_week = _shifted(before.series[0], on) if before.series else None
            held.axis = on
        last = math.floor(now / on.step) * on.step
        known = [at for at in held.points if on.start <= at]
        start = max(on.start, max(known) - OVERLAP_STEPS * on.step) if known else on.start
        answer = await ask(figure.value, start, last, on.step)
        if answer.series:
            held.points.update(zip(answer.series[0].times, answer.series[0].values, strict=True))
        held.points = {at: value for at, value in held.points.items() if at >= on.start}
        held.due = last + on.step + 1.0
        judged = rule_for(self._policy, figure.measure)
        labels = answer.series[0].labels if answer.series else ()
        values = tuple(held.points.get(at) for at in on.times)
        return Chart(
            title=" ".join(part for part in (figure.title, request.service, request.endpoint) if part),
            unit=figure.unit,
            series=(Series(labels, on.times, values),),
            limit=limit_of(judged[1], None) if judged else None,
            last_week=held.last_week,
            query=figure.value,
        )


def _shifted(series: Series, on: Axis) -> Series:
    """Last week's course laid over this week's axis."""
    values = {at + WEEK_S: value for at, value in zip(series.times, series.values, strict=True)}
    return Series(series.labels, on.times, tuple(values.get(at) for at in on.times))


def _topic(request: ChartRequest) -> Topic[Chart]:
    parts = (request.kind, request.service, request.endpoint, f"{request.range_s:g}", str(request.columns))
    return Topic("prom.chart." + "/".join(parts), "prom")
