"""Three tests of statistics: ranks of two samples, how far one lies above the other, and two shares.

Mann and Whitney 1947 (U; exact for few values without ties, else normal with the corrections for ties and continuity),
Hodges and Lehmann 1963 (the shift, its interval by order statistics), Fisher (two shares, one side, exact).
"""

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

EXACT = 8
"""With no more values than this on one side, and no ties, the distribution of U is counted out."""


class RankSum(msgspec.Struct, frozen=True, gc=False):
    """Whether `after` lies elsewhere than `before`."""

    u: float
    """Of `after`: pairs in which it is the larger one, halves for ties."""
    p: float
    """Two-sided."""
    larger: float
    """Common-language effect size: how often a value after is larger than one before; 0.5 is no effect."""
    shift: float
    """Hodges–Lehmann: median of all differences."""
    low: float
    high: float
    """Its interval at the confidence asked for."""


def rank_sum(before: Sequence[float], after: Sequence[float], confidence: float = 0.98) -> RankSum:
    """Both must hold a value."""
    n, m = len(before), len(after)
    differences = sorted(y - x for x in before for y in after)
    u = sum(1.0 if each > 0 else 0.5 if each == 0 else 0.0 for each in differences)
    ties = [count for count in Counter([*before, *after]).values() if count > 1]
    p = _exact(u, n, m) if min(n, m) <= EXACT and not ties else _normal(u, n, m, ties)
    low, high = _interval(differences, n, m, confidence)
    return RankSum(u, p, u / (n * m), median(differences), low, high)


def fisher(hits: int, total: int, hits_before: int, total_before: int) -> float:
    """The chance of so many hits or more of `total`, were both shares the same: the upper tail, exact."""
    drawn, marked, whole = total, hits + hits_before, total + total_before
    most = min(drawn, marked)
    if hits <= max(0, drawn + marked - whole):
        return 1.0
    logs = [
        _choose(marked, k) + _choose(whole - marked, drawn - k) - _choose(whole, drawn) for k in range(hits, most + 1)
    ]
    return min(1.0, math.fsum(math.exp(each) for each in logs))


def median(values: Sequence[float]) -> float:
    """Of at least one value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def mad(values: Sequence[float]) -> float:
    """Median of the distances from the median: of (1, 1, 2, 2, 4, 6, 9) it is 1 (Wikipedia, Median absolute
    deviation)."""
    centre = median(values)
    return median([abs(value - centre) for value in values])


def percentile(values: Sequence[float], q: float) -> float:
    """Linear between neighbours, as most tables and numpy do it."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _exact(u: float, n: int, m: int) -> float:
    """By the number of arrangements that give each U."""
    ways = _ways(min(n, m), max(n, m))
    extreme = min(u, n * m - u)
    return min(1.0, 2 * sum(ways[: int(extreme) + 1]) / math.comb(n + m, n))


def _ways(n: int, m: int) -> list[int]:
    """How many arrangements of n and m different values give U = 0, 1, …: the Gaussian binomial coefficient."""
    coefficients = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for place in range(n * m, m + i - 1, -1):
            coefficients[place] -= coefficients[place - (m + i)]
        for place in range(i, n * m + 1):
            coefficients[place] += coefficients[place - i]
    return coefficients


def _normal(u: float, n: int, m: int, ties: Sequence[int]) -> float:
    whole = n + m
    correction = sum(t**3 - t for t in ties) / (whole * (whole - 1)) if whole > 1 else 0.0
    variance = n * m / 12 * (whole + 1 - correction)
    if variance <= 0:
        return 1.0
    z = (abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return min(1.0, math.erfc(z / math.sqrt(2)))


def _interval(differences: Sequence[float], n: int, m: int, confidence: float) -> tuple[float, float]:
    spread = _quantile(0.5 + confidence / 2) * math.sqrt(n * m * (n + m + 1) / 12)
    place = max(0, math.floor(n * m / 2 - spread))
    return differences[place], differences[n * m - 1 - place]


def _quantile(p: float) -> float:
    """Of the standard normal distribution, by halving: erf is all that is needed."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * (1 + math.erf(middle / math.sqrt(2))) < p else (low, middle)
    return (low + high) / 2


def _choose(n: int, k: int) -> float:
    """Logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) if 0 <= k <= n else -math.inf
