"""The replica calculator against the controller's own examples, and the laws that it keeps.

Source: kubernetes/kubernetes, pkg/controller/podautoscaler/replica_calculator_test.go (ids are TestReplicaCalc<id>).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.kubernetes import HpaMetric
from opsconsole.rules.hpa_calculator import Sample, Tolerances, grouped, overall, per_pod

CPU = HpaMetric("Resource", "cpu", "Utilization", 30)


def percent(target: float) -> HpaMetric:
    return HpaMetric("Resource", "cpu", "Utilization", target)


def samples(levels: str, requests: str = "", unready: str = "") -> list[Sample]:
    """Milli-CPU per pod (`-` is missing), requests in cores (default 1), indexes of pods that are not ready."""
    usage = [None if level == "-" else float(level) / 1000 for level in levels.split()]
    asked = [float(part) for part in requests.split()] or [1.0] * len(usage)
    return [
        Sample(used, request, str(index) not in unready.split())
        for index, (used, request) in enumerate(zip(usage, asked, strict=True))
    ]


@pytest.mark.parametrize(
    ("pods", "target", "current", "expected", "shown"),
    [
        pytest.param(samples("300 500 700"), 30, 3, 5, 50, id="ScaleUp"),
        pytest.param(samples("300 500 700", unready="0"), 30, 3, 4, 60, id="ScaleUpUnreadyLessScale"),
        pytest.param(samples("400 500 700", unready="1 2"), 30, 3, 3, 40, id="ScaleUpUnreadyNoScale"),
        pytest.param(samples("500 700"), 30, 2, 4, 60, id="ScaleUpIgnoresFailedPods"),
        pytest.param(samples("100 300 500 250 250"), 50, 5, 3, 28, id="ScaleDown"),
        pytest.param(samples("100 300 500 250 250", unready="3 4"), 50, 5, 2, 30, id="ScaleDownExcludeUnreadyPods"),
        pytest.param(samples("100 - - - -", unready="1 2 3 4"), 50, 5, 1, 10, id="ScaleDownExcludeUnscheduledPods"),
        pytest.param(samples("1010 1030 1020", "0.9 1.0 1.1"), 100, 3, 3, 102, id="Tolerance"),
        pytest.param(samples("4000 9500 3000 7000"), 100, 4, 24, 587, id="SuperfluousMetrics"),
        pytest.param(samples("400 95 - -"), 100, 4, 3, 24, id="MissingMetrics"),
        pytest.param(samples("1000 -"), 100, 2, 2, 100, id="MissingMetricsNoChangeEq"),
        pytest.param(samples("1900 -"), 100, 2, 2, 190, id="MissingMetricsNoChangeGt"),
        pytest.param(samples("600 -"), 100, 2, 2, 60, id="MissingMetricsNoChangeLt"),
        pytest.param(samples("100 450 -", unready="0"), 50, 3, 3, 45, id="MissingMetricsUnreadyChange"),
        pytest.param(samples("100 2000 -", unready="0"), 50, 3, 4, 200, id="MissingMetricsUnreadyScaleUp"),
        pytest.param(samples("100 100 100 -", unready="0"), 50, 4, 3, 10, id="MissingMetricsUnreadyScaleDown"),
        pytest.param(samples("200 100 100 -", "1 1 2 2", "0"), 300, 4, 2, 6, id="MissingMetricsScaleDownTargetOver100"),
        pytest.param(samples("100 100 -"), 50, 2, 2, 10, id="DuringRollingUpdateWithMaxSurge"),
        pytest.param(samples("150 " * 10, ".4 .2 .31 .29 .302 .298 .301 .299 .3 .3"), 56, 10, 9, 50, id="Computed"),
        pytest.param(samples("150 " * 10, ".4 .2 .31 .29 .302 .298 .301 .299 .3 .3"), 55, 10, 10, 50, id="ComputedNo"),
    ],
)
def test_utilization_as_the_controller_has_it(
    pods: list[Sample], target: int, current: int, expected: int, shown: int
) -> None:
    found = per_pod(percent(target), grouped(pods), current, Tolerances())
    assert found is not None
    assert (found.replicas, found.value) == (expected, shown)


@pytest.mark.parametrize(
    ("levels", "target", "tolerance", "expected"),
    [
        pytest.param("909 1010 1111", 100, Tolerances(0.0, 0.0), 4, id="outside 0 %"),
        pytest.param("1890 1910 1900", 100, Tolerances(0.1, 2.0), 3, id="within 200 % up"),
        pytest.param("1100 1080 1090", 100, Tolerances(2.0, 0.08), 4, id="outside 8 % up"),
        pytest.param("660 640 650", 100, Tolerances(0.36, 0.1), 3, id="within 36 % down"),
        pytest.param("660 640 650", 100, Tolerances(0.34, 0.1), 2, id="outside 34 % down"),
    ],
)
def test_tolerances_of_each_direction(levels: str, target: int, tolerance: Tolerances, expected: int) -> None:
    """TestReplicaCalcConfigurableTolerance."""
    found = per_pod(percent(target), grouped(samples(levels, "0.9 1.0 1.1")), 3, tolerance)
    assert found is not None
    assert found.replicas == expected


@pytest.mark.parametrize(
    ("levels", "target", "current", "expected", "shown"),
    [
        pytest.param((20.0, 10.0, 30.0), 15.0, 3, 4, 20.0, id="ScaleUpCM"),
        pytest.param((50.0, 15.0, 30.0), 15.0, 3, 7, 31.666, id="ScaleUpCMUnreadyHotCpuScaleWouldScaleDown"),
        pytest.param((12.0,) * 5, 20.0, 5, 3, 12.0, id="ScaleDownCM"),
        pytest.param((20.0, 21.0, 21.0), 20.0, 3, 3, 20.666, id="ToleranceCM"),
        pytest.param((20.0, 19.0, 21.0, None, None), 20.0, 5, 5, 20.0, id="PlainMissingMetricsNoChangeEq"),
        pytest.param((10.0, 10.0, None), 17.0, 2, 2, 10.0, id="DuringRollingUpdateWithMaxSurgeCM"),
    ],
)
def test_averages_over_pods(
    levels: tuple[float | None, ...], target: float, current: int, expected: int, shown: float
) -> None:
    metric = HpaMetric("Pods", "qps", "AverageValue", target)
    found = per_pod(metric, grouped(Sample(level) for level in levels), current, Tolerances())
    assert found is not None
    assert (found.replicas, found.value) == (expected, shown)


@pytest.mark.parametrize(
    ("kind", "target", "total", "current", "ready", "expected", "shown"),
    [
        pytest.param("Value", 15.0, 20.0, 3, 3, 4, 20.0, id="ScaleUpCMObject"),
        pytest.param("Value", 10.0, 50.0, 3, 1, 5, 50.0, id="ScaleUpCMObjectIgnoresUnreadyPods"),
        pytest.param("Value", 4.4, 8.6, 3, 1, 2, 8.6, id="ScaleUpCMExternalIgnoresUnreadyPods"),
        pytest.param("Value", 20.0, 12.0, 5, 5, 3, 12.0, id="ScaleDownCMObject"),
        pytest.param("Value", 14.334, 8.6, 5, 5, 3, 8.6, id="ScaleDownCMExternal"),
        pytest.param("Value", 20.0, 20.666, 3, 3, 3, 20.666, id="ToleranceCMObject"),
        pytest.param("Value", 8.888, 8.6, 3, 3, 3, 8.6, id="ToleranceCMExternal"),
        pytest.param("AverageValue", 5.0, 20.0, 3, 3, 4, 6.667, id="ScaleUpCMPerPodObject"),
        pytest.param("AverageValue", 2.15, 8.6, 3, 3, 4, 2.867, id="ScaleUpPerPodCMExternal"),
        pytest.param("AverageValue", 2.0, 6.0, 5, 5, 3, 1.2, id="ScaleDownPerPodCMObject"),
        pytest.param("AverageValue", 2.867, 8.6, 5, 5, 3, 1.72, id="ScaleDownPerPodCMExternal"),
        pytest.param("AverageValue", 5.0, 20.166, 4, 4, 4, 5.042, id="TolerancePerPodCMObject"),
        pytest.param("AverageValue", 2.9, 8.6, 3, 3, 3, 2.867, id="TolerancePerPodCMExternal"),
        pytest.param("Value", 0.001, 9e15, 3, 3, 2**31 - 1, 9e15, id="ScaleUpOverflow"),
    ],
)
def test_object_and_external_metrics(
    kind: str, target: float, total: float, current: int, ready: int, expected: int, shown: float
) -> None:
    found = overall(HpaMetric("External", "qps", kind, target), total, current, ready, Tolerances())
    assert found is not None
    assert (found.replicas, found.value) == (expected, shown)


def test_the_examples_of_the_documentation() -> None:
    """kubernetes/website: horizontal-pod-autoscale.md, Algorithm details: 200m of 100m doubles, 50m halves."""

    def replicas(value: float, pods: int) -> int | None:
        found = per_pod(
            HpaMetric("Resource", "cpu", "AverageValue", 0.1), grouped([Sample(value)] * pods), pods, NORMAL
        )
        return found.replicas if found else None

    assert [replicas(0.2, 1), replicas(0.05, 4), replicas(0.11, 1), replicas(0.111, 1)] == [2, 2, 1, 2]


NORMAL = Tolerances()


def test_what_the_controller_calls_an_error_is_no_proposal() -> None:
    """TestReplicaCalcEmptyMetrics, TestReplicaCalcEmptyCPURequest: no metrics at all, and a pod without a request."""
    assert per_pod(CPU, grouped(samples("- - -")), 3, NORMAL) is None
    assert per_pod(CPU, grouped([Sample(0.2, None), Sample(0.2, 1.0)]), 2, NORMAL) is None
    assert per_pod(HpaMetric("Pods", "qps", "AverageValue", 5), grouped([Sample(None)]), 1, NORMAL) is None


USAGES = st.lists(st.tuples(st.integers(0, 4000), st.sampled_from((100, 250, 500, 1000))), min_size=1, max_size=40)


@given(USAGES, st.integers(1, 200), st.integers(0, 300))
def test_more_load_never_wants_fewer(pods: list[tuple[int, int]], target: int, more: int) -> None:
    def replicas(extra: int) -> int:
        every = [Sample((used + extra) / 1000, request / 1000) for used, request in pods]
        found = per_pod(percent(target), grouped(every), len(pods), NORMAL)
        assert found is not None
        return found.replicas

    assert replicas(0) <= replicas(more)


@given(USAGES, st.integers(1, 200), st.lists(st.sampled_from(("missing", "unready")), min_size=1, max_size=10))
def test_pods_that_cannot_be_counted_never_turn_the_direction(
    pods: list[tuple[int, int]], target: int, others: list[str]
) -> None:
    counted = [Sample(used / 1000, request / 1000) for used, request in pods]
    others_too = [Sample(None if other == "missing" else 0.0, 0.5, other != "unready") for other in others]
    current = len(counted) + len(others)
    found = per_pod(percent(target), grouped([*counted, *others_too]), current, NORMAL)
    assert found is not None
    if found.ratio > 1.0:
        assert found.replicas >= current
    elif "missing" in others:
        assert found.replicas <= current


@given(USAGES, st.integers(1, 200), st.floats(0, 0.9), st.floats(0, 3))
def test_within_the_tolerance_nothing_changes(pods: list[tuple[int, int]], target: int, down: float, up: float) -> None:
    every = [Sample(used / 1000, request / 1000) for used, request in pods]
    found = per_pod(percent(target), grouped(every), len(pods), Tolerances(down, up))
    assert found is not None
    if 1 - down <= found.ratio <= 1 + up:
        assert found.replicas == len(pods)
