"""The statistics against scipy and against published examples."""

import math
import random

import pytest
from scipy import stats

from opsconsole.rules.regression_statistics import fisher, mad, percentile, rank_sum

DRAWN = random.Random(7)
PAIRS = {
    "few, no ties": ([1.0, 2.5, 3.7, 9.1], [4.2, 5.5, 6.1, 7.7, 12.0]),
    "few after, as after a release": ([DRAWN.gauss(0.3, 0.02) for _ in range(15)], [0.31, 1.9, 2.0]),
    "many": ([DRAWN.gauss(10, 2) for _ in range(30)], [DRAWN.gauss(11, 2) for _ in range(25)]),
    "ties": ([1.0] * 5 + [2.0] * 5, [1.0] * 3 + [100.0] * 7),
    "all alike": ([1.0] * 6, [1.0] * 6),
}


def test_mann_and_whitney_as_scipy_has_it() -> None:
    for before, after in PAIRS.values():
        ours = rank_sum(before, after)
        theirs = stats.mannwhitneyu(after, before, alternative="two-sided", method="auto")
        assert ours.u == theirs.statistic
        assert ours.p == pytest.approx(1.0 if math.isnan(theirs.pvalue) else theirs.pvalue, rel=1e-9)
        assert ours.low <= ours.shift <= ours.high


def test_fisher_as_scipy_has_it() -> None:
    for table in ((7, 10, 0, 10), (12, 2800, 7, 7000), (4, 600, 0, 3600), (0, 50, 3, 60), (5, 5, 5, 5), (1, 4, 3, 4)):
        hits, total, before, whole = table
        theirs = stats.fisher_exact([[hits, total - hits], [before, whole - before]], alternative="greater")
        assert fisher(*table) == pytest.approx(theirs.pvalue, rel=1e-9), table


def test_the_published_mad_and_a_percentile_between_neighbours() -> None:
    """Wikipedia, Median absolute deviation: of (1, 1, 2, 2, 4, 6, 9) it is 1."""
    assert mad((1, 1, 2, 2, 4, 6, 9)) == 1 == stats.median_abs_deviation((1, 1, 2, 2, 4, 6, 9))
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert percentile([1.0], 0.99) == 1.0
