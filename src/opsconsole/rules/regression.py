"""Whether a row left its baseline: distance, size, duration and traffic must all say so.

All of: |z| > 3 with z = 0.6745·(x − median)/MAD (Iglewicz and Hoaglin 1993; of a MAD of 0: 1 % of the median or the
width of the bucket), 20 % or more, 10 ms or more, in 3 of 5 windows of five minutes, with at least half of the least
traffic that the baseline knows. Medians, since a burst of last week must not hide today's.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from ..model.baseline import Baseline, RowBaseline, Shift, Window

WINDOW_S = 300.0
OF_WINDOWS = 5
NEEDED = 3
Z = 3.0
RELATIVE = 0.20
ABSOLUTE: Mapping[str, float] = {"s": 0.010, "ratio": 0.005}
"""By unit: less is no matter. Ten milliseconds; half a percent of the requests."""
TRAFFIC = 0.5
JUDGED = ("p99", "p95", "errors")
"""What may shift, the most telling first."""
CONSISTENT = 0.6745
"""Makes the MAD of a normal distribution its standard deviation."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """One window against its baseline."""

    at: float
    value: float
    z: float
    breach: bool
    why: str
    """What it rests on, or the first condition that is not met."""


def z_of(value: float, base: Baseline) -> float | None:
    """The robust distance; None without a baseline."""
    if base.median is None or not base.spread:
        return None
    return CONSISTENT * (value - base.median) / base.spread


def reach(median: float, spread: float, unit: str) -> float:
    """From the median to where the first three conditions are met."""
    return max(Z * spread / CONSISTENT, RELATIVE * median, ABSOLUTE.get(unit, 0.0))


def held(window: Window, base: Baseline, traffic: Baseline | None) -> Held | None:
    """None where the window or the baseline knows no value."""
    value = getattr(window, base.measure, None)
    if value is None or base.median is None or (z := z_of(value, base)) is None:
        return None
    above = value - base.median
    least = traffic.least if traffic is not None else None
    why = ""
    if z <= Z:
        why = f"z {z:.1f} is not above {Z:g}"
    elif above < RELATIVE * base.median:
        why = f"less than {RELATIVE:.0%} above"
    elif above < ABSOLUTE.get(base.unit, 0.0):
        why = "less than 10 ms above" if base.unit == "s" else "less than half a percent of requests above"
    elif least is not None and (window.requests is None or window.requests < TRAFFIC * least):
        why = "less than half of the least traffic of the baseline"
    return Held(window.at, value, z, not why, why or f"z {z:.1f}")


def course(row: RowBaseline, base: Baseline, windows: Sequence[Window]) -> list[Held]:
    """The windows that can be held against it, oldest first."""
    traffic = next((one for one in row.figures if one.measure == "requests"), None)
    return [found for window in windows if (found := held(window, base, traffic)) is not None]


def shift(row: RowBaseline, windows: Sequence[Window] = ()) -> Shift | None:
    """The shift of the most telling measure; `windows`: more of them than the newest five, to see when it began."""
    for measure in JUDGED:
        base = next((one for one in row.figures if one.measure == measure), None)
        if base is None or base.median is None:
            continue
        found = course(row, base, windows or row.windows)
        newest = [one for one in found if one.at > found[-1].at - OF_WINDOWS * WINDOW_S + 1]
        breaches = [one for one in newest if one.breach]
        if len(breaches) < NEEDED:
            continue
        first, at_least = _began(found)
        last = breaches[-1]
        return Shift(
            row.service, row.endpoint, measure, datetime.fromtimestamp(first - WINDOW_S, UTC), last.value, base.median,
            last.z, base.n, f"{len(breaches)} of {len(newest)} windows of 5 min", at_least,
        )  # fmt: skip
    return None


def ended(row: RowBaseline, measure: str) -> bool:
    """Whether a shift is over: at most one of the newest windows still breaches, and as many as it needs are known."""
    base = next((one for one in row.figures if one.measure == measure), None)
    if base is None:
        return False
    found = course(row, base, row.windows)
    return len(found) >= NEEDED and sum(one.breach for one in found) <= 1


def per_service(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """One for each service: its own, which names the endpoint that shifted most, else that endpoint's."""
    found = []
    for service in dict.fromkeys(one.service for one in shifts):
        own = [one for one in shifts if one.service == service]
        parts = sorted((one for one in own if one.endpoint), key=lambda one: -(one.ratio or 0.0))
        whole = next((one for one in own if not one.endpoint), None)
        if whole is not None:
            found.append(msgspec.structs.replace(whole, most=parts[0].endpoint if parts else ""))
        else:
            found.append(parts[0])
    return tuple(found)


def _began(found: Sequence[Held]) -> tuple[float, bool]:
    """The first window of the new level, and whether that is where the windows begin."""
    first = len(found)
    for last in range(len(found) - 1, -1, -1):
        group = range(max(0, last - OF_WINDOWS + 1), last + 1)
        breaches = [place for place in group if found[place].breach]
        if len(breaches) < min(NEEDED, len(group)):
            break
        first = min(first, breaches[0])
    return found[first].at, first == 0
