"""Slow degradation: each day is like the one before, and the last days are not like the first.

A baseline that follows its history takes that for normal. So the last third of the windows of a class of hours is held
against the first: by Mann–Whitney (p below 0.02), and the medians must be 20 % and 10 ms apart.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from ..model.baseline import Baseline, RowBaseline, Shift
from .baseline_classes import DAY_S, classes, hour_of
from .deploy_comparison import CONFIDENCE
from .regression import ABSOLUTE, RELATIVE, z_of
from .regression_statistics import median, rank_sum

DRIFTING = ("p99", "p95")
LEAST_HOURS = 3
"""Of each third."""
LEAST_DAYS = 7


def drift(row: RowBaseline, base: Baseline, samples: Sequence[tuple[float, float | None]]) -> Shift | None:
    """`samples`: the windows that the baseline was learned from, oldest first, and those of other classes."""
    if base.until is None:
        return None
    of = next((one for one in classes(base.until.timestamp()) if one.words == base.classed), None)
    known = [(at, value) for at, value in samples if value is not None and (of is None or of.holds(at))]
    third = len(known) // 3
    first, last = known[:third], known[len(known) - third :]
    if (
        not third
        or last[0][0] - first[-1][0] < LEAST_DAYS / 3 * DAY_S
        or known[-1][0] - known[0][0] < LEAST_DAYS * DAY_S
    ):
        return None
    if min(len({hour_of(at) for at, _ in part}) for part in (first, last)) < LEAST_HOURS:
        return None
    before, after = [value for _, value in first], [value for _, value in last]
    then, now = median(before), median(after)
    if now < (1 + RELATIVE) * then or now - then < ABSOLUTE["s"]:
        return None
    ranks = rank_sum(before, after, CONFIDENCE)
    if ranks.p >= 1 - CONFIDENCE or ranks.low <= 0:
        return None
    p = "p<0.0001" if ranks.p < 0.0001 else f"p={ranks.p:.2g}"
    days = round((known[-1][0] - known[0][0]) / DAY_S)
    return Shift(
        row.service, row.endpoint, base.measure, datetime.fromtimestamp(last[0][0], UTC), now, then,
        z_of(now, base) or 0.0, len(known), f"slowly over {days} days, Mann–Whitney U={ranks.u:g} {p}",
    )  # fmt: skip
