"""A chart as lines of styled text, drawn by plotext: pure, called in the charts' own thread."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

from rich.text import Text

from .chart_overlay import Sign, column_of, marks_line, with_cursor

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
    marks: tuple[Sign, ...] = ()
    """(time, few letters) under the axis: deploys, scalings, incidents, alerts; of two in one cell the first."""
    marked: bool = False
    """Whether there is a line for marks also while there are none: the picture need not jump at the first."""
    days: bool = False
    """Days on the axis, not minutes."""
    from_zero: bool = True
    until: float | None = None
    """The newest time that was asked for; where the course ends before, its last value is not that of now."""
    step: float = 0.0
    """Seconds between two points."""
    cursor: float | None = None
    """The time that is read off."""
    past_name: str = "last week"
    note: str = ""
    """What must be said beside the title, such as that it does not end now."""
    braille: bool = False
    kind: str = "line"
    """How its first series is drawn: line, area (filled down to zero) or bars (one from zero to each point)."""
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


def draw(spec: ChartSpec, width: int, height: int, palette: Palette) -> list[Text]:
    """`height` lines of `width` cells: the title, the plot, the time axis (and the marks where there are any)."""
    title = _title(spec, width, palette.ascii)
    rows = height - 1
    if rows < 3 or width < 20:
        return [title, *[Text("") for _ in range(max(0, rows))]]
    if not _known(spec):
        middle = Text((spec.stale or "no data in this range").center(width)[:width], style="dim")
        return [title, *[middle if row == rows // 2 else Text("") for row in range(rows)]]
    below = spec.marked or bool(spec.marks)
    plot_rows = rows - (1 if below else 0)
    axis = _axis_width(spec)
    lines = [line.copy() for line in _plot(_bare(spec), width, plot_rows, palette)]
    if spec.cursor is not None and (x := column_of(spec.cursor, spec.start, spec.end, width - axis)) is not None:
        lines = [with_cursor(line, axis + x, palette.ascii) for line in lines[:-1]] + lines[-1:]
    if below:
        lines.append(marks_line(spec.marks, spec.start, spec.end, width, axis))
    return [title, *lines]


def time_at(spec: ChartSpec, x: int, width: int) -> float | None:
    """The time of a cell of the picture; None beside the plot."""
    if not _known(spec):
        return None
    axis = _axis_width(spec)
    room = width - axis
    return spec.start + (spec.end - spec.start) * (x - axis) / (room - 1) if axis <= x < width and room > 1 else None


def _bare(spec: ChartSpec) -> ChartSpec:
    """Without what is laid over the plot: a cursor that moves has it not plotted again."""
    return replace(spec, marks=(), marked=False, cursor=None, title="", note="", stale="", until=None)


@lru_cache(maxsize=12)
def _plot(spec: ChartSpec, width: int, rows: int, palette: Palette) -> tuple[Text, ...]:
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
    for line in sorted(
        spec.lines, key=lambda line: ("primary", "secondary").count(line.role) + (line.role == "primary")
    ):
        colour = {"primary": palette.primary, "secondary": palette.secondary}.get(line.role, palette.past)
        kind = spec.kind if line.role == "primary" else "line"
        draw_one = plotext.scatter if kind == "bars" else plotext.plot
        for times, values in _pieces(line):
            marker = _marker(line.role, palette.ascii, spec.braille)
            draw_one(times, values, marker=marker, color=colour, fillx=kind != "line")
    built = plotext.build().splitlines()
    lines = [Text.from_ansi(text) for text in built[: rows - 1]]
    lines += [Text("")] * (rows - 1 - len(lines))
    lines.append(Text(time_axis(spec, width - axis)))
    labels = _labels(spec, rows, bottom, top)
    edge = "|" if palette.ascii else "│"
    return tuple(_with_axis(line, label, axis, edge) for line, label in zip(lines, labels, strict=True))


def _marker(role: str, ascii_only: bool, braille: bool) -> str:
    """Lines differ by what they are drawn with, too: colours may be lost."""
    if role == "primary":
        return "*" if ascii_only else "braille" if braille else "hd"
    if role == "secondary":
        return "o" if ascii_only else "•"
    return "." if ascii_only else "·"


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
    if not spec.from_zero:
        step = nice((top - bottom) / 4)
        return math.floor(bottom / step) * step, math.ceil(top / step) * step
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


def _with_axis(line: Text, label: str, width: int, edge: str) -> Text:
    return Text.assemble((label[: width - 1].rjust(width - 1) + edge, "dim"), line, end="")


def _title(spec: ChartSpec, width: int, ascii_only: bool) -> Text:
    """Its name, and what must be known to read it; the value is the last to go, and that it is old, or not now."""
    left = f" {spec.title}"
    notes: list[str] = []
    if spec.limit is not None:
        sign = "--" if ascii_only else "╌╌"
        notes.append(
            f"limit {spec.limit_label or spec.format(spec.limit)} {sign if _limit_seen(spec) else 'is far above'}"
        )
    if any(line.role == "past" for line in spec.lines):
        notes.append(f"{spec.past_name} {'...' if ascii_only else '···'}")
    musts = []
    if not spec.from_zero and (known := _known(spec)):
        musts.append(f"axis from {spec.format(_bounds(spec)[0])}" if known else "")
    musts += [
        part for part in (spec.note, spec.stale.partition(":")[0]) if part
    ]  # the reason of stale stands elsewhere
    parts = [*notes, *musts, _legend(spec, ascii_only)]
    while len(parts) > 1 + len(musts) and len(left) + len("  ".join(parts)) + 2 > width:
        parts.pop(0)
    right = "  ".join(parts)
    gap = max(1, width - len(left) - len(right) - 1)
    return Text.assemble((left[: max(8, width - len(right) - 2)], "bold"), " " * gap, (right, ""), end="")


def _legend(spec: ChartSpec, ascii_only: bool) -> str:
    """The newest value; of two lines each with its name."""
    lines = [line for line in spec.lines if line.role in ("primary", "secondary")]
    if len(lines) < 2:
        return _newest(spec, lines[0]) if lines else "unknown"
    signs = {"primary": "*" if ascii_only else "▬", "secondary": "o" if ascii_only else "•"}
    return "  ".join(f"{signs[line.role]} {line.label} {_newest(spec, line)}".replace("  ", " ") for line in lines)


def _newest(spec: ChartSpec, line: Line) -> str:
    """The last value, unless it is older than two points of the range that was asked for."""
    found = next(
        ((at, v) for at, v in zip(reversed(line.times), reversed(line.values), strict=True) if v is not None), None
    )
    if found is None:
        return "unknown"
    at, value = found
    if spec.until is not None and spec.step and spec.until - at > 2 * spec.step:
        return f"none since {_time(at, spec.days)}"
    return spec.format(value)


def _known(spec: ChartSpec) -> bool:
    return any(value is not None for line in spec.lines for value in line.values)


def _limit_seen(spec: ChartSpec) -> bool:
    if spec.limit is None or not _known(spec):
        return True
    bottom, top = _bounds(spec)
    return bottom <= spec.limit <= top


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
