"""The shop's series: a past from the first second, no seam, pods that come and go, and figures that stay small."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from opsconsole.demo.platform import Observed
from opsconsole.demo.promql.engine import evaluate_instant, evaluate_range
from opsconsole.demo.promql.series import NAME, Matcher, Selection, is_stale
from opsconsole.demo.promql.value import Vector
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.shop.shop import Shop
from tests.demo.clusters import FakeCluster

STARTED = 1_795_290_003.0
HOUR, DAY = 3_600_000, 86_400_000


def played(seconds: int, scenario: str = "calm", seed: int = 7) -> tuple[Shop, FakeCluster]:
    cluster = FakeCluster()
    shop = Shop(seed, STARTED, SCENARIOS[scenario])
    for second in range(seconds + 1):
        shop.step(STARTED + second, cluster)
    return shop, cluster


def ranged(shop: Shop, query: str, start: int, end: int, step: int) -> Vector:
    value = evaluate_range(query, shop.series, start, end, step)
    assert isinstance(value, Vector)
    return value


def one(shop: Shop, query: str, at: int | None = None) -> float:
    value = evaluate_instant(query, shop.series, shop.series.newest if at is None else at)
    assert isinstance(value, Vector)
    assert len(value.labels) == 1, query
    return float(value.values[0, 0])


def test_last_week_exists_after_the_first_step() -> None:
    shop, _ = played(0)
    week_ago = int(STARTED * 1000) - 7 * DAY
    rates = ranged(shop, "sum by (service) (rate(http_requests_total[5m]))", week_ago - HOUR, week_ago, 60_000)
    assert {dict(labels)["service"] for labels in rates.labels} >= {"api", "web", "search", "auth"}
    assert bool(np.all(rates.has))
    assert one(shop, 'sum(rate(http_requests_total{service="api"}[5m])) * 60', week_ago) == pytest.approx(
        2341, rel=0.16
    )


def test_fifteen_days_are_there_and_no_more() -> None:
    shop, _ = played(10)
    day = "count(rate(orders_total[10m]))"
    assert one(shop, day, int(STARTED * 1000) - 14 * DAY) == 1
    gone = evaluate_instant(day, shop.series, int(STARTED * 1000) - 16 * DAY)
    assert isinstance(gone, Vector)
    assert not gone.labels


def test_counters_are_continuous_and_never_fall_across_the_seam() -> None:
    shop, _ = played(120)
    counters = Matcher(NAME, "=~", ".*_total|.*_bucket|.*_count|.*_sum")
    # The node of a gauge called …_count is none of ours here: sessions may fall.
    selection = Selection([counters, Matcher(NAME, "!=", "pg_stat_activity_count")])
    end = shop.series.newest
    blocks = shop.series.select(selection, np.array([end - 2 * HOUR]), np.array([end]))
    assert sum(len(block.labels) for block in blocks) > 1000
    for block in blocks:
        assert bool(np.all(np.diff(block.times) > 0))
        assert bool(np.all(np.diff(block.values, axis=1) >= -1e-9)), block.labels[0]
    start = int(STARTED * 1000)
    rates = ranged(shop, 'sum(rate(http_requests_total{service="api"}[1m]))', start - 300_000, end, 5_000)
    assert float(np.ptp(rates.values)) < 0.1 * float(np.mean(rates.values))


def test_the_same_seed_tells_the_same_story() -> None:
    queries = ["sum(rate(http_requests_total[5m]))", "active_users", "sum(container_memory_working_set_bytes)"]
    (first, _), (second, _), (other, _) = played(30), played(30), played(30, seed=8)
    assert [one(first, query) for query in queries] == [one(second, query) for query in queries]
    assert [one(first, query) for query in queries] != [one(other, query) for query in queries]


def test_series_of_a_pod_end_with_it_and_new_ones_begin_at_zero() -> None:
    shop, cluster = played(30)
    cluster.scale("api", 10)
    cluster.scale("web", 3)
    for second in range(31, 46):
        shop.step(STARTED + second, cluster)
    assert one(shop, 'count(up{job="api"})') == 10
    assert one(shop, 'count(http_request_duration_seconds_count{service="web"})') == 6
    assert one(shop, 'max(http_requests_total{pod="web-4.4.0-2"})') < 60
    assert one(shop, 'kube_horizontalpodautoscaler_status_desired_replicas{horizontalpodautoscaler="api"}') == 10
    assert one(shop, 'kube_horizontalpodautoscaler_spec_max_replicas{horizontalpodautoscaler="api"}') == 20
    ended = Selection([Matcher(NAME, "=", "up"), Matcher("instance", "=", "api-1.8.1-11:3000")])
    (block,) = shop.series.select(ended, np.array([0]), np.array([shop.series.newest]))
    assert is_stale(block.values)[0, -1]


def test_labels_name_pod_node_and_version() -> None:
    shop, _ = played(5)
    series = shop.series.series(Selection([Matcher(NAME, "=", "http_requests_total")]), 0, shop.series.newest)
    assert {name for labels in series for name, _ in labels} == {
        NAME, "namespace", "service", "pod", "node", "version", "method", "endpoint", "status",
    }  # fmt: skip


def test_old_samples_are_thinned_to_one_a_minute_and_keep_their_story() -> None:
    cluster = FakeCluster()
    shop = Shop(7, STARTED, SCENARIOS["calm"])
    for second in range(0, 2 * 3600, 5):
        shop.step(STARTED + second, cluster)
    end = shop.series.newest
    selection = Selection([Matcher(NAME, "=", "orders_total")])
    (block,) = shop.series.select(selection, np.array([end - 2 * HOUR]), np.array([end]))
    gaps = np.diff(block.times)
    assert set(gaps[block.times[1:] < end - 1.3 * HOUR].tolist()) == {60_000}
    assert set(gaps[block.times[:-1] > end - HOUR].tolist()) == {5_000}
    rates = ranged(shop, "rate(orders_total[5m]) * 60", end - 2 * HOUR, end, 60_000)
    assert float(np.min(rates.values)) > 120


def test_real_servers_replace_the_model_and_their_past_leads_to_them() -> None:
    cluster = FakeCluster()
    shop = Shop(7, STARTED, SCENARIOS["calm"])
    shop.step(STARTED, cluster)
    shop.observed = Observed(
        connections_by_state={"active": 3, "idle": 41}, max_connections=100, cache_memory_bytes=7_000_000,
        cache_max_memory_bytes=64_000_000, cache_clients=9,
    )  # fmt: skip
    for second in range(1, 11):
        shop.step(STARTED + second, cluster)
    assert one(shop, "redis_memory_used_bytes") == 7_000_000
    assert one(shop, "redis_memory_used_bytes offset 1d") == pytest.approx(7_000_000)
    assert one(shop, 'pg_stat_activity_count{state="idle"}') == 41
    assert one(shop, "pg_settings_max_connections") == 100


def test_queries_run_in_threads_while_the_shop_goes_on() -> None:
    shop, cluster = played(5)
    queries = ("count({__name__=~'.+'})", "sum(rate(http_requests_total[5m]))", "count by (pod) (up)")
    with ThreadPoolExecutor(2) as threads:
        asked = []
        for second in range(6, 246):
            if second % 40 == 0:
                cluster.scale("api", 4 + second % 7)
            shop.step(STARTED + second, cluster)
            query = queries[second % len(queries)]
            asked.append(threads.submit(ranged, shop, query, int(STARTED * 1000) - HOUR, shop.series.newest, 60_000))
        assert all(bool(np.any(answer.result().has)) for answer in asked)
