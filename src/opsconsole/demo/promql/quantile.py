"""histogram_quantile over cumulative buckets."""

import numpy as np

from opsconsole.demo.promql.series import NAME, Floats, Labels
from opsconsole.demo.promql.value import Vector, empty


def histogram_quantile(wanted: Floats, vector: Vector) -> Vector:
    """The quantile (one per step) of each histogram whose buckets stand in the vector, labelled `le`.

    Linear inside a bucket; in the +Inf bucket the highest finite bound; NaN without observations or +Inf bucket
    (Prometheus, quantile.go `bucketQuantile`).
    """
    steps = vector.values.shape[1]
    histograms: dict[Labels, list[tuple[float, int]]] = {}
    for row, labels in enumerate(vector.labels):
        bound = _bound(dict(labels).get("le", ""))
        if bound is not None:
            rest = tuple(pair for pair in labels if pair[0] not in ("le", NAME))
            histograms.setdefault(rest, []).append((bound, row))
    if not histograms:
        return empty(steps)
    results = [_histogram(wanted, vector, sorted(buckets)) for buckets in histograms.values()]
    has = [np.any(vector.has[[row for _, row in buckets]], axis=0) for buckets in histograms.values()]
    return Vector(list(histograms), np.array(results), np.array(has))


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _histogram(wanted: Floats, vector: Vector, buckets: list[tuple[float, int]]) -> Floats:
    """One histogram; steps at which the same buckets are there are computed together."""
    bounds = np.array([bound for bound, _ in buckets])
    rows = [row for _, row in buckets]
    counts, has = vector.values[rows], vector.has[rows]
    result = np.full(counts.shape[1], np.nan)
    if bool(np.all(has)):
        return _quantile(wanted, bounds, counts)
    patterns, pattern_of = np.unique(has, axis=1, return_inverse=True)
    for index in range(patterns.shape[1]):
        there, steps = patterns[:, index], np.flatnonzero(pattern_of.ravel() == index)
        if bool(np.any(there)):
            result[steps] = _quantile(wanted[steps], bounds[there], counts[np.ix_(there, steps)])
    return result


def _quantile(wanted: Floats, bounds: Floats, counts: Floats) -> Floats:
    """Quantiles per step of buckets (bounds ascending, shape (buckets,)) with counts of shape (buckets, steps)."""
    outside = np.where(wanted < 0, -np.inf, np.where(wanted > 1, np.inf, np.nan))
    unusual = ~((wanted >= 0) & (wanted <= 1))
    bounds, first = np.unique(bounds, return_index=True)
    counts = np.maximum.accumulate(np.add.reduceat(counts, first, axis=0), axis=0)
    if len(bounds) < 2 or bounds[-1] != np.inf:
        return np.where(unusual, outside, np.nan)
    rank = wanted * counts[-1]
    steps = np.arange(counts.shape[1])
    bucket = np.sum(~(counts[:-1] >= rank), axis=0)
    low = np.where(bucket > 0, bounds[bucket - 1], 0.0)
    below = np.where(bucket > 0, counts[bucket - 1, steps], 0.0)
    inside = counts[bucket, steps] - below
    result = low + (bounds[bucket] - low) * ((rank - below) / inside)
    result = np.where((bucket == 0) & (bounds[0] <= 0), bounds[0], result)
    result = np.where(bucket == len(bounds) - 1, bounds[-2], result)
    result = np.where(counts[-1] == 0, np.nan, result)
    return np.where(unusual, outside, result)
