"""Percentiles of classic histograms: buckets are added up first, then one percentile is taken of the sum."""

import math
from collections.abc import Iterable, Mapping

Buckets = Mapping[float, float]
"""Upper bound (`le`, +Inf included) → requests at or below it: counts or rates, cumulative."""


def add(parts: Iterable[Buckets]) -> dict[float, float]:
    """The histogram of all parts together. They must have the same bounds, as those of one metric do."""
    total: dict[float, float] = {}
    for part in parts:
        for bound, count in part.items():
            total[bound] = total.get(bound, 0.0) + count
    return total


def quantile(q: float, buckets: Buckets) -> float | None:
    """The q-quantile (0–1), as Prometheus' histogram_quantile takes it; None when nothing was observed.

    Linear within the bucket; in the highest (+Inf) one: its lower bound. Source: prometheus docs/querying/functions.md;
    example there (promqltest histograms.test): 0.1:5, 0.2:7, 1:11, +Inf:11 → q0.25 = 0.055, q0.5 = 0.125, q0.75 = 0.45.
    """
    bounds = sorted(buckets)
    if len(bounds) < 2 or not math.isinf(bounds[-1]):
        return None
    total = buckets[bounds[-1]]
    if not total > 0:
        return None
    rank = q * total
    below, start = 0.0, 0.0
    for bound in bounds[:-1]:
        count = max(below, buckets[bound])  # rates of neighbours may differ by a rounding error
        if count >= rank:
            if bound <= 0:
                return bound
            inside = count - below
            return start + (bound - start) * ((rank - below) / inside) if inside > 0 else bound
        below, start = count, bound
    return bounds[-2]


def above(limit: float, buckets: Buckets) -> tuple[float, float | None]:
    """How many lie above the limit, and the bound really used: the smallest at or above it.

    None as bound when only +Inf is as high: then nothing can be said to lie above, and the count is 0.
    """
    bounds = sorted(buckets)
    if not bounds or not math.isinf(bounds[-1]):
        return 0.0, None
    used = next((bound for bound in bounds if bound >= limit), bounds[-1])
    if math.isinf(used):
        return 0.0, None
    return max(0.0, buckets[bounds[-1]] - buckets[used]), used
