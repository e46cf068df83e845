"""What the shop makes of its real servers' troubles, without the servers."""

import pytest

from opsconsole.cli.demo import SCENARIOS as OFFERED
from opsconsole.demo.acts import ACTS
from opsconsole.demo.meter import WINDOW_S, Meter
from opsconsole.demo.platform import Observed, Trouble
from opsconsole.demo.scenarios import SCENARIOS, Stage
from opsconsole.demo.shop import statements as sql
from opsconsole.demo.shop.dependence import CACHE_HIT_RATIO, felt
from opsconsole.demo.shop.endpoints import BY_SERVICE, CHECKOUT
from tests.demo.test_shop_series import STARTED, played

CHECKOUT_CALM, FEED_CALM = (
    next(endpoint for endpoint in BY_SERVICE["api"] if endpoint.path == path) for path in (CHECKOUT, "/feed")
)


def test_the_command_offers_every_scenario() -> None:
    assert set(OFFERED) == SCENARIOS.keys()


@pytest.mark.parametrize("name", ["lock-pileup", "cache-collapse", "missing-index", "vacuum-behind"])
def test_what_a_scenario_calls_for_is_an_act(name: str) -> None:
    called: list[str] = []

    class Servers:
        def begin(self, act: str) -> None:
            called.append(act)

    class Cluster:
        def __getattr__(self, name: str) -> object:
            return lambda *_, **__: None

    for step in SCENARIOS[name].steps:
        step.act(Stage(Cluster(), Cluster(), Servers()))  # type: ignore[arg-type]
    assert called
    assert set(called) <= ACTS.keys()


def test_endpoints_take_longer_by_what_their_statements_take_and_fail_as_they_do() -> None:
    assert felt(CHECKOUT_CALM, Observed()) is CHECKOUT_CALM
    slow = felt(FEED_CALM, Observed(statements={sql.FEED_PAGE: Trouble(slower_s=0.02)}))
    assert slow.median_s == pytest.approx(FEED_CALM.median_s + 0.02, rel=0.03)
    assert felt(CHECKOUT_CALM, Observed(statements={sql.FEED_PAGE: Trouble(slower_s=9)})) is CHECKOUT_CALM
    stuck = felt(CHECKOUT_CALM, Observed(statements={sql.ORDER_INSERT: Trouble(waits_s=8, failing=0.5)}))
    assert stuck.median_s == 8.1
    assert stuck.error_ratio == pytest.approx(0.5, abs=0.01)
    refused = Observed(statements=dict.fromkeys(CHECKOUT_CALM.queries, Trouble(failing=1)))
    assert felt(CHECKOUT_CALM, refused).error_ratio < 1 - CHECKOUT_CALM.client_error_ratio


def test_what_the_cache_misses_is_asked_of_the_database() -> None:
    assert felt(FEED_CALM, Observed(cache_hit_ratio=CACHE_HIT_RATIO - 0.02)) is FEED_CALM, "chance"
    cold = felt(FEED_CALM, Observed(cache_hit_ratio=0.43))
    assert cold.queries[sql.POST_CARD] == pytest.approx(10 * FEED_CALM.queries[sql.POST_CARD])
    assert cold.median_s > 1.4 * FEED_CALM.median_s


def test_a_statement_is_slow_by_its_fastest_calls_and_in_trouble_by_what_hangs_or_fails() -> None:
    meter = Meter()

    def second(took_s: float, failed: int = 0, hanging: int = 0) -> Trouble:
        meter.asked(sql.FEED_PAGE, 10)
        meter.answered(sql.FEED_PAGE, 4, 4 * took_s)
        meter.answered(sql.FEED_PAGE, 1, took_s + 0.5)
        meter.failed(sql.FEED_PAGE, failed)
        return meter.second({sql.FEED_PAGE: hanging}).get(sql.FEED_PAGE, Trouble())

    for took_s in (0.0004, 0.0003, 0.003):
        assert second(took_s) == Trouble(), "some noise is the loop's own"
    for _ in range(5):
        slow = second(0.03)
    assert slow.slower_s == pytest.approx(0.0297)
    assert (slow.waits_s, slow.failing) == (0, 0)
    for _ in range(WINDOW_S):
        failing = second(0.0003, failed=5, hanging=30)
    assert (failing.slower_s, failing.failing) == (0, 0.5)
    assert failing.waits_s == pytest.approx(6.4)


def test_a_leak_belongs_to_the_pods_of_its_version() -> None:
    shop, cluster = played(30, "pool-exhaustion")
    leaks = shop.load.database.leaks
    assert len(leaks) == 12
    assert {application for application, _ in leaks.values()} == {"api"}
    cluster.scale("api", 12, "1.8.1")
    shop.step(STARTED + 31, cluster)
    assert shop.load.database.leaks == {}


def test_presence_is_swept_by_the_pods_of_its_version() -> None:
    shop, cluster = played(30, "vacuum-behind")
    assert shop.load.database.statements_s[sql.PRESENCE_SWEEP] == pytest.approx(0.2)
    assert shop.load.database.statements_s[sql.SESSIONS_ONLINE] > 4
    cluster.scale("auth", 2, "2.3.5")
    shop.step(STARTED + 31, cluster)
    assert sql.PRESENCE_SWEEP not in shop.load.database.statements_s
