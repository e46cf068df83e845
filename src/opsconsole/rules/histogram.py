"""Percentiles of classic and native histograms: buckets are added up first, then one percentile is taken of the sum."""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ..model.metrics import Answer, Bucket, Sample, Within

Buckets = Mapping[float, float]
"""Upper bound (`le`, +Inf included) → requests at or below it: counts or rates, cumulative."""


def add(parts: Iterable[Buckets]) -> dict[float, float]:
    """The histogram of all parts together. They must have the same bounds, as those of one metric do."""
    total: dict[float, float] = {}
    for part in parts:
        for bound, count in part.items():
            total[bound] = total.get(bound, 0.0) + count
    return total


class Estimate(msgspec.Struct, frozen=True, gc=False):
    """A percentile and the bucket it was estimated in."""

    value: float
    within: Within


def quantile(q: float, buckets: Buckets) -> float | None:
    """The q-quantile of a classic histogram; see `estimate`."""
    found = estimate(q, buckets)
    return found.value if found is not None else None


def estimate(q: float, buckets: Buckets) -> Estimate | None:
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
                return Estimate(bound, Within(-math.inf, bound))
            inside = count - below
            value = start + (bound - start) * ((rank - below) / inside) if inside > 0 else bound
            return Estimate(value, Within(start, bound))
        below, start = count, bound
    return Estimate(bounds[-2], Within(bounds[-2], None))


def add_native(parts: Iterable[Sequence[Bucket]]) -> tuple[Bucket, ...]:
    """The native histogram of all parts together; of two resolutions the coarser one is kept, as Prometheus does.

    The bounds of a coarser schema are bounds of every finer one, so that a fine bucket lies in one coarse bucket.
    """
    total: dict[tuple[float, float], float] = {}
    for part in parts:
        for bucket in part:
            key = bucket.low, bucket.high
            total[key] = total.get(key, 0.0) + bucket.count
    merged: list[Bucket] = []
    for (low, high), count in sorted(total.items(), key=lambda item: (item[0][0], -item[0][1])):
        last = merged[-1] if merged else None
        if last is not None and low >= last.low and high <= last.high:
            merged[-1] = Bucket(last.low, last.high, last.count + count)
        else:
            merged.append(Bucket(low, high, count))
    return tuple(merged)


def estimate_native(q: float, buckets: Sequence[Bucket]) -> Estimate | None:
    """The q-quantile (0–1) of a native histogram, as Prometheus 3 takes it; None when nothing was observed.

    Within a bucket of the standard exponential schemas the interpolation is exponential, in the zero bucket linear.
    Source: prometheus docs/querying/functions.md, histogram_quantile ("native histograms").
    """
    total = sum(bucket.count for bucket in buckets)
    if not total > 0:
        return None
    rank, below = q * total, 0.0
    for bucket in buckets:
        if below + bucket.count >= rank and bucket.count > 0:
            share = (rank - below) / bucket.count
            # a zero bucket of durations holds nothing below 0
            low = max(0.0, bucket.low) if bucket.low <= 0 <= bucket.high and buckets[0] is bucket else bucket.low
            within = Within(low, bucket.high)
            if low > 0:
                return Estimate(low * (bucket.high / low) ** share, within)
            if bucket.high < 0:
                return Estimate(-(-low * (bucket.high / low) ** share), within)
            return Estimate(low + (bucket.high - low) * share, within)
        below += bucket.count
    last = buckets[-1]
    return Estimate(last.high, Within(last.low, last.high))


def scaled(found: Estimate | None, factor: float) -> Estimate | None:
    """An estimate in seconds of one in another unit."""
    if found is None or factor == 1.0:
        return found
    low, high = found.within.low * factor, found.within.high
    return Estimate(found.value * factor, Within(low, None if high is None else high * factor))


def bounds_words(value: float | None, within: Within | None) -> str:
    """`0.25–0.5 s, est. 0.487`: what is certain of a percentile of durations, and the estimate inside it."""
    if value is None or within is None:
        return ""
    if within.high is None:
        return f"above {_exact(within.low)} s, the highest bound"
    low, high = max(0.0, within.low), within.high
    return f"{_exact(low)}–{_exact(high)} s, est. {value:.3g}"


def _exact(seconds: float) -> str:
    return f"{seconds:.3g}"


def unfolded(answer: Answer) -> Answer:
    """The answer with each native histogram as the samples of a classic one, bound by bound."""
    if all(sample.histogram is None for sample in answer.samples):
        return answer
    return msgspec.structs.replace(answer, samples=tuple(each for sample in answer.samples for each in _bounds(sample)))


def within(value: float | None, answer: Answer | None, unit_s: float = 1.0) -> Within | None:
    """The bucket that a percentile lies in, found in the histogram that it was taken of."""
    if value is None or answer is None or not answer.samples:
        return None
    bounds = {0.0}
    for sample in answer.samples:
        if sample.histogram is not None:
            bounds |= {bound for bucket in sample.histogram for bound in (bucket.low, bucket.high)}
        elif (bound := upper_bound(dict(sample.labels).get("le", ""))) is not None:
            bounds.add(bound)
    finite = sorted(bound * unit_s for bound in bounds if math.isfinite(bound))
    slack = 1e-9 * abs(value)
    lower = [bound for bound in finite if bound < value - slack]
    upper = [bound for bound in finite if bound >= value - slack]
    if not upper or (upper[0] == finite[-1] and math.isclose(value, finite[-1]) and math.inf in bounds):
        return Within(finite[-1], None)
    return Within(lower[-1] if lower else upper[0], upper[0])


def upper_bound(text: str) -> float | None:
    """The value of an `le` label; None when it is none."""
    try:
        bound = float(text)
    except ValueError:
        return None
    return None if math.isnan(bound) else bound


def _bounds(sample: Sample) -> Iterable[Sample]:
    total = 0.0
    buckets = sample.histogram or ()
    for bucket in buckets:
        total += bucket.count
        yield Sample((*sample.labels, ("le", repr(bucket.high))), sample.time, total)
    yield Sample((*sample.labels, ("le", "+Inf")), sample.time, total)


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
