"""Charts on demand: a screen wants one and reads its topic; only what is not known yet is fetched."""

import asyncio
import math
import time
from typing import Any

import msgspec

from ..config.catalogue import Catalogue, Figure
from ..config.settings import Policy
from ..model.chart import Chart
from ..model.metrics import Answer, Series, ServiceFigures
from ..model.reading import ProblemKind, Reading, State
from ..rules.tiles import limit_of, rule_for
from ..sources.asking import gathering
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .courses import Course, Courses
from .feed import Wake
from .instances import EVERY_S, InstancesRequest, read_instances
from .moved import Moved
from .prometheus import Desk
from .topics import Topic

STEPS_S = (15, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 43200, 86400)
DAY_S, WEEK_S = 86400.0, 7 * 86400.0
PAST_S = {"last week": WEEK_S, "yesterday": DAY_S}
"""What can be laid over a chart, and how far back it lies."""
IDLE_S = 3600.0
SETTLE_S = 0.03
"""Several requests of one key press are answered together."""
AT_ONCE = 2
"""So many charts are asked for at once: tiles and rules need the source, too."""
MOST_SERIES = 2
LATEST_S, LATEST_STEP_S = 30.0, 15.0
"""Between two points the value of now is asked for so often, at a multiple of so many seconds."""


class ChartRequest(msgspec.Struct, frozen=True, gc=False):
    """What one chart is to show. `kind` is an id of the catalogue's charts: p99, p95, requests, errors."""

    kind: str
    service: str = ""
    endpoint: str = ""
    range_s: float = 3600.0
    columns: int = 120
    """As many points are fetched at most."""
    instance: str = ""
    """Name of a pod."""
    end: float = 0.0
    """Where the range ends (unix seconds); 0 is now, and goes on with it."""
    past: str = "last week"
    """What is laid over it, of PAST_S; "" is nothing."""


class Axis(msgspec.Struct, frozen=True, gc=False):
    """A time axis that stands still while points fill it and moves on by a quarter when it is full."""

    start: float
    end: float
    step: float

    @property
    def times(self) -> tuple[float, ...]:
        return tuple(self.start + index * self.step for index in range(round((self.end - self.start) / self.step) + 1))

    @property
    def quarter(self) -> float:
        return (self.end - self.start) / 4


def axis(now: float, range_s: float, columns: int) -> Axis:
    """The axis for now: the range starts at a multiple of its quarter, and holds at most `columns` points."""
    step, quarter = _steps(range_s, columns)
    start = math.floor(now / quarter) * quarter - 3 * quarter
    return Axis(start, start + 4 * quarter, step)


def axis_until(end: float, range_s: float, columns: int) -> Axis:
    """The axis of a range that lies behind: the first whole quarter at `end` or after it closes it."""
    step, quarter = _steps(range_s, columns)
    last = math.ceil(end / quarter) * quarter
    return Axis(last - 4 * quarter, last, step)


def axis_of(request: ChartRequest, now: float) -> Axis:
    if request.end:
        return axis_until(request.end, request.range_s, request.columns)
    return axis(now, request.range_s, request.columns)


def _steps(range_s: float, columns: int) -> tuple[float, float]:
    """Seconds between two points, and of a quarter; a step of which a quarter is made is the better one."""
    fitting = [step for step in STEPS_S if range_s / step + 1 <= columns]
    whole = (step for step in fitting if range_s / 4 % step == 0)
    step: float = next(whole, fitting[0] if fitting else range_s / max(1, columns - 1))
    return step, max(step, math.floor(range_s / 4 / step) * step)


Request = ChartRequest | InstancesRequest


class _Held:
    """One chart, or the pods of one service, that somebody looks at."""

    def __init__(self, request: Request, topic: Topic[Any]) -> None:
        self.request = request
        self.topic = topic
        self.wanted = 1
        self.due = 0.0
        self.task: asyncio.Task[None] | None = None


class Charts:
    """A feed whose topics come and go: `want` one, subscribe to its topic, `drop` it when it is no longer shown."""

    name = "charts"
    topics: tuple[Topic[Any], ...] = ()

    def __init__(self, desk: Desk, policy: Policy) -> None:
        self._desk = desk
        self._policy = policy
        self._courses = Courses(desk.source.query_range)
        self._held: dict[Request, _Held] = {}
        self._changed = asyncio.Event()
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._resting = False
        self._board: Board | None = None
        self.titles: dict[str, str] = {}
        """The kinds of charts there are; empty until the source was asked once."""
        self.moved = Moved(desk)

    def want(self, request: ChartRequest) -> Topic[Chart]:
        """Keep this chart fresh from now on; its points appear on the returned topic. Calls are counted."""
        return self._want(request)

    def want_instances(self, service: str) -> Topic[tuple[ServiceFigures, ...]]:
        """The same for the pods of a service; `drop(InstancesRequest(service))` ends it."""
        return self._want(InstancesRequest(service))

    def _want(self, request: Request) -> Topic[Any]:
        if request in self._held:
            self._held[request].wanted += 1
        else:
            self._held[request] = _Held(request, _topic(request))
            self._changed.set()
        return self._held[request].topic

    def drop(self, request: Request) -> None:
        """The counterpart of one `want`: what is still asked for it is given up."""
        held = self._held.get(request)
        if held is None:
            return
        held.wanted -= 1
        if held.wanted <= 0:
            del self._held[request]
            if held.task is not None:
                held.task.cancel()
            if self._board is not None:
                self._board.forget(held.topic)

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
        self._board = board
        try:
            while True:
                for held in () if self._resting else tuple(self._held.values()):
                    if held.task is not None and held.task.done():
                        held.task.result()  # a mistake of ours ends the feed, which is logged and begun anew
                    elif held.task is not None:
                        continue
                    if held.due <= time.time():
                        held.due = math.inf
                        held.task = asyncio.create_task(self._refresh(held, board))
                await self._pause(wake)
        finally:
            tasks = [held.task for held in self._held.values() if held.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pause(self, wake: Wake) -> None:
        """Until the next chart is due, another is wanted, or somebody asks for a refresh."""
        due = [held.due for held in self._held.values()] if not self._resting else []
        wait_s = min(IDLE_S, max(0.0, min(due, default=math.inf) - time.time()))
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
        """Publishes the chart, and once more when what is laid over it has come."""
        due = time.time() + STEPS_S[0]
        try:
            async with self._at_once:
                with gathering() as asked:
                    due = await self._read(held, board)
        except SourceError as error:
            board.mark(held.topic, State.FAILED, error.problem, tuple(asked))
        finally:
            # who asked for a refresh meanwhile gets it
            held.due = min(held.due, due)
            self._changed.set()

    async def _read(self, held: _Held, board: Board) -> float:
        """Fetches and publishes; when it is to be fetched again."""
        started, now, request = time.perf_counter(), time.time(), held.request
        if isinstance(request, InstancesRequest):
            pods = await read_instances(self._desk, request.service)
            board.publish(held.topic, Reading(pods, State.OK, clock.now(), time.perf_counter() - started))
            return now + EVERY_S
        catalogue = await self._desk.catalogue()
        self.titles = dict(catalogue.chart_titles)
        on = axis_of(request, now)
        figure = _figure(catalogue, request, on.step)
        whole_figure = _figure(catalogue, ChartRequest(request.kind), on.step)
        subject = (request.service, request.endpoint, request.instance) if whole_figure.value != figure.value else ()
        until = min(on.end, math.floor(now / on.step) * on.step)
        back = PAST_S.get(request.past, 0.0)
        before = self._courses.get(figure.value, on.step, request.past) if back else None

        def publish(course: Course, past: Course | None, latest: Answer | None) -> None:
            made = self._chart(request, figure, subject, on, until, course, past, latest)
            taken = time.perf_counter() - started
            board.publish(held.topic, Reading(made, State.OK, clock.now(), taken, made.query))

        whole = before is not None and before.covers(on.start - back, on.end - back)
        course = await self._courses.read(figure.value, on.start, until, on.step)
        latest = await self._latest(figure, until, now) if until < on.end and not request.end else None
        publish(course, before if whole else None, latest)
        if back and not whole:
            ends = min(on.end - back, until)
            before = await self._courses.read(figure.value, on.start - back, ends, on.step, request.past)
            publish(course, before, latest)
        if request.end and until >= on.end:
            return math.inf
        return min(until + on.step + 1.0, now + LATEST_S)

    async def _latest(self, figure: Figure, until: float, now: float) -> Answer | None:
        """The value of now, where the last point lies far enough behind: wide steps would hide what just began."""
        at = math.floor(now / LATEST_STEP_S) * LATEST_STEP_S
        return await self._desk.ask(figure.value, at) if at > until else None

    def _chart(
        self,
        request: ChartRequest,
        figure: Figure,
        subject: tuple[str, ...],
        on: Axis,
        until: float,
        course: Course,
        past: Course | None,
        latest: Answer | None,
    ) -> Chart:
        """`subject` is what the query speaks of: nothing where it is of the whole platform, whatever row is chosen."""
        found = sorted(
            (_with_latest(one, until, latest) for one in course.on(on.times, until)), key=_highest, reverse=True
        )
        shown = found[:MOST_SERIES] or [Series((), on.times, (None,) * len(on.times))]
        laid = self._past(request, on, past) if past is not None and len(shown) == 1 else None
        return Chart(
            title=" ".join(part for part in (figure.title, *subject) if part),
            unit=figure.unit,
            series=tuple(shown),
            limit=_limit(figure, self._policy),
            past=laid,
            past_name=request.past if laid is not None else "",
            query=figure.value,
            step=on.step,
            until=until,
            latest=latest.samples[0].time if latest is not None and latest.samples else 0.0,
            left_out=len(found) - len(shown) if found else 0,
            kind=figure.kind,
            warnings=course.warnings,
        )

    def _past(self, request: ChartRequest, on: Axis, past: Course) -> Series | None:
        """The earlier course laid over this axis."""
        back = PAST_S[request.past]
        found = past.on(tuple(at - back for at in on.times), on.end - back)
        return Series(found[0].labels, on.times, found[0].values) if len(found) == 1 else None


def _figure(catalogue: Catalogue, request: ChartRequest, step: float) -> Figure:
    try:
        return catalogue.chart(request.kind, request.service, request.endpoint, request.instance, step)
    except KeyError:
        sentence = f"there is no chart of {request.kind!r}"
        raise SourceError(ProblemKind.INTERNAL, sentence, "please report it") from None


def _limit(figure: Figure, policy: Policy) -> float | None:
    """That of a panel of the settings, else the policy's."""
    own = figure.warning if figure.warning is not None else figure.critical
    judged = rule_for(policy, figure.measure)
    return own if own is not None else limit_of(judged[1], None) if judged else None


def _with_latest(series: Series, until: float, latest: Answer | None) -> Series:
    """With the value of now in the place of the point that is to come."""
    values = {sample.labels: sample.value for sample in latest.samples} if latest is not None else {}
    place = next((place for place, at in enumerate(series.times) if at > until), None)
    if place is None or values.get(series.labels) is None:
        return series
    known = (*series.values[:place], values[series.labels], *series.values[place + 1 :])
    return msgspec.structs.replace(series, values=known)


def _highest(series: Series) -> float:
    return max((value for value in series.values if value is not None), default=-math.inf)


def _topic(request: Request) -> Topic[Any]:
    if isinstance(request, InstancesRequest):
        return Topic(f"prom.instances.{request.service}", "prom")
    parts = (request.kind, request.service, request.endpoint, request.instance, f"{request.range_s:g}")
    return Topic("prom.chart." + "/".join((*parts, str(request.columns), f"{request.end:.0f}", request.past)), "prom")
