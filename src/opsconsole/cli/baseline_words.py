"""Baselines as lines of a table and as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..model.baseline import Baseline, BaselineNote, Baselines, RowBaseline, Shift
from ..rules import baseline_words, regression
from ..rules.baseline import normal_in
from ..text.clean import clean


def table(found: Baselines, rows: Sequence[RowBaseline]) -> list[str]:
    """One line for each measure of each row, and in sentences what is left out, frozen, accepted or shifted."""
    classed = dict.fromkeys(one.classed for row in rows for one in row.figures if one.classed)
    lines = [f"{', '.join(classed) or found.classed} UTC, at {found.at:%Y-%m-%d %H:%M}Z"]
    lines += [f"left out: {text}" for text in baseline_words.left_out_words(found)]
    lines += [f"warning: {clean(text)}" for text in found.said]
    told: list[tuple[str, ...]] = [("SERVICE / endpoint", *baseline_words.HEAD)]
    for row in rows:
        name = clean(f"  {row.endpoint}" if row.endpoint else row.service)
        for place, cells in enumerate(baseline_words.cells(row)):
            told.append(("" if place else name, *cells))
    lines += baseline_words.aligned(told)
    lines += [f"{clean(row.key.strip())}: {words}" for row in rows for words in baseline_words.sentences(row)]
    shifts = [shift for shift in found.shifts if any(row.service == shift.service for row in rows)]
    return [*lines, *map(baseline_words.shift_words, shifts)]


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


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
