"""Published examples and the fine print of PromQL, for machines without a real Prometheus."""

import math

import numpy as np
import pytest

from opsconsole.demo.promql import segments
from opsconsole.demo.promql.engine import Matrix, evaluate_instant, evaluate_range
from opsconsole.demo.promql.segments import SegmentStorage
from opsconsole.demo.promql.series import NAME, STALE, Labels, Matcher, PromQLError, Selection, make_labels
from opsconsole.demo.promql.value import Scalar, Vector
from tests.demo.promql.memory import MemoryStorage


def memory(series: dict[str, list[float]], step: int = 60_000) -> MemoryStorage:
    """Series `name{…}` written as `name,label=value,…`, sampled every step from 0."""
    return MemoryStorage(
        {_labels(key): ([step * index for index in range(len(values))], values) for key, values in series.items()}
    )


def _labels(key: str) -> Labels:
    name, *pairs = key.split(",")
    return make_labels([(NAME, name), *((pair.partition("=")[0], pair.partition("=")[2]) for pair in pairs)])


def values(storage: MemoryStorage | SegmentStorage, query: str, at: int) -> dict[Labels, float]:
    value = evaluate_instant(query, storage, at)
    assert isinstance(value, Vector)
    return {labels: float(row[0]) for labels, row in zip(value.labels, value.values, strict=True)}


@pytest.mark.parametrize(("quantile", "expected"), [(0.25, 0.055), (0.5, 0.125), (0.75, 0.45)])
def test_the_published_histogram(quantile: float, expected: float) -> None:
    # Prometheus' promqltest/testdata/histograms.test.
    buckets = {"0.1": 5, "0.2": 7, "1": 11, "+Inf": 11}
    storage = memory({f"request_bucket,le={le}": [count] for le, count in buckets.items()})
    assert values(storage, f"histogram_quantile({quantile}, request_bucket)", 0) == {(): pytest.approx(expected)}


def test_a_quantile_in_the_last_bucket_is_the_highest_finite_bound() -> None:
    storage = memory({"b,le=1": [1.0], "b,le=+Inf": [9.0]})
    assert values(storage, "histogram_quantile(0.9, b)", 0) == {(): 1.0}


def test_a_histogram_without_infinity_or_observations_has_no_quantile() -> None:
    storage = memory({"b,le=1": [1.0], "b,le=2": [9.0], "none,le=1": [0.0], "none,le=+Inf": [0.0]})
    for name in ("b", "none"):
        assert math.isnan(values(storage, f"histogram_quantile(0.9, {name})", 0)[()])


def test_increase_reaches_beyond_the_samples_and_forgives_a_reset() -> None:
    storage = memory({"c": [100, 110, 120, 5, 15]})
    # 100 → 120, a reset, → 15: 35 in 240 s of samples; the window begins one sample distance before them.
    assert values(storage, "increase(c[5m])", 240_000)[()] == pytest.approx(35 * 300 / 240)


def test_increase_does_not_reach_below_the_counter_s_zero() -> None:
    storage = memory({"c": [1, 11, 21]})
    # From its first sample the counter is a tenth of a minute above zero.
    assert values(storage, "increase(c[3m])", 150_000)[()] == pytest.approx(20 * (120 + 6 + 30) / 120)


def test_a_sample_counts_for_five_minutes() -> None:
    storage = memory({"g": [7.0]})
    assert values(storage, "g", 299_999)
    assert not values(storage, "g", 300_000)


def test_both_ends_of_a_range_belong_to_it() -> None:
    storage = memory({"g": [1.0, 2.0, 3.0]})
    assert values(storage, "count_over_time(g[1m])", 60_000) == {(): 2.0}


def test_a_series_that_vanished_is_gone_at_once_and_its_range_stays() -> None:
    storage = SegmentStorage()
    stays, goes = (storage.id_of(_labels(key)) for key in ("up,pod=a", "up,pod=b"))
    both, one = np.array([stays, goes]), np.array([stays])
    for at in (0, 5_000, 10_000):
        storage.append(at, both, np.array([1.0, 1.0]))
    storage.append(15_000, one, np.array([1.0]))
    assert values(storage, "count(up)", 14_999) == {(): 2.0}
    assert values(storage, "count(up)", 15_000) == {(): 1.0}
    assert values(storage, 'count_over_time(up{pod="b"}[1m])', 15_000) == {(("pod", "b"),): 3.0}
    storage.append(20_000, both, np.array([1.0, 1.0]))
    assert values(storage, "count(up)", 20_000) == {(): 2.0}
    assert values(storage, 'count_over_time(up{pod="b"}[1m])', 20_000) == {(("pod", "b"),): 4.0}


def test_stale_markers_of_single_series_end_those_only() -> None:
    stale = float(STALE[0])
    times = [0, 15_000, 30_000]
    storage = MemoryStorage({_labels("g,x=a"): (times, [1.0, 2.0, stale]), _labels("g,x=b"): (times, [1.0, 2.0, 3.0])})
    assert values(storage, "sum(g)", 30_000) == {(): 3.0}
    assert values(storage, "sum(count_over_time(g[1m]))", 30_000) == {(): 5.0}
    raw = evaluate_instant("g[1m]", storage, 30_000)
    assert isinstance(raw, Matrix)
    assert sorted(len(block.times) for block in raw.blocks) == [2, 3]


def test_a_range_query_is_an_instant_query_at_every_step() -> None:
    storage = memory({f"c,x={x}": [float(x * n * n) for n in range(30)] for x in range(4)}, 15_000)
    query = "sum by (x) (rate(c[1m])) / ignoring(x) group_left sum(rate(c[1m]))"
    steps = range(60_000, 400_000, 20_000)
    value = evaluate_range(query, storage, steps[0], steps[-1], 20_000)
    assert isinstance(value, Vector)
    for index, at in enumerate(steps):
        there = {
            labels: float(row[index])
            for labels, row, has in zip(value.labels, value.values, value.has, strict=True)
            if has[index]
        }
        assert there == pytest.approx(values(storage, query, at), nan_ok=True)


def test_scalars_and_time() -> None:
    value = evaluate_range("time() * 2 - 1", memory({}), 1000, 3000, 1000)
    assert isinstance(value, Scalar)
    assert value.values.tolist() == [1.0, 3.0, 5.0]


def test_a_selector_that_would_load_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_SAMPLES", 1000)
    storage = SegmentStorage()
    ids = np.array([storage.id_of(_labels(f"many,x={x}")) for x in range(100)])
    for scrape in range(11):
        storage.append(scrape * 5_000, ids, np.zeros(len(ids)))
    assert values(storage, "count(many)", 20_000) == {(): 100.0}
    with pytest.raises(PromQLError, match="too many samples") as caught:
        evaluate_instant("count(count_over_time(many[1h]))", storage, storage.newest)
    assert caught.value.kind == "execution"


def test_matchers_take_a_missing_label_as_empty() -> None:
    selection = Selection([Matcher("a", "=", ""), Matcher("b", "!=", "x"), Matcher("c", "=~", "|y")])
    assert selection.accepts({})
    assert selection.accepts({"b": "z", "c": "y"})
    assert not selection.accepts({"a": "1"})
    assert not selection.accepts({"c": "yy"})
