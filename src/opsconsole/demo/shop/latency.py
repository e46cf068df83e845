"""Latencies as a mixture of two log-normal distributions, and what a histogram with fixed bounds sees of them."""

import math
from dataclasses import dataclass

BOUNDS: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
"""Upper bounds of the histograms' buckets in seconds."""
LE: tuple[str, ...] = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
"""The same as the label `le` writes them."""
SLOW_FOR_A_CUSTOMER_S = 0.5


@dataclass(frozen=True, slots=True)
class LogNormal:
    median_s: float
    sigma: float
    """Standard deviation of the logarithm."""

    def share_below(self, bound_s: float) -> float:
        if math.isinf(bound_s):
            return 1.0
        return 0.5 * (1 + math.erf(math.log(bound_s / self.median_s) / (self.sigma * math.sqrt(2))))

    def mean_s(self) -> float:
        return self.median_s * math.exp(self.sigma**2 / 2)

    def buckets(self) -> list[float]:
        """Cumulative share of each bucket of `BOUNDS`."""
        return [self.share_below(bound) for bound in BOUNDS]
