"""The charts of the Metrics tab: one large, two small where there is room; they follow a service or endpoint."""

from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ..model.collection import Delta
from ..model.finding import Change
from ..model.metrics import Chart
from ..model.reading import Reading
from ..poller.charts import ChartRequest
from ..text.clean import clean
from ..widgets.chart import ChartView
from ..widgets.chart_drawing import ChartSpec, Line
from .base import Context
from .table_tab import trust
from .tile_line import quantity

RANGES: dict[float, str] = {900.0: "15m", 3600.0: "1h", 21600.0: "6h", 86400.0: "24h", 604800.0: "7d"}
KINDS = ("p99", "requests", "errors")
WIDE = 110
MARKED = {"release": "D", "rollout": "D", "hpa": "H", "config": "C", "restart": "R"}
COLUMNS = 160


class ChartPanel(Horizontal):
    """Asks for its charts through the context's `charts` service and draws what their topics say."""

    DEFAULT_CSS = """
    ChartPanel { height: 1fr; }
    ChartPanel > #chart-p99 { width: 2fr; }
    ChartPanel > .small { width: 1fr; border-left: solid $foreground 30%; padding: 0 0 0 1; }
    ChartPanel.narrow > .small { display: none; }
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._given = context
        self._views = {kind: ChartView(id=f"chart-{kind}") for kind in KINDS}
        self._requests: dict[str, ChartRequest] = {}
        self._endings: list[Callable[[], None]] = []
        self._readings: dict[str, Reading[Chart]] = {}
        self._marks: tuple[tuple[float, str], ...] = ()
        self._doubt = ""
        self.range_s = 3600.0
        self.service = ""
        self.endpoint = ""

    @property
    def subject(self) -> str:
        return clean(" ".join(part for part in (self.service, self.endpoint) if part))

    @property
    def asked(self) -> str:
        """What the large chart asked for."""
        reading = self._readings.get(KINDS[0])
        return reading.source if reading is not None else ""

    def compose(self) -> ComposeResult:
        yield self._views["p99"]
        with Vertical(classes="small"):
            yield self._views["requests"]
            yield self._views["errors"]

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.size.width < WIDE, "narrow")

    def on_unmount(self) -> None:
        self._let_go()

    def look_at(self, service: str, endpoint: str) -> None:
        """Follow this service or endpoint; "" is all."""
        if (service, endpoint) != (self.service, self.endpoint) or not self._requests:
            self.service, self.endpoint = service, endpoint
            self._ask()

    def next_range(self) -> None:
        ranges = list(RANGES)
        self.range_s = ranges[(ranges.index(self.range_s) + 1) % len(ranges)]
        self._ask()

    def rest(self, resting: bool) -> None:
        charts = self._charts
        if charts is not None:
            charts.rest(resting)

    def doubt(self, note: str) -> None:
        """`STALE 1m` while their source does not answer: charts, asked more seldom, would look live. "" ends it."""
        if note != self._doubt:
            self._doubt = note
            for kind in self._readings:
                self._draw(kind)

    def mark(self, changes: Sequence[Change]) -> None:
        """Changes stand as letters under the time axis."""
        marks = [(change.at.timestamp(), mark_of(change)) for change in changes if change.kind in MARKED]
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            for kind in self._readings:
                self._draw(kind)

    @property
    def _charts(self) -> Any:
        return getattr(self._given.services, "charts", None)

    def _ask(self) -> None:
        charts = self._charts
        if charts is None:
            return
        before, endings = self._requests, self._endings
        self._requests, self._endings, self._readings = {}, [], {}
        for kind in KINDS:
            request = ChartRequest(kind, self.service, self.endpoint, self.range_s, COLUMNS)
            topic = charts.want(request)
            self._requests[kind] = request
            self._endings.append(self._given.board.subscribe(topic, self._hear(kind)))
            self._readings[kind] = self._given.board.get(topic)
            self._draw(kind)
        for end in endings:
            end()
        for request in before.values():
            charts.drop(request)

    def _hear(self, kind: str) -> Callable[[Reading[Chart], Delta[Any] | None], None]:
        def hear(reading: Reading[Chart], delta: Delta[Any] | None) -> None:
            self._readings[kind] = reading
            self._draw(kind)

        return hear

    def _draw(self, kind: str) -> None:
        reading = self._readings[kind]
        told = reading.value is not None or reading.problem is not None
        if self.is_mounted and (told or self._views[kind].blank):
            self._views[kind].show(chart_spec(reading, self._marks if kind == KINDS[0] else (), self._doubt))

    def _let_go(self) -> None:
        for end in self._endings:
            end()
        if self._charts is not None:
            for request in self._requests.values():
                self._charts.drop(request)
        self._endings, self._requests = [], {}


def mark_of(change: Change) -> str:
    """`D1.8.2` for a release, one letter for everything else."""
    named = change.kind == "release" and "→" in change.what
    return MARKED[change.kind] + (clean(change.what.rpartition("→")[2].strip()[:8]) if named else "")


def chart_spec(reading: Reading[Chart], marks: tuple[tuple[float, str], ...], doubt: str = "") -> ChartSpec:
    """What to draw of a chart's reading: the course solid, last week dotted, the limit across."""
    chart = reading.value
    if chart is None:
        return ChartSpec("chart", (), 0.0, 1.0, stale=trust(reading))
    series = [Line(s.times, s.values, "primary" if place == 0 else "secondary") for place, s in enumerate(chart.series)]
    if chart.last_week is not None:
        series.insert(0, Line(chart.last_week.times, chart.last_week.values, "past"))
    times = chart.series[0].times if chart.series else (0.0, 1.0)
    unit = chart.unit
    return ChartSpec(
        title=clean(chart.title),
        lines=tuple(series),
        start=times[0],
        end=times[-1] if times[-1] > times[0] else times[0] + 1.0,
        limit=chart.limit,
        marks=marks,
        stale=trust(reading) or doubt,
        days=times[-1] - times[0] > 3 * 86400,
        format=lambda value: quantity(value, unit),
    )
