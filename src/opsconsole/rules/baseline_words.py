"""Baselines in words: a table of measures, the sentences under it, and the page of one row."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ..model.baseline import BaselineNote, Baselines, Comparison, RowBaseline, Shift, Window
from ..text import units
from ..text.clean import clean
from . import deploy_comparison, regression
from .baseline import TITLES, normal_in, quantile_words, row_of, said

HEAD = ("MEASURE", "NORMAL", "NOW", "MEDIAN", "MAD", "N", "HOURS", "Z NOW")
RULE = (
    "a shift: z = 0.6745 × (value − median) / MAD above 3, 20 % or more, 10 ms or more (errors: half a percent of "
    "requests), in 3 of 5 windows of 5 min, with at least half of the least traffic of the baseline"
)


def cells(row: RowBaseline) -> list[tuple[str, ...]]:
    """One line for each measure of a row, as `HEAD` names the columns."""
    newest = row.windows[-1] if row.windows else Window(0.0)
    made: list[tuple[str, ...]] = []
    for measure, title in TITLES.items():
        base = next((one for one in row.figures if one.measure == measure), None)
        if base is None:
            continue
        words = normal_in(row, measure).words.removeprefix("normal ")
        value = getattr(newest, measure)
        middle = quantile_words(base.median, base.bounds) if base.unit == "s" else said(base.median, base.unit)
        z = regression.z_of(value, base) if value is not None else None
        told = (said(value, base.unit), middle, said(base.mad, base.unit), str(base.n), str(base.hours))
        made.append((title, words, *told, units.UNKNOWN if z is None else f"{z:,.1f}"))
    return made


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def sentences(row: RowBaseline) -> list[str]:
    """Whether it is frozen, and who accepted it."""
    found = [clean(row.frozen, 600)] if row.frozen else []
    return [*found, accepted_words(row.noted)] if row.noted is not None else found


def accepted_words(note: BaselineNote) -> str:
    """`accepted 2026-03-26 03:10Z by maren@bastion, as it is since 2026-03-26 02:41Z: dearer by design`."""
    since = f", as it is since {_when(note.since)}" if note.since is not None else ""
    return f"accepted {_when(note.at)} by {clean(note.who)}{since}: {clean(note.note, 400)}"


def shift_words(shift: Shift) -> str:
    """`api (most /checkout) P99 1.9 s x6.3, shifted since …: accept or mend (z 41, n=44, 3 of 5 windows of 5 min)`."""
    unit = "ratio" if shift.measure == "errors" else "s"
    most = f" (most {clean(shift.most)})" if shift.most else ""
    since = f"{'earlier than ' if shift.at_least else ''}{_when(shift.since)}"
    return (
        f"{clean(shift.key.strip())}{most} {TITLES[shift.measure]} {said(shift.value, unit)} "
        f"{units.factor(shift.value, shift.median)}, shifted since {since}: accept or mend "
        f"(z {units.number(shift.z)}, n={shift.n}, {shift.held})"
    )


def comparison_words(one: Comparison) -> str:
    """`02:39 release api 1.8.1→1.8.2: P99 x6.3 after, n=15+4 (Mann–Whitney U=60 p=0.0005, CLES 1.00)`."""
    return f"{one.at:%H:%M} {clean(one.change)}: {deploy_comparison.words(one)}"


def left_out_words(known: Baselines) -> list[str]:
    return [
        f"{start:%d %b %H:%M} – {f'{end:%d %b %H:%M}' if end is not None else 'now'}: {clean(why)}"
        for start, end, why in known.left_out
    ]


def normal_facts(known: Baselines | None, service: str, endpoint: str) -> list[tuple[str, str]]:
    """What is normal for a row's headline numbers: (`normal P99`, `187–281 ms, n=55 of 14 hours, weekdays 14h`)."""
    row = row_of(known, service, endpoint)
    found = []
    for measure in ("requests", "p95", "p99", "errors"):
        base = next((one for one in row.figures if one.measure == measure), None) if row is not None else None
        if base is not None:
            words = normal_in(row, measure).words.removeprefix("normal ")
            of = (
                f", n={base.n} of {units.plural(base.hours, 'hour')}, {base.classed}" if base.median is not None else ""
            )
            title = "normal rate" if measure == "requests" else f"normal {TITLES[measure]}"
            found.append((title, words + of))
    return found


def page(known: Baselines | None, comparisons: Sequence[Comparison], service: str, endpoint: str) -> str:
    """Everything about one row: what is normal and by which rule, the newest windows, what was accepted by whom."""
    row = row_of(known, service, endpoint)
    name = clean(" ".join(part for part in (service, endpoint) if part))
    if known is None or row is None or not row.figures:
        learning = known.learning if known is not None else ""
        return f"{name}: no baseline yet" + (f", {learning}" if learning else "")
    classed = ", ".join(dict.fromkeys(one.classed for one in row.figures))
    dates = [moment for one in row.figures for moment in (one.since, one.until) if moment is not None]
    reach = f", from {min(dates):%d %b} to {max(dates):%d %b}" if dates else ""
    shift = next((one for one in known.shifts if (one.service, one.endpoint) == (service, endpoint)), None)
    own = shift or regression.shift(row)
    parts = [
        f"{name}: {classed} UTC{reach}, at {known.at:%H:%M}",
        *_tables(row),
        shift_words(own) if own is not None else "nothing shifted: the newest windows are within the baseline's limits",
        _windows(row, own.measure if own is not None else "p99"),
        f"rule  {RULE}",
    ]
    releases = [f"release  {comparison_words(one)}" for one in comparisons if one.service == service]
    out = [f"left out  {text}" for text in left_out_words(known)]
    notes = [*sentences(row), *(f"warning  {clean(text, 300)}" for text in known.said), known.learning]
    lines = [*releases, *out, *filter(None, notes)] or ["nothing was accepted, frozen or left out"]
    return "\n\n".join([*filter(None, parts), "\n".join(lines)])


def _tables(row: RowBaseline) -> list[str]:
    """Two that fit a terminal of 80 columns: what is normal and what is now; what that was taken from."""
    told = [HEAD, *cells(row)]
    first = [(line[0], line[1], line[2], line[7], line[5], line[6]) for line in told]
    second = [(line[0], line[3], line[4]) for line in told]
    return ["\n".join(aligned(lines)) for lines in (first, second)]


def _windows(row: RowBaseline, measure: str) -> str:
    """The newest windows against the baseline: what breaches, and what keeps the others from it."""
    base = next((one for one in row.figures if one.measure == measure), None)
    if base is None:
        return ""
    found = regression.course(row, base, row.windows)
    told = [
        (_clock(one.at), said(one.value, base.unit), "breach" if one.breach else "ok", one.why)
        for one in reversed(found)
    ]
    head = ("ENDS", TITLES[measure], "", "BECAUSE")
    return "\n".join(aligned([head, *told])) if told else ""


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")


def _when(moment: datetime | None) -> str:
    return units.UNKNOWN if moment is None else f"{moment:%Y-%m-%d %H:%M}Z"
