"""A chart as lines of styled text, drawn by plotext: pure, called in the charts' own thread."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.text import Text

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One series: None is a gap, drawn as one."""

    times: tuple[float, ...]
    values: tuple[float | None, ...]
    role: str = "primary"
    """primary, secondary, past, plan or projection: how it is drawn."""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """Everything that a chart shows. Equal specs make equal pictures."""

    title: str
    lines: tuple[Line, ...]
    start: float
    end: float
    limit: float | None = None
    limit_label: str = ""
    marks: tuple[tuple[float, str], ...] = ()
    """(time, few letters) under the axis: deploys, scalings."""
    days: bool = False
    """Days on the axis, not minutes."""
    from_zero: bool = True
    stale: str = ""
    """"STALE 4m", or the problem's sentence where nothing was ever read."""
    format: Callable[[float], str] = field(default=lambda value: f"{value:g}", compare=False)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a theme by role; None means the terminal's own."""

    primary: Colour
    secondary: Colour
    past: Colour
    limit: Colour
    ascii: bool = False


def anchored(now: float, range_s: float) -> tuple[float, float]:
    """(start, end) of a time axis that points fill from the left and that jumps by a quarter when it is full.

    So a new point changes one column of the picture and not all of them.
    """
    step = range_s / 4
    end = math.ceil(now / step) * step
    return end - range_s, end


def draw(spec: ChartSpec, width: int, height: int, palette: Palette) -> list[Text]:
    """`height` lines of `width` cells: the title, the plot, the time axis (and the marks where there are any)."""
    title = _title(spec, width)
    rows = height - 1
    if rows < 3 or width < 20:
        return [title, *[Text("") for _ in range(max(0, rows))]]
    if not any(value is not None for line in spec.lines for value in line.values):
        middle = Text((spec.stale or "no data in this range").center(width)[:width], style="dim")
        return [title, *[middle if row == rows // 2 else Text("") for row in range(rows)]]
    plot_rows = rows - (1 if spec.marks else 0)
    lines = _plot(spec, width, plot_rows, palette)
    if spec.marks:
        lines.append(_marks(spec, width, _axis_width(spec)))
    return [title, *lines]


def _plot(spec: ChartSpec, width: int, rows: int, palette: Palette) -> list[Text]:
    import plotext

    bottom, top = _bounds(spec)
    axis = _axis_width(spec)
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plotsize(width - axis, rows - 1)
    plotext.theme("clear")
    plotext.frame(False)
    plotext.grid(False, False)
    plotext.xlim(spec.start, spec.end)
    plotext.ylim(bottom, top)
    plotext.yticks([])
    plotext.xticks([])  # its own labels overlap by an order that changes from process to process
    if spec.limit is not None and bottom <= spec.limit <= top:
        columns = max(2, (width - axis) // 2)
        xs = [spec.start + (spec.end - spec.start) * (index + 0.25) / columns for index in range(columns)]
        plotext.scatter(xs, [spec.limit] * columns, marker="-" if palette.ascii else "╌", color=palette.limit)
    for line in sorted(spec.lines, key=lambda line: line.role == "primary"):
        colour = {"primary": palette.primary, "secondary": palette.secondary}.get(line.role, palette.past)
        marker = "*" if palette.ascii else "hd" if line.role in ("primary", "secondary") else "·"
        for times, values in _pieces(line):
            plotext.plot(times, values, marker=marker, color=colour)
    built = plotext.build().splitlines()
    lines = [Text.from_ansi(text) for text in built[: rows - 1]]
    lines += [Text("")] * (rows - 1 - len(lines))
    lines.append(Text(time_axis(spec, width - axis)))
    return [_with_axis(line, label, axis) for line, label in zip(lines, _labels(spec, rows, bottom, top), strict=True)]


def time_axis(spec: ChartSpec, width: int) -> str:
    """The times of start and end and, where they fit with a gap between them, of the quarters or of the middle."""
    for parts in (4, 2, 1):
        ticks = [spec.start + (spec.end - spec.start) * part / parts for part in range(parts + 1)]
        labels = [_time(tick, spec.days) for tick in ticks]
        if sum(len(label) + 1 for label in labels) <= width:
            break
    cells = [" "] * width
    for part, label in enumerate(labels):
        centre = round(part / parts * (width - 1))
        x = min(max(0, centre - len(label) // 2), max(0, width - len(label)))
        cells[x : x + len(label)] = label
    return "".join(cells[:width])


def _pieces(line: Line) -> list[tuple[list[float], list[float]]]:
    """Runs of present values: a line is never drawn across a gap."""
    pieces: list[tuple[list[float], list[float]]] = []
    open_piece = False
    for time, value in zip(line.times, line.values, strict=True):
        if value is None:
            open_piece = False
            continue
        if not open_piece:
            pieces.append(([], []))
            open_piece = True
        pieces[-1][0].append(time)
        pieces[-1][1].append(value)
    return pieces


def _bounds(spec: ChartSpec) -> tuple[float, float]:
    values = [value for line in spec.lines for value in line.values if value is not None]
    top, bottom = max(values), min(values)
    if spec.limit is not None and spec.limit < top * 4:
        top = max(top, spec.limit * 1.05)
    if spec.from_zero:
        bottom = min(0.0, bottom)
    if top - bottom <= 0:
        top = bottom + (abs(bottom) or 1.0)
    return bottom, nice(top) if bottom >= 0 else top


def nice(value: float) -> float:
    """The next round number at or above a positive value, so that the axis does not change with each point."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if power * step >= value * 0.9999)


def _labels(spec: ChartSpec, rows: int, bottom: float, top: float) -> list[str]:
    """A few round values, each beside the row that it stands for; the last row is the time axis."""
    plot_rows = rows - 1
    labels = [""] * rows
    for value in round_values(bottom, top, max(2, min(6, plot_rows // 3 + 1))):
        row = round((top - value) / (top - bottom) * (plot_rows - 1))
        labels[row] = spec.format(value)
    return labels


def round_values(bottom: float, top: float, most: int) -> list[float]:
    """At most `most` round numbers from bottom to top, zero among them where it lies between."""
    least = (top - bottom) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= least * 0.9999)
    first = math.ceil(bottom / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(top / step + 1e-9) + 1)]


def _axis_width(spec: ChartSpec) -> int:
    bottom, top = _bounds(spec)
    return max(len(spec.format(value)) for value in round_values(bottom, top, 6)) + 2


def _with_axis(line: Text, label: str, width: int) -> Text:
    return Text.assemble((label[: width - 1].rjust(width - 1) + "│", "dim"), line, end="")


def _marks(spec: ChartSpec, width: int, axis: int) -> Text:
    cells = [" "] * width
    room = width - axis
    free = axis
    for time, letters in sorted(spec.marks):
        x = max(free, axis + round((time - spec.start) / (spec.end - spec.start) * (room - 1)))
        if axis <= x < width and spec.start <= time <= spec.end:
            letters = letters[: width - x]
            cells[x : x + len(letters)] = letters
            free = x + len(letters) + 1
    return Text("".join(cells), style="bold")


def _title(spec: ChartSpec, width: int) -> Text:
    left = f" {spec.title}"
    notes: list[str] = []
    if spec.limit is not None:
        notes.append(f"limit {spec.limit_label or spec.format(spec.limit)} ╌╌")
    if any(line.role == "past" for line in spec.lines):
        notes.append("last week ···")
    if spec.stale:
        # the reason stands elsewhere, as a sentence
        notes.append(spec.stale.partition(":")[0])
    now = next((value for value in reversed(_primary(spec)) if value is not None), None)
    parts = [*notes, "unknown" if now is None else spec.format(now)]
    while len(parts) > (2 if spec.stale else 1) and len(left) + len("  ".join(parts)) + 2 > width:
        parts.pop(0)
    right = "  ".join(parts)
    gap = max(1, width - len(left) - len(right) - 1)
    return Text.assemble((left[: width - 1], "bold"), " " * gap, (right, ""), end="")


def _primary(spec: ChartSpec) -> Sequence[float | None]:
    return next((line.values for line in spec.lines if line.role == "primary"), ())


def _time(moment: float, days: bool) -> str:
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at.day} {at:%b}" if days else f"{at:%H:%M}"


FLAT = 0.15
_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int, *, ascii_only: bool = False) -> str:
    """The course of a value in `width` cells; a gap is a blank.

    Values that vary by less than a seventh draw a flat line at half height: noise should not look like news.
    """
    if not values or width <= 0:
        return " " * width
    values = _thin(values, width)
    known = [value for value in values if value is not None]
    if not known:
        return " " * width
    low, high = min(known), max(known)
    blocks = "._-=+*#@" if ascii_only else _BLOCKS
    reach = high - low
    if reach <= max(abs(low), abs(high)) * FLAT:
        low, reach = low - 1.0, 2.2
        values = [None if value is None else low + 1.0 for value in values]
    text = "".join(" " if v is None else blocks[min(7, int((v - low) / reach * 7.999))] for v in values)
    return text.rjust(width)


def _thin(values: Sequence[float | None], width: int) -> list[float | None]:
    """At most `width` values: each the largest of its slice, so that a peak is never lost."""
    if len(values) <= width:
        return list(values)
    slices = [values[len(values) * i // width : len(values) * (i + 1) // width] for i in range(width)]
    return [max((value for value in part if value is not None), default=None) for part in slices]
