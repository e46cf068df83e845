"""An HPA in words: what decides, what holds it and for how long."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from opsconsole.model.kubernetes import (
    Condition,
    Container,
    Hpa,
    HpaBehavior,
    HpaMetric,
    HpaPast,
    HpaPolicy,
    HpaRules,
    Pod,
    Scaling,
    Usage,
)
from opsconsole.rules.hpa import at_maximum_since, cell, headroom, keda_words, metric_words, state, wants, why, words
from opsconsole.rules.hpa_prediction import Around
from opsconsole.text import clock

AT = datetime(2026, 3, 26, 2, 44, tzinfo=UTC)
CPU = HpaMetric("Resource", "cpu", "Utilization", 65, 91)
QUEUE = HpaMetric("External", "queue", "AverageValue", 30, 24)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT + timedelta(minutes=9))


def hpa(
    *metrics: HpaMetric, current: int = 20, minimum: int = 3, maximum: int = 20, conditions: tuple[Condition, ...] = ()
) -> Hpa:
    return Hpa("u", "shop", "api", "Deployment", "api", minimum, maximum, current, current, metrics, conditions)


def test_the_largest_of_several_metrics_decides() -> None:
    want = wants(hpa(CPU, QUEUE))
    assert want is not None
    assert (want.replicas, want.metric.name) == (28, "cpu")


def test_a_missing_metric_stops_scaling_down_but_not_up() -> None:
    blind = HpaMetric("External", "queue", "Value", 10, None)
    down = wants(hpa(HpaMetric("Resource", "cpu", "Utilization", 65, 10), blind))
    up = wants(hpa(CPU, blind))
    assert down is not None
    assert down.replicas == 20
    assert up is not None
    assert up.replicas == 28
    assert wants(hpa(blind)) is None
    assert cell(hpa(blind)) == "3<=20->?<=20"


def test_words() -> None:
    limited = Condition("ScalingLimited", "True", "TooManyReplicas", "", AT)
    full = hpa(CPU, conditions=(limited,))
    assert cell(full) == "3<=20->28<=20 cpu"
    assert words(full) == "HPA at max since 02:44, wants 28"
    assert why(full) == "cpu 91/65 % of request x 20 pods = wants 28, held to 20 by maxReplicas"
    assert headroom(full) == 0
    assert words(hpa(CPU, maximum=40)) == ""
    inactive = Condition("ScalingActive", "False", "FailedGetResourceMetric")
    assert words(hpa(CPU, maximum=40, conditions=(inactive,))) == "HPA blind: FailedGetResourceMetric"
    near = hpa(HpaMetric("Resource", "cpu", "Utilization", 65, 70), maximum=40)
    assert why(near) == "cpu 70/65 % of request x 20 pods = within 10 % of the target, stays 20"
    per_pod = hpa(HpaMetric("Pods", "jobs", "AverageValue", 30, 45), maximum=40)
    assert why(per_pod) == "jobs 45/30 per pod x 20 pods = wants 30"
    assert metric_words(full, CPU) == "cpu 91/65 % (1.40)"


def test_a_condition_keeps_its_time_while_its_reason_changes() -> None:
    """Limited by the policy since 02:44, then by the maximum: it stands there since its last step."""
    limited = Condition("ScalingLimited", "True", "TooManyReplicas", "", AT)
    later = AT + timedelta(minutes=9)
    assert at_maximum_since(msgspec.structs.replace(hpa(CPU, conditions=(limited,)), last_scale=later)) == later


def test_a_missing_metric_is_said_with_what_it_forbids() -> None:
    blind = HpaMetric("External", "queue", "Value", 10, None)
    idle = HpaMetric("Resource", "cpu", "Utilization", 65, 10)
    assert words(hpa(idle, blind)) == "HPA metric missing (queue) → scale-down blocked"
    assert why(hpa(idle, blind)).endswith("would go down, metric missing (queue) → scale-down blocked")
    assert metric_words(hpa(blind), blind) == "queue unknown/10"


SLOW = HpaBehavior(HpaRules((HpaPolicy("Pods", 1, 60),)), HpaRules((HpaPolicy("Percent", 100, 15),), window_s=300))


def slow(current: int, value: float, past: HpaPast, *conditions: Condition) -> tuple[Hpa, Around]:
    metric = HpaMetric("Resource", "cpu", "Utilization", 50, value)
    row = hpa(metric, current=current, minimum=1, maximum=20, conditions=conditions)
    return msgspec.structs.replace(row, behavior=SLOW), Around(AT, past=past)


def test_held_by_a_policy_for_another_while() -> None:
    past = HpaPast((Scaling(AT - timedelta(seconds=48), 6, 5, "cpu above target"),))
    row, around = slow(6, 66, past)
    assert state(row, around) == "wants 8 · held to 6 by the scale-up policy for another 12 s"
    assert why(row, around).endswith("= wants 8, held to 6 by the scale-up policy for another 12 s")


def test_stabilizing_down_until_the_last_higher_recommendation_is_old() -> None:
    seen = ((AT - timedelta(seconds=200), 9), (AT - timedelta(seconds=170), 7), (AT - timedelta(seconds=5), 5))
    row, around = slow(7, 35, HpaPast(asked=seen, watched_since=AT - timedelta(hours=1)))
    assert state(row, around) == "stabilizing down: 300 s window, 7→5 in 2m10s"


def test_stabilizing_that_began_before_it_was_watched_has_a_bound() -> None:
    held = Condition("AbleToScale", "True", "ScaleDownStabilized")
    row, around = slow(7, 35, HpaPast(asked=((AT, 5),), watched_since=AT - timedelta(seconds=50)), held)
    assert state(row, around) == "stabilizing down: 300 s window, 7→5 within 4m10s"


def test_at_its_minimum_no_window_holds_it() -> None:
    held = Condition("AbleToScale", "True", "ScaleDownStabilized")
    row, around = slow(3, 10, HpaPast(asked=((AT, 3),), watched_since=AT), held)
    assert state(msgspec.structs.replace(row, minimum=3), around) == "wants 1 · held to 3 by minReplicas"


def test_pods_that_do_not_count_yet_are_named() -> None:
    ready = Condition("Ready", "True", "", "", AT)
    started = Pod(
        "", "shop", "", "Running", "Running", 1, 1, 0, AT, containers=(Container("app", "app", cpu_request=0.1),),
        conditions=(ready,), started=AT - timedelta(hours=1),
    )  # fmt: skip
    every = tuple(msgspec.structs.replace(started, name=f"api-{at}") for at in range(4))
    measured = {f"shop/api-{at}": Usage(0.1, 1.0) for at in range(2)}
    metric = HpaMetric("Resource", "cpu", "Utilization", 50, 100)
    around = Around(AT, every, measured)
    assert why(hpa(metric, current=4), around) == (
        "cpu 100/50 % of request x 4 pods = stays 4: 2 pods not counted yet (starting or without metrics)"
    )
    # the status still speaks of two replicas when the pods that came of its step are seen already
    acted = msgspec.structs.replace(hpa(metric, current=2), desired=4, last_scale=AT)
    assert why(acted, around) == "cpu 100/50 % of request x 2 pods = wants 4"


def test_thrashing_is_counted() -> None:
    sizes = (4, 8, 4, 8, 4, 8)
    steps = tuple(
        Scaling(AT - timedelta(minutes=50 - 8 * at), after, before)
        for at, (before, after) in enumerate(pairwise(sizes))
    )
    row, around = slow(8, 50, HpaPast(steps))
    assert state(row, around) == "thrashing: turned 4 times in 60 min"
    assert state(row, Around(AT + timedelta(hours=1), past=HpaPast(steps))) == ""


def test_kedas_hpa_says_who_made_it() -> None:
    row = msgspec.structs.replace(hpa(CPU), keda="api", keda_paused="scale-in paused")
    assert keda_words(row) == "made by KEDA's scaledobject/api (bounds 3..20, scale-in paused)"
    assert keda_words(hpa(CPU)) == ""
