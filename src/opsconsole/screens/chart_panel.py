"""The charts of the Metrics tab: one large, two small where there is room; they follow a service or endpoint."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from ..model.chart import Chart
from ..model.collection import Delta
from ..model.reading import Reading
from ..poller.charts import ChartRequest
from ..text import clock
from ..text.clean import clean
from ..widgets.chart import ChartView
from . import chart_marks, chart_reading
from .base import Context
from .chart_look import KINDS, Look
from .chart_marks import Mark

SLOTS = ("large", "upper", "lower")
WIDE = 110
AXIS = 9
"""Cells that the labels of an axis take, about."""
COLUMNS_BY = 10
"""Points are asked for by steps of so many: a window that is drawn wider need not ask at each cell."""
RESIZED_S = 0.2
AT_ONCE_S = 0.001
"""As good as none: by an interval of 0 a timer that comes late divides."""
KEYS = (
    "←→ cursor   , . earlier later   pgup pgdn closer wider   n b next chart   enter what else moved   esc back",
    "←→ cursor  , . move  pgup pgdn zoom  n b chart  enter moved then",
)


class ChartPanel(Vertical):
    """Asks for its charts through the context's `charts` service and draws what their topics say."""

    DEFAULT_CSS = """
    ChartPanel { height: 1fr; }
    ChartPanel > Horizontal { height: 1fr; }
    ChartPanel #chart-large { width: 2fr; }
    ChartPanel .small { width: 1fr; border-left: solid $foreground 30%; padding: 0 0 0 1; }
    ChartPanel.narrow .small { display: none; }
    ChartPanel.full .small { display: none; }
    ChartPanel > .reading { display: none; height: 3; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ChartPanel.full > .reading { display: block; }
    """

    def __init__(self, context: Context, keep: Callable[[Look], None] = lambda look: None) -> None:
        """`keep` gets each way to look at them that is worth remembering."""
        super().__init__()
        self._given = context
        self._keep = keep
        self._views = {slot: ChartView(id=f"chart-{slot}") for slot in SLOTS}
        self._reading = Static("", classes="reading", markup=False)
        self._requests: dict[str, ChartRequest] = {}
        self._endings: list[Callable[[], None]] = []
        self._readings: dict[str, Reading[Chart]] = {}
        self._parts: dict[str, tuple[Mark, ...]] = {}
        self._marks: tuple[Mark, ...] = ()
        self._doubt = ""
        self._resized: Timer | None = None
        self.look = Look()
        self.cursor: float | None = None
        """The time that is read off; None is the newest."""
        self.service = ""
        self.endpoint = ""
        self.instance = ""

    @property
    def subject(self) -> str:
        return clean(" ".join(part for part in self._of if part))

    @property
    def asked(self) -> Reading[Chart]:
        """What the large chart shows, with the queries behind it."""
        return self._readings.get("large", Reading())

    @property
    def chart(self) -> Chart | None:
        return self.asked.value

    @property
    def titles(self) -> dict[str, str]:
        """The kinds of charts there are to choose from."""
        return dict(getattr(self._charts, "titles", {}) or KINDS)

    @property
    def is_full(self) -> bool:
        return self.has_class("full")

    @property
    def at(self) -> float | None:
        """Where the cursor stands: at the newest value until it is moved."""
        if self.cursor is not None or self.chart is None:
            return self.cursor
        return chart_reading.newest(self.chart)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._views["large"]
            with Vertical(classes="small"):
                yield self._views["upper"]
                yield self._views["lower"]
        yield self._reading

    # ---- what it looks at -------------------------------------------------------------------------------------------

    def look_at(self, service: str, endpoint: str, instance: str = "") -> None:
        """Follow this service, endpoint or pod; "" is all."""
        if (service, endpoint, instance) != self._of or not self._requests:
            self.service, self.endpoint, self.instance = service, endpoint, instance
            self._ask()

    def see(self, look: Look) -> None:
        """Look at them another way."""
        if look != self.look:
            before, self.look = self.look, look
            if look.words() != before.words():
                self._keep(look)
            if self.cursor is not None and not self._on_axis(self.cursor):
                self.cursor = None
            self._ask()

    def next_range(self) -> None:
        self.see(self.look.next_range(self.cursor, self._now, self._columns("large")))

    def zoom(self, step: int) -> None:
        self.see(self.look.zoomed(step, self.cursor, self._now, self._columns("large")))

    def move_in_time(self, quarters: int) -> None:
        self.see(self.look.moved(quarters, self._now, self._columns("large")))

    def to_now(self) -> None:
        self.cursor = None
        self.see(self.look.at_now())
        self._draw_all()

    def next_chart(self, step: int) -> None:
        kinds = list(self.titles)
        place = kinds.index(self.look.kind) if self.look.kind in kinds else -step
        self.see(replace(self.look, kind=kinds[(place + step) % len(kinds)]))

    # ---- full screen, and the cursor --------------------------------------------------------------------------------

    def fill(self, full: bool) -> None:
        """The large chart alone, with what it says at the cursor below it; else as before, without a cursor."""
        self.set_class(full, "full")
        self.cursor = None
        self._draw_all()

    def point(self, at: float) -> None:
        """Read off that time."""
        if self.chart is not None and self.chart.step:
            self.cursor = chart_reading.moved_by(self.chart, at, 0)
            self._draw("large")

    def move_cursor(self, points: int) -> None:
        at = self.at
        if at is not None and self.chart is not None and self.chart.step:
            self.cursor = chart_reading.moved_by(self.chart, at, points)
            self._draw("large")

    def cursor_to(self, end: bool) -> None:
        """To the first point, or to the newest, with which it goes on."""
        if end:
            self.cursor = None
            self._draw("large")
        elif self.chart is not None and self.chart.series:
            self.point(self.chart.series[0].times[0])

    # ---- what is drawn ----------------------------------------------------------------------------------------------

    def rest(self, resting: bool) -> None:
        if self._charts is not None:
            self._charts.rest(resting)

    def doubt(self, note: str) -> None:
        """`STALE 1m` while their source does not answer: charts, asked more seldom, would look live. "" ends it."""
        if note != self._doubt:
            self._doubt = note
            self._draw_all()

    def mark(self, what: str, marks: Sequence[Mark]) -> None:
        """Changes, incidents or alerts stand as letters under the time axis of the large chart."""
        if self._parts.get(what, ()) != tuple(marks):
            self._parts[what] = tuple(marks)
            self._marks = chart_marks.ordered(mark for part in self._parts.values() for mark in part)
            if "large" in self._readings:
                self._draw("large")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.size.width < WIDE, "narrow")
        if self._resized is not None:
            self._resized.stop()
        self._resized = self.set_timer(RESIZED_S if self._requests else AT_ONCE_S, self._fit)

    def _fit(self) -> None:
        """Another width takes another number of points."""
        if self._requests and self._wanted() != self._requests:
            self._ask()

    def on_unmount(self) -> None:
        self._let_go()

    @property
    def _of(self) -> tuple[str, str, str]:
        return self.service, self.endpoint, self.instance

    @property
    def _now(self) -> float:
        return clock.now().timestamp()

    @property
    def _charts(self) -> Any:
        return getattr(self._given.services, "charts", None)

    def _on_axis(self, at: float) -> bool:
        on = self.look.axis(self._now, self._columns("large"))
        return on.start <= at <= on.end

    def _columns(self, slot: str) -> int:
        """As many points as the plot has columns, about."""
        width = self.size.width or self.app.size.width
        if width >= WIDE and not self.is_full:
            width = width * 2 // 3 if slot == "large" else width // 3
        return max(2 * COLUMNS_BY, (width - AXIS) // COLUMNS_BY * COLUMNS_BY)

    def _wanted(self) -> dict[str, ChartRequest]:
        """What there is to ask for: nothing of what is not seen."""
        seen = SLOTS if self.size.width >= WIDE or self.is_full else SLOTS[:1]
        kinds = zip(SLOTS, self.look.kinds, strict=False)
        return {slot: self.look.request(kind, self._columns(slot), self._of) for slot, kind in kinds if slot in seen}

    def _ask(self) -> None:
        charts = self._charts
        if charts is None:
            return
        before, endings = self._requests, self._endings
        self._requests, self._endings, self._readings = self._wanted(), [], {}
        for slot, request in self._requests.items():
            topic = charts.want(request)
            self._endings.append(self._given.board.subscribe(topic, self._hear(slot)))
            self._readings[slot] = self._given.board.get(topic)
            self._draw(slot)
        for end in endings:
            end()
        for request in before.values():
            charts.drop(request)

    def _hear(self, slot: str) -> Callable[[Reading[Chart], Delta[Any] | None], None]:
        def hear(reading: Reading[Chart], delta: Delta[Any] | None) -> None:
            self._readings[slot] = reading
            self._draw(slot)

        return hear

    def _draw_all(self) -> None:
        for slot in self._readings:
            self._draw(slot)

    def _draw(self, slot: str) -> None:
        reading = self._readings.get(slot, Reading())
        told = reading.value is not None or reading.problem is not None
        if not self.is_mounted or not (told or self._views[slot].blank):
            return
        large = slot == "large"
        marks = self._marks if large else None
        cursor = self.at if large and self.is_full else None
        self._views[slot].show(chart_reading.chart_spec(reading, self.look, marks, self._doubt, cursor))
        if self.is_full:
            self._read_off()

    def _read_off(self) -> None:
        """The lines under the full chart: values at the cursor, what happened there, and the keys."""
        chart, at = self.chart, self.at
        if chart is None or at is None:
            return
        beside = [
            chart_reading.short_reading_at(reading.value, at)
            for slot, reading in self._readings.items()
            if slot != "large" and reading.value is not None and reading.value.series
        ]
        values = " · ".join([chart_reading.reading_at(chart, at), *beside])
        on = [mark for mark in self._marks if self._on_axis(mark.at)]
        happened = chart_reading.marks_at(self._marks, chart, at) or chart_marks.legend(on) or "nothing is marked"
        keys = next((line for line in KEYS if len(line) + 2 <= self.size.width), KEYS[-1])
        self._reading.update(f"{values}\n{happened}\n{keys}", layout=False)

    def _let_go(self) -> None:
        for end in self._endings:
            end()
        if self._charts is not None:
            for request in self._requests.values():
                self._charts.drop(request)
        self._endings, self._requests = [], {}
