"""Baselines as lines of a table and as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..model.baseline import Baseline, BaselineNote, Baselines, RowBaseline, Shift, Window
from ..rules import regression
from ..rules.baseline import TITLES, normal_in, quantile_words, said
from ..text import units
from ..text.clean import clean

HEAD = ("SERVICE / endpoint", "MEASURE", "NORMAL", "NOW", "MEDIAN", "MAD", "N", "HOURS")


def table(found: Baselines, rows: Sequence[RowBaseline]) -> list[str]:
    """One line for each measure of each row, and in sentences what is left out, frozen, accepted or shifted."""
    lines = [f"{found.classed} UTC, at {found.at:%Y-%m-%d %H:%M}Z"]
    lines += [f"left out: {_span(start, end)} {clean(why)}" for start, end, why in found.left_out]
    lines += [f"warning: {clean(text)}" for text in found.said]
    cells = [HEAD, *(line for row in rows for line in _cells(row))]
    widths = [max((len(line[place]) for line in cells), default=0) for place in range(len(HEAD))]
    for line in cells:
        name, *others = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        lines.append("  ".join((name, *others)).rstrip())
    lines += [words for row in rows for words in _sentences(row)]
    lines += [shift_words(shift) for shift in found.shifts if any(row.service == shift.service for row in rows)]
    return lines


def shift_words(shift: Shift) -> str:
    """`api P99 1.9 s x6.3, shifted since …: accept or mend (z 41, n=44, 3 of 5 windows of 5 min)`."""
    unit = "ratio" if shift.measure == "errors" else "s"
    most = f" (most {clean(shift.most)})" if shift.most else ""
    return (
        f"{clean(shift.key.strip())}{most} {TITLES[shift.measure]} {said(shift.value, unit)} "
        f"{units.factor(shift.value, shift.median)}, shifted since {'earlier than ' if shift.at_least else ''}"
        f"{shift.since:%Y-%m-%d %H:%M}Z: accept or mend "
        f"(z {units.number(shift.z)}, n={shift.n}, {shift.held})"
    )


def _cells(row: RowBaseline) -> list[tuple[str, ...]]:
    name = clean(f"  {row.endpoint}" if row.endpoint else row.service)
    newest = row.windows[-1] if row.windows else Window(0.0)
    made: list[tuple[str, ...]] = []
    for measure in TITLES:
        base = next((one for one in row.figures if one.measure == measure), None)
        if base is None:
            continue
        words = normal_in(row, measure).words.removeprefix("normal ")
        middle = quantile_words(base.median, base.bounds) if base.unit == "s" else said(base.median, base.unit)
        now = said(getattr(newest, measure), base.unit)
        cells = (TITLES[measure], words, now, middle, said(base.mad, base.unit), str(base.n), str(base.hours))
        made.append((name, *cells))
        name = ""
    return made


def _sentences(row: RowBaseline) -> list[str]:
    name = clean(row.key.strip())
    found = [f"{name}: {clean(row.frozen)}"] if row.frozen else []
    if row.noted is not None:
        when = f"{row.noted.at:%Y-%m-%d %H:%M}Z"
        found.append(f"{name}: accepted {when} by {clean(row.noted.who)}: {clean(row.noted.note, 400)}")
    return found


def exported(found: Baselines, rows: Sequence[RowBaseline]) -> dict[str, Any]:
    """Everything, with a record for each row."""
    return {
        "at": _time(found.at),
        "hourClass": found.classed,
        "leftOut": [{"from": _time(a), "until": _time(b), "why": why} for a, b, why in found.left_out],
        "warnings": list(found.said),
        "baselines": [_record(found, row) for row in rows],
        "shifts": [_shift(shift) for shift in found.shifts if any(row.service == shift.service for row in rows)],
    }


def _record(found: Baselines, row: RowBaseline) -> dict[str, Any]:
    by_measure = {one.measure: one for one in row.figures}

    def median(measure: str) -> float | None:
        return by_measure[measure].median if measure in by_measure else None

    errors = median("errors")
    return {
        "serviceName": row.service,
        "endpoint": row.endpoint,
        "p50": median("p50"),
        "p95": median("p95"),
        "p99": median("p99"),
        "throughput": median("requests"),
        "errorRate": errors * 100 if errors is not None else None,
        "timestamp": _time(found.at),
        "units": {"p50": "s", "p95": "s", "p99": "s", "throughput": "1/s", "errorRate": "%"},
        "frozen": row.frozen,
        "accepted": note_as_json(row.noted) if row.noted is not None else None,
        "measures": {measure: _measure(one, row) for measure, one in by_measure.items()},
    }


def _measure(one: Baseline, row: RowBaseline) -> dict[str, Any]:
    newest = next((held for held in reversed(regression.course(row, one, row.windows))), None)
    return {
        "normal": normal_in(row, one.measure).words,
        "hourClass": one.classed,
        "n": one.n,
        "hours": one.hours,
        "median": one.median,
        "mad": one.mad,
        "low": one.low,
        "high": one.high,
        "bucket": list(one.bounds) if one.bounds is not None else None,
        "from": _time(one.since),
        "until": _time(one.until),
        "now": newest.value if newest is not None else None,
        "z": newest.z if newest is not None else None,
    }


def _shift(one: Shift) -> dict[str, Any]:
    return {
        "serviceName": one.service,
        "endpoint": one.endpoint,
        "measure": one.measure,
        "since": _time(one.since),
        "sinceIsAtLeast": one.at_least,
        "value": one.value,
        "median": one.median,
        "z": one.z,
        "n": one.n,
        "held": one.held,
        "mostAt": one.most,
    }


def note_as_json(note: BaselineNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "at": _time(note.at),
        "who": note.who,
        "what": note.what,
        "serviceName": note.service,
        "endpoint": note.endpoint,
        "since": _time(note.since),
        "because": note.note,
    }


def _span(start: datetime, end: datetime | None) -> str:
    return f"{start:%d %b %H:%M} – {f'{end:%d %b %H:%M}' if end is not None else 'now'}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
