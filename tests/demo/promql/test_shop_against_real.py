"""Queries as consoles ask them: the simulated and the real Prometheus agree over the shop's series."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.demo.shop.shop import Shop
from tests.demo.promql.compare import assert_same_instant, assert_same_range
from tests.demo.promql.real import RealPrometheus
from tests.demo.promql.samples import SHOP_FROM, SHOP_STARTED

_QUERIES = (
    "sum by (service) (rate(http_requests_total[$w]))",
    'sum(rate(http_requests_total{status=~"5.."}[$w])) / sum(rate(http_requests_total[$w]))',
    'sum by (service) (rate(http_requests_total{status=~"5.."}[$w]))'
    " or 0 * sum by (service) (rate(http_requests_total[$w]))",
    "sum by (service, endpoint, le) (rate(http_request_duration_seconds_bucket[$w]))",
    "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[$w])))",
    "histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket[$w])))",
    "rate(http_request_duration_seconds_sum[$w]) / rate(http_request_duration_seconds_count[$w])",
    'sum by (version) (rate(http_requests_total{service="api",endpoint="/checkout"}[$w]))',
    "topk(3, sum by (service, endpoint) (rate(http_request_duration_seconds_sum[$w])))",
    "sum by (plan, outcome) (rate(customer_requests_total[$w]))",
    "60 * sum(rate(orders_total[$w]))",
    "sum(rate(http_requests_total[$w])) / sum(rate(http_requests_total[$w] offset 5m))",
    "sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=\"POD\"}[$w]))"
    ' / on(namespace, pod) kube_pod_container_resource_requests{resource="cpu"}',
    "container_memory_working_set_bytes / on(pod, container) group_left(resource)"
    ' kube_pod_container_resource_limits{resource="memory"}',
    "sum(pg_stat_activity_count) / scalar(pg_settings_max_connections)",
    "rate(redis_keyspace_hits_total[$w])"
    " / (rate(redis_keyspace_hits_total[$w]) + rate(redis_keyspace_misses_total[$w]))",
    "kube_deployment_status_replicas_available < kube_deployment_spec_replicas",
    "kube_horizontalpodautoscaler_status_desired_replicas == kube_horizontalpodautoscaler_spec_min_replicas",
    "histogram_quantile(0.5, rate(external_request_duration_seconds_bucket[$w]))",
    "count by (job) (up == 1)",
    "max_over_time(active_users[$w]) - min_over_time(active_users[$w])",
    "absent(http_requests_total{service=\"gone\"})",
)  # fmt: skip
_END = round(SHOP_STARTED * 1000) + 300_000
_given_queries = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
# Before this, a window or a look-back would reach samples that the real server was not given.
_REACHED_BACK_MS = 11 * 60_000


@_given_queries
@given(
    query=st.sampled_from(_QUERIES),
    window=st.sampled_from(("30s", "1m", "2m", "5m")),
    start=st.integers(SHOP_FROM + _REACHED_BACK_MS, _END),
    step=st.sampled_from((5_000, 15_000, 17_001, 60_000)),
    count=st.integers(0, 80),
)
def test_range_queries_of_a_console_agree(
    shop: Shop, real: RealPrometheus, query: str, window: str, start: int, step: int, count: int
) -> None:
    end = min(_END, start + step * count)
    assert_same_range(shop.series, real, query.replace("$w", window), start, end, step)


@_given_queries
@given(
    query=st.sampled_from(_QUERIES),
    window=st.sampled_from(("30s", "1m", "2m", "5m")),
    at=st.integers(SHOP_FROM + _REACHED_BACK_MS, _END + 200_000),
)
def test_instant_queries_of_a_console_agree(shop: Shop, real: RealPrometheus, query: str, window: str, at: int) -> None:
    assert_same_instant(shop.series, real, query.replace("$w", window), at)
