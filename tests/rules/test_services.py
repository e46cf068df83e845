"""Figures of services from summed counters: event-weighted errors, percentiles of sums, unknown where nothing is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.metrics import Answer, Sample, ServiceFigures
from opsconsole.rules.histogram import above, add, quantile
from opsconsole.rules.services import Names, ServiceAnswers, services

INF = math.inf
PUBLISHED = {0.1: 5.0, 0.2: 7.0, 1.0: 11.0, INF: 11.0}


def answer(*rows: tuple[dict[str, str], float | None], warnings: tuple[str, ...] = ()) -> Answer:
    return Answer(
        "q",
        samples=tuple(Sample(tuple(sorted(labels.items())), 0.0, value) for labels, value in rows),
        warnings=warnings,
    )


def buckets(service: str, endpoint: str, counts: dict[float, float]) -> list[tuple[dict[str, str], float | None]]:
    words = {bound: "+Inf" if bound == INF else f"{bound:g}" for bound in counts}
    return [({"service": service, "endpoint": endpoint, "le": words[bound]}, count) for bound, count in counts.items()]


@pytest.mark.parametrize(("q", "expected"), [(0.25, 0.055), (0.5, 0.125), (0.75, 0.45)])
def test_the_published_histogram(q: float, expected: float) -> None:
    """prometheus promql/promqltest/testdata/histograms.test: 0.1:5, 0.2:7, 1:11, +Inf:11."""
    assert quantile(q, PUBLISHED) == pytest.approx(expected)


def test_a_quantile_beyond_the_last_bound_is_that_bound_and_nothing_observed_is_unknown() -> None:
    assert quantile(0.99, {0.1: 1.0, INF: 10.0}) == 0.1
    assert quantile(0.99, {0.1: 0.0, INF: 0.0}) is None
    assert quantile(0.99, {}) is None
    assert quantile(0.99, {0.1: 5.0, 0.2: 5.0}) is None


def test_what_lies_above_a_limit_uses_the_next_bound() -> None:
    assert above(0.15, PUBLISHED) == (4.0, 0.2)
    assert above(2.0, PUBLISHED) == (0.0, None)


@given(st.lists(st.floats(0, 100, allow_subnormal=False), min_size=2, max_size=8), st.floats(0, 1), st.floats(0, 1))
def test_quantiles_ascend_and_do_not_depend_on_scale(counts: list[float], one: float, other: float) -> None:
    total, histogram = 0.0, {}
    for index, count in enumerate(counts):
        total += count
        histogram[INF if index == len(counts) - 1 else float(index + 1)] = total
    low, high = (quantile(q, histogram) for q in sorted((one, other)))
    if low is None or high is None:
        assert not total > 0
        return
    assert low <= high + 1e-9
    doubled = quantile(max(one, other), add((histogram, histogram)))
    assert doubled == pytest.approx(high, rel=1e-6, abs=1e-9)


def table() -> dict[tuple[str, str], ServiceFigures]:
    requests = answer(
        ({"service": "api", "endpoint": "/a", "status": "200"}, 90.0),
        ({"service": "api", "endpoint": "/a", "status": "500"}, 0.0),
        ({"service": "api", "endpoint": "/b", "status": "503"}, 5.0),
        ({"service": "api", "endpoint": "/b", "status": "404"}, 5.0),
        ({"service": "idle", "endpoint": "/", "status": "200"}, 0.0),
        ({"service": "odd", "endpoint": "/", "status": "200"}, None),
        warnings=("partial",),
    )
    fast, slow = {0.1: 90.0, 1.0: 90.0, INF: 90.0}, {0.1: 0.0, 1.0: 10.0, INF: 10.0}
    latency = answer(*buckets("api", "/a", fast), *buckets("api", "/b", slow))
    versions = answer(
        ({"service": "api", "version": "1.8.1"}, 60.0),
        ({"service": "api", "version": "1.8.2"}, 38.0),
        ({"service": "api", "version": "1.7.0"}, 0.1),
    )
    week = answer(({"service": "api", "endpoint": "/a"}, 45.0))
    found = services(ServiceAnswers(requests, latency, versions, week), Names())
    assert found.warnings == ("partial",)
    return {(row.service, row.endpoint): row for row in found.figures}


def test_error_shares_are_weighted_by_requests_not_averaged() -> None:
    rows = table()
    assert rows["api", ""].requests_s == 100.0
    assert rows["api", ""].server_errors == pytest.approx(0.05)
    assert rows["api", ""].client_errors == pytest.approx(0.05)
    assert rows["api", "/b"].server_errors == pytest.approx(0.5)


def test_percentiles_of_a_service_are_taken_of_its_endpoints_buckets_together() -> None:
    rows = table()
    together = {0.1: 90.0, 1.0: 100.0, INF: 100.0}
    assert rows["api", ""].p95_s == quantile(0.95, together)
    assert rows["api", "/a"].p99_s == pytest.approx(0.099)


def test_no_requests_are_no_errors_known() -> None:
    idle = table()["idle", ""]
    assert idle.requests_s == 0.0
    assert idle.server_errors is None
    assert idle.p99_s is None
    assert ("odd", "") not in table()


def test_last_week_and_versions_stand_beside() -> None:
    rows = table()
    assert rows["api", "/a"].requests_last_week_s == 45.0
    assert rows["api", "/b"].requests_last_week_s is None
    assert rows["api", ""].version == "1.8.1+1.8.2"


def test_busiest_first_and_each_service_before_its_endpoints() -> None:
    assert [key for key in table() if key[0] == "api"] == [("api", ""), ("api", "/a"), ("api", "/b")]
    assert next(iter(table())) == ("api", "")
