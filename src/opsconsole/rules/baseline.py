"""What is normal: the median of past hours of the same class and its spread, and what is said where too few are known.

Never learned from: incidents, shifts that nobody accepted, what lies before an acceptance or after a freezing.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from ..model.baseline import Baseline, BaselineNote, Baselines, RowBaseline, Window
from ..model.incident import Incident
from ..text import units
from .baseline_classes import HourClass, hour_of
from .regression import reach, shift
from .regression_statistics import mad, median

NEEDED_HOURS = 8
UNACCEPTED = "a shift that nobody accepted"
NEEDED_WINDOWS = 3
"""Of the new level, to accept it."""
UNITS: Mapping[str, str] = {"p50": "s", "p95": "s", "p99": "s", "requests": "per_s", "errors": "ratio"}
TITLES: Mapping[str, str] = {"p50": "P50", "p95": "P95", "p99": "P99", "requests": "requests/s", "errors": "5xx"}

Samples = Sequence[tuple[float, float | None]]
Key = tuple[str, str]
"""(service, endpoint)."""
Interval = tuple[float, float, str]
"""From, until (infinity: still), why."""


class Learned(msgspec.Struct, frozen=True, gc=False):
    """What of the past may be learned from, for one row."""

    left_out: tuple[Interval, ...] = ()
    since: float = -math.inf
    until: float = math.inf

    def holds(self, at: float) -> bool:
        inside = self.since <= at <= self.until
        return inside and not any(start <= at <= end for start, end, _ in self.left_out)


class Normal(msgspec.Struct, frozen=True, gc=False):
    """What stands beside a number."""

    low: float | None
    high: float | None
    n: int
    hours: int
    words: str
    """`normal 38–52 ms`, or `n too small: 3 of 8 hours`."""


def baseline(
    measure: str,
    unit: str,
    samples: Samples,
    of: Sequence[HourClass],
    learned: Learned,
    resolution: Sequence[float] = (),
    requests: float | None = None,
) -> Baseline:
    """The baseline of the narrowest class with hours enough. `resolution` are the bounds of the buckets, `requests` how
    many a window usually counts: both say how fine a value can be told."""
    usable = [(at, value) for at, value in samples if value is not None and learned.holds(at)]
    found = Baseline(measure, unit, 0, 0, of[0].words if of else "")
    for one in of:
        chosen = [(at, value) for at, value in usable if one.holds(at)]
        hours = len({hour_of(at) for at, _ in chosen})
        if hours >= found.hours:
            found = _of(measure, unit, chosen, one.words, resolution, requests, hours >= NEEDED_HOURS)
        if hours >= NEEDED_HOURS:
            break
    return found


def accepted_figures(windows: Sequence[Window], since: float) -> tuple[Baseline, ...]:
    """What is normal from an acceptance on, by the windows since the shift; ValueError, with the count, of too few."""
    newer = [window for window in windows if window.at > since]
    made = []
    for measure, unit in UNITS.items():
        known = [(w.at, value) for w in newer if (value := getattr(w, measure)) is not None]
        if len(known) >= NEEDED_WINDOWS:
            made.append(_of(measure, unit, known, "since it was accepted", (), None, True))
    if len(newer) < NEEDED_WINDOWS or not any(one.measure != "requests" for one in made):
        raise ValueError(f"n too small: {len(newer)} of {NEEDED_WINDOWS} windows of 5 min since {start_words(since)}")
    return tuple(made)


def to_accept(known: Baselines, service: str, endpoint: str = "") -> list[RowBaseline]:
    """The rows that accepting this one accepts: itself, and of a service the endpoints that shifted too."""
    rows = [row for row in known.rows if row.service == service and endpoint in ("", row.endpoint)]
    return [row for row in rows if row.endpoint == endpoint or shift(row) is not None]


def _of(
    measure: str, unit: str, chosen: Samples, classed: str, resolution: Sequence[float], requests: float | None,
    enough: bool,
) -> Baseline:  # fmt: skip
    times, values = [at for at, _ in chosen], [value for _, value in chosen if value is not None]
    hours = len({hour_of(at) for at in times})
    whole = Baseline(
        measure, unit, len(values), hours, classed, since=_moment(min(times, default=None)),
        until=_moment(max(times, default=None)),
    )  # fmt: skip
    if not enough or not values:
        return whole
    centre, distance = median(values), mad(values)
    bounds = bucket(centre, resolution) if unit == "s" else None
    spread = distance or max(0.01 * centre, _fineness(unit, bounds, requests))
    far = reach(centre, spread, unit)
    return msgspec.structs.replace(
        whole, median=centre, mad=distance, spread=spread, low=max(0.0, centre - far), high=centre + far,
        least=min(values), bounds=bounds,
    )  # fmt: skip


def bucket(value: float, bounds: Sequence[float]) -> tuple[float, float] | None:
    """The bounds of the bucket that a value lies in; None where none are known or it lies above all of them."""
    place = bisect_left(bounds, value)
    if not bounds or place >= len(bounds) or math.isinf(bounds[place]):
        return None
    return (bounds[place - 1] if place else 0.0), bounds[place]


def _fineness(unit: str, bounds: tuple[float, float] | None, requests: float | None) -> float:
    """The least that a measure can move by: a bucket's width, or one request more that fails."""
    if bounds is not None:
        return bounds[1] - bounds[0]
    return 1 / max(1.0, requests) if unit == "ratio" and requests else 0.0


# ---- what is not learned from ---------------------------------------------------------------------------------------


def incident_intervals(incidents: Iterable[Incident]) -> tuple[Interval, ...]:
    """Times of incidents; drills and those that were none hurt nobody."""
    found = []
    for one in incidents:
        if one.drill or one.state == "cancelled":
            continue
        start = (one.impact or one.declared).timestamp()
        over = one.ended or one.resolved
        end = math.inf if one.open and one.ended is None else over.timestamp() if over else start
        found.append((start, end, f"{one.id} is open" if one.open else one.id))
    return tuple(found)


def learned(notes: Iterable[BaselineNote], key: Key, incidents: tuple[Interval, ...]) -> Learned:
    """What counts for one row by what people and consoles noted, oldest first. Freezing a service holds for all of it,
    freezing without a service for everything; what is accepted or shifted is one row."""
    since, until = -math.inf, math.inf
    shifts: list[Interval] = []
    for note in notes:
        at = note.at.timestamp()
        if note.what in ("frozen", "thawed"):
            if covers(note, key):
                until = at if note.what == "frozen" else math.inf
        elif (note.service, note.endpoint) != key:
            continue
        elif note.what == "shifted":
            shifts = [*_closed(shifts, at), (note.since.timestamp() if note.since else at, math.inf, UNACCEPTED)]
        elif note.what == "mended":
            shifts = _closed(shifts, at)
        elif note.what == "accepted":
            since, shifts = (note.since or note.at).timestamp(), []
    return Learned((*incidents, *shifts), since, until)


def _closed(intervals: Iterable[Interval], at: float) -> list[Interval]:
    return [(start, min(end, at), why) for start, end, why in intervals]


def covers(note: BaselineNote, key: Key) -> bool:
    """Whether a freezing or thawing holds for a row."""
    return note.service in ("", key[0]) and note.endpoint in ("", key[1])


def accepted(notes: Iterable[BaselineNote], key: Key) -> BaselineNote | None:
    """The newest acceptance of a row."""
    own = (note for note in reversed(tuple(notes)) if (note.service, note.endpoint) == key)
    return next((note for note in own if note.what == "accepted"), None)


def standing(notes: Iterable[BaselineNote], key: Key) -> BaselineNote | None:
    """The shift of a row that was noted and neither accepted nor mended since."""
    found: BaselineNote | None = None
    for note in notes:
        if note.what in ("shifted", "mended", "accepted") and (note.service, note.endpoint) == key:
            found = note if note.what == "shifted" else None
    return found


def frozen_words(one: Learned, notes: Iterable[BaselineNote], key: Key) -> str:
    """Why nothing is learned of a row now; "" where something is."""
    for start, end, why in one.left_out:
        if math.isinf(end):
            return f"frozen since {start_words(start)}: {why}"
    if math.isinf(one.until):
        return ""
    last = next((note for note in reversed(tuple(notes)) if note.what == "frozen" and covers(note, key)), None)
    return (
        f"frozen since {start_words(one.until)} by {last.who}" + (f": {last.note}" if last.note else "") if last else ""
    )


# ---- words ----------------------------------------------------------------------------------------------------------


def row_of(known: Baselines | None, service: str, endpoint: str = "") -> RowBaseline | None:
    """The baselines of a service or endpoint; of the tiles with neither."""
    rows = known.rows if known is not None else ()
    place = bisect_left(rows, (service, endpoint), key=lambda row: (row.service, row.endpoint))
    found = rows[place] if place < len(rows) else None
    return found if found is not None and (found.service, found.endpoint) == (service, endpoint) else None


def normal(known: Baselines | None, service: str, endpoint: str, measure: str) -> Normal:
    """What is normal now for p50, p95, p99, requests or errors of a row, or for a tile (no service; its id)."""
    row = row_of(known, service, endpoint)
    return normal_in(row, measure, known.learning if known is not None else "")


def normal_in(row: RowBaseline | None, measure: str, learning: str = "") -> Normal:
    """The same of a row that is at hand."""
    found = next((one for one in row.figures if one.measure == measure), None) if row is not None else None
    if found is None:
        return Normal(None, None, 0, 0, learning or "no baseline")
    if found.low is None or found.high is None:
        return Normal(None, None, found.n, found.hours, f"n too small: {found.hours} of {NEEDED_HOURS} hours")
    return Normal(found.low, found.high, found.n, found.hours, f"normal {between(found.low, found.high, found.unit)}")


def between(low: float, high: float, unit: str) -> str:
    """`38–52 ms`: the unit once where both have the same."""
    first, last = said(low, unit), said(high, unit)
    value, _, name = first.partition(" ")
    if low == 0 and " " in last:
        return f"0–{last}"
    return f"{value}–{last}" if name and name == last.partition(" ")[2] else f"{first}–{last}"


def said(value: float | None, unit: str) -> str:
    """A value in its unit."""
    if value is None:
        return units.UNKNOWN
    if unit == "s":
        return units.seconds(value)
    if unit == "ratio":
        return f"{units.percent(value)} %"
    return units.size(value) if unit == "bytes" else units.number(value)


def quantile_words(value: float | None, resolution: tuple[float, float] | None) -> str:
    """`0.25–0.5 s, est. 0.487`: a histogram knows its buckets, the value in between is an estimate."""
    if value is None or resolution is None:
        return units.seconds(value)
    return f"{resolution[0]:g}–{resolution[1]:g} s, est. {value:.3g}"


def start_words(at: float) -> str:
    """`21 Nov 02:41`."""
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M")


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
