"""Whether the connections of a server run out, and when: the slope of Theil and Sen, said only where it is sure.

Slope: the median of the slopes between all pairs of points (Sen 1968); its 95 % interval from Kendall's variance with
ties (Gilbert 1987, Statistical Methods for Environmental Pollution Monitoring, 16.4.2; 17.3 names the ties).
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import median

from ..model.pools import Trend

Points = Sequence[tuple[float, float]]
"""(seconds, value), oldest first."""

Z95 = 1.96
LEAST_POINTS, LEAST_S = 10, 90.0
NEAR_S, LONG_S = 900.0, 6 * 3600.0
MOST_POINTS = 60
"""All pairs of sixty are 1,770: a millisecond."""
FORESIGHT = 3.0
"""A forecast reaches at most so many times its history ahead."""
FEW = 2
"""Connections that come and go everywhere."""
STILL = 0.25
"""The newest third must still rise at so much of the whole's pace; else it was a step, and that is over."""


def trend(recent: Points, minutes: Points, limit: int) -> Trend:
    """Of the last quarter of an hour; a slow leak, which that does not show, of the last six hours."""
    if not recent:
        return Trend("short")
    now = recent[-1][0]
    near = judged([point for point in recent if point[0] >= now - NEAR_S], limit)
    if near.verdict in ("full", "falls") or (near.verdict == "grows" and not near.far):
        return near
    older = [point for point in minutes if now - LONG_S <= point[0] < recent[0][0]]
    long = judged([*older, *recent], limit)
    return long if long.verdict == "grows" and not long.far else near


def judged(points: Points, limit: int) -> Trend:
    """The trend of these points against a limit."""
    if points and points[-1][1] >= limit:
        return Trend("full", full_s=0.0)
    span_s = points[-1][0] - points[0][0] if points else 0.0
    if len(points) < LEAST_POINTS or span_s < LEAST_S:
        return Trend("short", span_s, len(points))
    points = thinned(points)
    slope, low, high = theil_sen(points)
    told = Trend(_verdict(slope, low, high, points), span_s, len(points), slope, low, high)
    if told.verdict != "grows":
        return told
    full_s = (limit - points[-1][1]) / slope
    return Trend("grows", span_s, len(points), slope, low, high, full_s, full_s > FORESIGHT * span_s)


def _verdict(slope: float, low: float, high: float, points: Points) -> str:
    if high < 0:
        return "falls"
    third = max(4, len(points) // 3)
    oldest, newest = points[:third], points[-third:]
    still = theil_sen(newest)[0]
    if low > 0:
        return "grows" if still >= slope * STILL else "stepped"
    values = [value for _, value in points]
    if max(values) - min(values) <= FEW:
        return "flat"
    level = max(value for _, value in newest) - min(value for _, value in newest) <= FEW
    return "stepped" if level and _middle(newest) - _middle(oldest) > FEW else "noisy"


def _middle(points: Points) -> float:
    return median(value for _, value in points)


def theil_sen(points: Points) -> tuple[float, float, float]:
    """Slope, and the lower and upper end of its 95 % interval (infinite where the points are too few for one)."""
    slopes = sorted((b - a) / (y - x) for (x, a), (y, b) in combinations(points, 2) if y > x)
    if not slopes:
        return 0.0, -math.inf, math.inf
    n = len(points)
    ties = Counter(value for _, value in points).values()
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    reach = Z95 * math.sqrt(max(0.0, variance))
    lower, upper = int((len(slopes) - reach) / 2), math.ceil((len(slopes) + reach) / 2)
    low = slopes[lower - 1] if lower >= 1 else -math.inf
    high = slopes[upper] if upper < len(slopes) else math.inf
    return median(slopes), low, high


def thinned(points: Points) -> list[tuple[float, float]]:
    """At most sixty of them, evenly spread; the newest stays."""
    if len(points) <= MOST_POINTS:
        return list(points)
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(place * step)] for place in range(MOST_POINTS)]
