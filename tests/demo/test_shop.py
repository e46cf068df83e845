"""The shop's load: calm figures, what a slow release does to them, and what mends it."""

import dataclasses
from collections.abc import Mapping

import pytest

from opsconsole.demo.platform import Load
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.scenarios.script import Scenario, Script, Stage, Step
from opsconsole.demo.shop import statements as sql
from opsconsole.demo.shop.endpoints import BACKGROUND_STATEMENTS_S, CONNECTIONS_PER_POD, ENDPOINTS
from opsconsole.demo.shop.inventory import BY_NAME, NODES, WORKLOADS
from opsconsole.demo.shop.metrics import METRICS
from opsconsole.demo.shop.shop import Shop
from tests.demo.clusters import FakeCluster
from tests.demo.test_shop_series import STARTED, one, played


def total(load: Load, service: str) -> float:
    return sum(endpoint.requests_s for endpoint in load.services[service])


def cpu_percent(load: Load, workload: str) -> float:
    pods = [usage.cpu_millicores for pod, usage in load.pods.items() if pod.startswith(f"{workload}-")]
    return 100 * sum(pods) / len(pods) / BY_NAME[workload].cpu_request


def test_the_tables_agree_with_each_other() -> None:
    assert {e.service for e in ENDPOINTS} <= BY_NAME.keys()
    assert CONNECTIONS_PER_POD.keys() <= BY_NAME.keys()
    used = {statement for e in ENDPOINTS for statement in e.queries} | BACKGROUND_STATEMENTS_S.keys()
    for scenario in SCENARIOS.values():
        for behaviour in scenario.behaviours.values():
            used |= behaviour.statements_s.keys()
    assert used == sql.STATEMENTS.keys()
    assert 36 <= sum(w.replicas for w in WORKLOADS) <= 45
    for w in WORKLOADS:
        assert w.cpu_request <= w.cpu_limit
        assert w.memory_request <= w.memory_limit
    most = sum(w.cpu_request * (w.scaling.maximum if w.name == "api" and w.scaling else w.replicas) for w in WORKLOADS)
    assert most < sum(node.allocatable_millicores for node in NODES)


def test_a_calm_moment_looks_like_the_platform_it_is_taken_from() -> None:
    shop, _ = played(60)
    load = shop.load
    assert total(load, "api") * 60 == pytest.approx(2341, rel=0.16)
    assert load.business.active_users == pytest.approx(1247, rel=0.16)
    assert sum(load.database.connections.values()) == pytest.approx(45, abs=3)
    assert 85 < sum(load.database.statements_s.values()) < 150
    assert load.database.statements_s.keys() <= sql.STATEMENTS.keys()
    p95 = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{service="api"}[5m])))'
    assert one(shop, p95) == pytest.approx(0.156, rel=0.15)
    assert 50 < cpu_percent(load, "api") < 72
    assert load.hurt["pro"][0] < 0.05


@pytest.mark.parametrize("workload", [w.name for w in WORKLOADS if w.scaling])
def test_calm_usage_leaves_every_autoscaler_at_rest(workload: str) -> None:
    scaling = BY_NAME[workload].scaling
    assert scaling is not None
    shop, _ = played(1)
    assert cpu_percent(shop.load, workload) < 1.1 * scaling.cpu_target_percent


def test_every_metric_has_a_meaning_and_every_meaning_a_metric() -> None:
    shop, _ = played(6)
    suffixes = ("_bucket", "_sum", "_count")

    def family(name: str) -> str:
        base = next((name.removesuffix(s) for s in suffixes if name.endswith(s)), name)
        return base if METRICS.get(base, ("", ""))[0] == "histogram" else name

    assert {family(name) for name in shop.series.names()} == METRICS.keys()


def test_a_slow_release_shows_everywhere() -> None:
    before, _ = played(1)
    shop, cluster = played(330, "slow-release")
    assert cluster.deployed == [("api", "1.8.2", "deployer", {"FEED_V2": "on"})]
    checkout = next(e for e in shop.load.services["api"] if e.path == "/checkout")
    assert checkout.queries_per_request == pytest.approx(44)
    assert checkout.median_s > 0.6
    api = 'http_request_duration_seconds_bucket{service="api"}'
    assert one(shop, f"histogram_quantile(0.99, sum by (le) (rate({api}[5m])))") == pytest.approx(1.9, rel=0.1)
    assert one(shop, f"histogram_quantile(0.95, sum by (le) (rate({api}[5m])))") > 0.5
    fall = shop.load.business.orders_min / before.load.business.orders_min
    assert fall == pytest.approx(1 - 0.59, abs=0.03)
    plans = {plan: slow for plan, (slow, _) in shop.load.hurt.items()}
    assert max(plans, key=plans.__getitem__) == "pro"
    wanted = 12 * cpu_percent(shop.load, "api") / 65
    assert wanted > 20
    cluster.scale("api", 20)
    shop.step(STARTED + 331, cluster)
    assert cpu_percent(shop.load, "api") > 1.0 * 65
    assert 80 <= sum(shop.load.database.connections.values()) <= 92
    orders = shop.load.database.statements_s[sql.ORDER_ITEMS]
    assert orders > 30 * before.load.database.statements_s[sql.ORDER_ITEMS]


def test_going_back_to_the_old_version_mends_it() -> None:
    shop, cluster = played(60, "slow-release")
    cluster.scale("api", 20, "1.8.1")
    shop.step(STARTED + 61, cluster)
    checkout = next(e for e in shop.load.services["api"] if e.path == "/checkout")
    assert checkout.queries_per_request == 3
    assert shop.load.hurt["pro"][0] < 0.05
    assert shop.load.business.orders_min > 120


def test_in_a_rollout_each_version_answers_its_share() -> None:
    shop, cluster = played(1)
    shop.scenario = SCENARIOS["slow-release"]
    cluster.pods["api"] = {f"api-{i}": "1.8.2" if i < 4 else "1.8.1" for i in range(12)}
    shop.step(STARTED + 2, cluster)
    checkout = next(e for e in shop.load.services["api"] if e.path == "/checkout")
    assert checkout.queries_per_request == pytest.approx((4 * 44 + 8 * 3) / 12)


def test_too_few_pods_answer_slowly_and_fail_and_none_fail_everything() -> None:
    shop, cluster = played(1)
    calm = shop.load
    cluster.scale("api", 3)
    shop.step(STARTED + 2, cluster)
    assert shop.load.services["api"][0].median_s > 2 * calm.services["api"][0].median_s
    assert shop.load.services["api"][0].error_ratio > 0.05
    cluster.pods["api"] = {}
    shop.step(STARTED + 3, cluster)
    assert all(endpoint.error_ratio == 1.0 for endpoint in shop.load.services["api"])
    assert sum(failed for _, failed in shop.load.hurt.values()) == pytest.approx(total(calm, "api"), rel=0.02)
    assert shop.load.business.orders_min == 0


def test_the_default_is_two_calm_minutes_and_speed_compresses_them() -> None:
    cluster = FakeCluster()
    shop = Shop(7, STARTED, SCENARIOS["default"], speed=4.0)
    shop.step(STARTED + 29, cluster)
    assert not cluster.deployed
    shop.step(STARTED + 30, cluster)
    shop.step(STARTED + 31, cluster)
    assert len(cluster.deployed) == 1
    assert [step.says for _, step in shop.played] == ["deployer releases api 1.8.2"]


def test_a_script_plays_steps_in_the_order_of_their_times() -> None:
    said: list[str] = []

    def says(word: str) -> Step:
        return Step(float(word), word, lambda stage: said.append(word))

    script = Script(Scenario("x", "x", (says("30"), says("10"), says("20"))), 100.0, 1.0)
    stage = Stage(Shop(1, 100.0, SCENARIOS["calm"]), FakeCluster())
    for now in (105.0, 125.0, 126.0, 200.0):
        script.advance(now, stage)
    assert said == ["10", "20", "30"]
    with pytest.raises(ValueError, match="above zero"):
        Script(SCENARIOS["calm"], 0.0, 0.0)


def test_traffic_can_be_multiplied_by_a_scenario() -> None:
    shop, cluster = played(1)
    before = total(shop.load, "web")
    shop.set_traffic("web", 3.0)
    shop.step(STARTED + 1, cluster)
    assert total(shop.load, "web") == pytest.approx(3 * before)


def test_the_load_is_unknown_before_the_first_step() -> None:
    with pytest.raises(RuntimeError, match="first step"):
        _ = Shop(1, STARTED, SCENARIOS["calm"]).load


def test_the_load_holds_plain_numbers_only() -> None:
    shop, _ = played(1)

    def walk(value: object) -> None:
        if dataclasses.is_dataclass(value):
            walk([getattr(value, field.name) for field in dataclasses.fields(value)])
        elif isinstance(value, Mapping):
            walk(list(value.values()))
        elif isinstance(value, list | tuple):
            for part in value:
                walk(part)
        else:
            assert type(value) in (int, float, str), value

    walk(shop.load)
