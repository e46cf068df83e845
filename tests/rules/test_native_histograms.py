"""Percentiles of native histograms and the bucket that a percentile is certain to lie in."""

import math

import pytest

from opsconsole.model.metrics import Answer, Bucket, Sample, Within
from opsconsole.rules.histogram import above, add_native, bounds_words, estimate, estimate_native, unfolded, within
from opsconsole.rules.split import slow

FINE = (Bucket(0.5, 0.5 * 2**0.5, 10.0), Bucket(0.5 * 2**0.5, 1.0, 20.0), Bucket(1.0, 2**0.5, 10.0))
COARSE = (Bucket(0.5, 1.0, 30.0), Bucket(1.0, 2.0, 10.0))


def test_a_percentile_is_told_with_its_bucket() -> None:
    found = estimate(0.95, {0.25: 90.0, 0.5: 95.3, 1.0: 100.0, math.inf: 100.0})
    assert found is not None
    assert bounds_words(found.value, found.within) == "0.25–0.5 s, est. 0.486"
    highest = estimate(0.99, {0.5: 90.0, math.inf: 100.0})
    assert highest is not None
    assert bounds_words(highest.value, highest.within) == "above 0.5 s, the highest bound"


def test_two_resolutions_are_added_in_the_coarser_one() -> None:
    assert add_native([FINE, COARSE]) == (Bucket(0.5, 1.0, 60.0), Bucket(1.0, 2.0, 20.0))


def test_between_exponential_bounds_the_estimate_is_their_geometric_mean() -> None:
    found = estimate_native(0.5, [Bucket(1.0, 4.0, 10.0)])
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert estimate_native(0.5, [Bucket(1.0, 4.0, 0.0)]) is None
    zero = estimate_native(0.5, [Bucket(-0.001, 0.001, 10.0)])
    assert zero is not None
    assert zero.value == pytest.approx(0.0005)


def test_splits_read_native_histograms_as_they_read_classic_ones() -> None:
    native = Answer("q", samples=(Sample((("version", "1.8.2"),), 0.0, None, COARSE),))
    bad, traffic = slow(unfolded(native), "version", 1.0)
    assert (bad, traffic) == ({"1.8.2": 10.0}, {"1.8.2": 40.0})
    assert above(1.0, {1.0: 30.0, 2.0: 40.0, math.inf: 40.0}) == (10.0, 1.0)


def test_the_bucket_of_a_tile_is_found_in_its_histogram() -> None:
    bounds = ("0.25", "0.5", "1", "+Inf")
    answer = Answer("q", samples=tuple(Sample((("le", bound),), 0.0, 1.0) for bound in bounds))
    assert within(0.487, answer) == within(0.5, answer) == Within(0.25, 0.5)
    assert within(1.0, answer) == Within(1.0, None)
    assert within(None, answer) is None
