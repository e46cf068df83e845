"""What a chart says where the cursor stands, in words; and a chart's reading as what is drawn of it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ..model.chart import Chart
from ..model.metrics import Series
from ..model.reading import Reading
from ..text import clock, units
from ..text.clean import clean
from ..widgets.chart_drawing import ChartSpec, Line
from .chart_look import Look
from .chart_marks import Mark, near
from .table_tab import trust
from .tile_line import quantity

LABEL = 24


def chart_spec(
    reading: Reading[Chart], look: Look, marks: Sequence[Mark] | None, doubt: str = "", cursor: float | None = None
) -> ChartSpec:
    """What to draw of a chart's reading: the course solid, an earlier one dotted, the limit across. None: no marks."""
    chart = reading.value
    if chart is None:
        return ChartSpec("chart", (), 0.0, 1.0, stale=trust(reading))
    roles = ("primary", "secondary")
    lines = [
        Line(series.times, series.values, role, label_of(series))
        for series, role in zip(chart.series, roles, strict=False)
    ]
    if chart.past is not None:
        lines.insert(0, Line(chart.past.times, chart.past.values, "past"))
    times = chart.series[0].times if chart.series else (0.0, 1.0)
    start, end = times[0], times[-1] if times[-1] > times[0] else times[0] + 1.0
    unit = chart.unit
    return ChartSpec(
        title=clean(chart.title),
        lines=tuple(lines),
        start=start,
        end=end,
        limit=chart.limit,
        marks=tuple(mark.sign for mark in marks or () if start <= mark.at <= end),
        marked=marks is not None,
        stale=trust(reading) or doubt,
        days=end - start > 3 * 86400,
        from_zero=look.from_zero,
        until=chart.until or None,
        step=chart.step,
        cursor=cursor,
        past_name=chart.past_name or "last week",
        note=" · ".join(notes(chart, look, whole=marks is not None)),
        braille=look.braille,
        kind=chart.kind,
        format=lambda value: quantity(value, unit),
    )


def notes(chart: Chart, look: Look, *, whole: bool) -> list[str]:
    """That it does not end now, and that it does not show all; `whole` says the way back, too."""
    found = [not_now(look) if whole else f"ends {moment(look.end)}"] if look.end else []
    if chart.left_out:
        found.append(f"{len(chart.series)} of {len(chart.series) + chart.left_out} series")
    if chart.warnings:
        found.append("warned (w)")
    return found


def not_now(look: Look) -> str:
    """`ends 01:40, . later, r now`; "" while it goes on with the time."""
    return f"ends {moment(look.end)}, . later, r now" if look.end else ""


def reading_at(chart: Chart, at: float) -> str:
    """Every series at that time, the earlier course, and the limit."""
    place = _place(chart, at)
    if place is None:
        return f"{moment(at)}  nothing is known then"
    said = [f"{_named(chart, series)} {_value(chart, series.values[place], chart.series[0].times[place])}"
            for series in chart.series]  # fmt: skip
    if chart.past is not None:
        said.append(f"{chart.past_name} {quantity(chart.past.values[place], chart.unit)}")
    if chart.limit is not None:
        said.append(f"limit {quantity(chart.limit, chart.unit)}")
    time = chart.series[0].times[place]
    if time > chart.until and chart.latest:
        time = chart.latest  # the value of now stands in the place of the next point
    return f"{moment(time, seconds=chart.step < 60)}  " + " · ".join(said)


def short_reading_at(chart: Chart, at: float) -> str:
    """`requests/s 412`: of a chart beside the one that is read."""
    place = _place(chart, at)
    name = clean(chart.title).partition(" ")[0]
    return f"{name} {_value(chart, chart.series[0].values[place], at)}" if place is not None else f"{name} unknown"


def marks_at(marks: Sequence[Mark], chart: Chart, at: float) -> str:
    """What the letters at the cursor mean."""
    found = near(marks, at, max(chart.step, 1.0))
    said = [f"{mark.letters[0]} {mark.words}" for mark in found[:2]]
    return " · ".join([*said, *([f"+{len(found) - 2} more"] if len(found) > 2 else [])])


def newest(chart: Chart) -> float | None:
    """The time of the last value."""
    series = chart.series[0] if chart.series else None
    if series is None:
        return None
    return next(
        (at for at, v in zip(reversed(series.times), reversed(series.values), strict=True) if v is not None), None
    )


def moved_by(chart: Chart, at: float, points: int) -> float:
    """The time so many points on, within what was asked for."""
    times = chart.series[0].times
    ahead = chart.step if chart.latest else 0.0
    last = min(times[-1], chart.until + ahead if chart.until else times[-1])
    return min(max(times[0], times[0] + (round((at - times[0]) / chart.step) + points) * chart.step), last)


def moment(at: float, *, seconds: bool = False) -> str:
    time = datetime.fromtimestamp(at, UTC)
    return time.strftime("%H:%M:%S") if seconds else units.when(time, clock.now())


def label_of(series: Series) -> str:
    """Its labels' values, in short; the name of what is summed over says nothing."""
    return clean(" ".join(value for name, value in series.labels if name != "__name__"))[:LABEL]


def _named(chart: Chart, series: Series) -> str:
    return clean(chart.title) if len(chart.series) == 1 else label_of(series) or clean(chart.title)


def _value(chart: Chart, value: float | None, at: float) -> str:
    if value is None and chart.until and at > chart.until:
        return "not yet"
    return quantity(value, chart.unit) if value is not None else "no value"


def _place(chart: Chart, at: float) -> int | None:
    times = chart.series[0].times if chart.series else ()
    if not times or not chart.step:
        return None
    place = round((at - times[0]) / chart.step)
    return place if 0 <= place < len(times) else None
