"""The HPA's arithmetic against published examples, and its words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.kubernetes import Condition, Hpa, HpaMetric
from opsconsole.rules.hpa import Sample, cell, metric_wants, replicas_for, utilization, wants, why, words

AT = datetime(2026, 3, 26, 2, 44, tzinfo=UTC)
CPU = HpaMetric("Resource", "cpu", "Utilization", 65, 91)
QUEUE = HpaMetric("External", "queue", "AverageValue", 30, 24)


def hpa(
    *metrics: HpaMetric, current: int = 20, minimum: int = 3, maximum: int = 20, conditions: tuple[Condition, ...] = ()
) -> Hpa:
    return Hpa("u", "shop", "api", "Deployment", "api", minimum, maximum, current, current, metrics, conditions)


@pytest.mark.parametrize(("current", "expected"), [(200, 2), (50, 1), (110, 1), (111, 2)])
def test_the_examples_of_the_documentation(current: float, expected: int) -> None:
    """kubernetes/website: horizontal-pod-autoscale.md, Algorithm details: 200m of 100m doubles, within 0.1 stays."""
    metric = HpaMetric("Resource", "cpu", "AverageValue", 100, current)
    want = metric_wants(metric, 1)
    assert want is not None
    assert want.replicas == expected
    halved = metric_wants(HpaMetric("Resource", "cpu", "AverageValue", 100, 50), 4)
    assert halved is not None
    assert halved.replicas == 2


def samples(levels: str, requests: str = "", unready: str = "") -> list[Sample]:
    """Milli-CPU per pod (`-` is missing), requests in cores (default 1), indexes of pods that are not ready."""
    usage = [None if level == "-" else float(level) / 1000 for level in levels.split()]
    asked = [float(part) for part in requests.split()] or [1.0] * len(usage)
    return [
        Sample(used, request, str(index) not in unready.split())
        for index, (used, request) in enumerate(zip(usage, asked, strict=True))
    ]


@pytest.mark.parametrize(
    ("given_samples", "target", "expected", "percent"),
    [
        pytest.param(samples("300 500 700"), 30, 5, 50, id="ScaleUp"),
        pytest.param(samples("300 500 700", unready="0"), 30, 4, 60, id="ScaleUpUnreadyLessScale"),
        pytest.param(samples("400 500 700", unready="1 2"), 30, 3, 40, id="ScaleUpUnreadyNoScale"),
        pytest.param(samples("100 300 500 250 250"), 50, 3, 28, id="ScaleDown"),
        pytest.param(samples("100 300 500 250 250", unready="3 4"), 50, 2, 30, id="ScaleDownExcludeUnreadyPods"),
        pytest.param(samples("1010 1030 1020", "0.9 1.0 1.1"), 100, 3, 102, id="Tolerance"),
        pytest.param(samples("400 95 - -"), 100, 3, 24, id="MissingMetrics"),
        pytest.param(samples("1000 -"), 100, 2, 100, id="MissingMetricsNoChangeEq"),
        pytest.param(samples("1900 -"), 100, 2, 190, id="MissingMetricsNoChangeGt"),
        pytest.param(samples("- 100 100 100", unready="0"), 50, 1, 10, id="unready pods do not count on the way down"),
    ],
)
def test_the_controllers_own_examples(given_samples: list[Sample], target: int, expected: int, percent: int) -> None:
    """kubernetes/kubernetes: pkg/controller/podautoscaler/replica_calculator_test.go, TestReplicaCalc<id>."""
    ready = [sample for sample in given_samples if sample.ready]
    assert utilization(ready) == percent
    assert replicas_for(given_samples, target) == expected


@given(st.floats(1, 500), st.floats(1, 500), st.integers(1, 200))
def test_more_load_never_wants_fewer(low: float, high: float, replicas: int) -> None:
    low, high = sorted((low, high))
    few = metric_wants(HpaMetric("Resource", "cpu", "Utilization", 65, low), replicas)
    many = metric_wants(HpaMetric("Resource", "cpu", "Utilization", 65, high), replicas)
    assert few is not None
    assert many is not None
    assert few.replicas <= many.replicas


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
    assert words(hpa(CPU, maximum=40)) == ""
    inactive = Condition("ScalingActive", "False", "FailedGetResourceMetric")
    assert words(hpa(CPU, maximum=40, conditions=(inactive,))) == "HPA blind: FailedGetResourceMetric"
    stable = hpa(
        HpaMetric("Resource", "cpu", "Utilization", 65, 20),
        conditions=(Condition("AbleToScale", "True", "ScaleDownStabilized"),),
    )
    assert why(stable).endswith("wants 7, held by the stabilization window of scaling down")
    near = hpa(HpaMetric("Resource", "cpu", "Utilization", 65, 70), maximum=40)
    assert why(near) == "cpu 70/65 % of request x 20 pods = within 10 % of the target, stays 20"
    per_pod = hpa(HpaMetric("Pods", "jobs", "AverageValue", 30, 45), maximum=40)
    assert why(per_pod) == "jobs 45/30 per pod x 20 pods = wants 30"
