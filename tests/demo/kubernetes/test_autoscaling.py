"""The autoscaler's arithmetic by the examples of the Kubernetes documentation and of the controller's own tests."""

from typing import Any

import pytest

from opsconsole.demo.kubernetes.controllers.hpa_limits import Mark, limit
from opsconsole.demo.kubernetes.controllers.replicas import NoMetric, Proposal, replicas_by_resource
from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.store import Stored
from opsconsole.demo.kubernetes.usage import Sample

NOW = 1_790_000_000.0
LONG_AGO = NOW - 86_400


def pod(index: int, *, ready: bool = True, started: float = LONG_AGO, request: str = "1") -> Stored:
    since = format_time(started)
    return Stored(
        {
            "metadata": {"name": f"pod-{index}", "namespace": "one"},
            "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": request} if request else {}}}]},
            "status": {
                "phase": "Running",
                "startTime": since,
                "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": since}],
            },
        }
    )


def propose(pods: list[Stored], millicores: list[int | None], percent: int, current: int | None = None) -> Proposal:
    """`millicores`: usage of each pod, None where it has no sample."""
    samples = {
        each.name: Sample(used, 0.0, NOW) for each, used in zip(pods, millicores, strict=True) if used is not None
    }
    target = {"type": "Utilization", "averageUtilization": percent}
    return replicas_by_resource("cpu", target, pods, samples, current or len(pods), NOW)


@pytest.mark.parametrize(
    ("percent", "used", "expected"),
    [  # kubernetes: replica_calculator_test.go, requests of 1 CPU each
        (30, [300, 500, 700], 5),  # TestReplicaCalcScaleUp
        (50, [100, 300, 500, 250, 250], 3),  # TestReplicaCalcScaleDown
        (100, [1010, 1030, 1020], 3),  # TestReplicaCalcTolerance: within a tenth
        (100, [500, 500, 500], 2),
    ],
)
def test_replicas_by_utilization(percent: int, used: list[int | None], expected: int) -> None:
    assert propose([pod(index) for index in range(len(used))], used, percent).replicas == expected


def test_unready_pods_count_nothing_when_growing() -> None:
    # TestReplicaCalcScaleUpUnreadyLessScale: the first pod starts, its 300m do not count.
    pods = [pod(0, ready=False, started=NOW - 20), pod(1), pod(2)]
    assert propose(pods, [300, 500, 700], 30).replicas == 4


def test_pods_without_samples_hold_back() -> None:
    # TestReplicaCalcMissingMetricsUpscale and …Downscale, target 50 %.
    assert propose([pod(0), pod(1)], [1000, None], 50).replicas == 2
    assert propose([pod(0), pod(1)], [100, None], 50).replicas == 2


def test_utilization_is_whole_percent_of_requests() -> None:
    proposal = propose([pod(0, request="500m"), pod(1, request="500m")], [480, 481], 65)
    assert proposal.utilization == 96
    assert proposal.average == pytest.approx(0.4805)


@pytest.mark.parametrize(
    ("pods", "used", "message"),
    [
        ([pod(0)], [None], "unable to get metrics for resource cpu: no metrics returned from resource metrics API"),
        ([pod(0, ready=False, started=NOW - 5)], [100], "did not receive metrics for targeted pods"),
        ([pod(0, request="")], [100], "missing request for cpu in container app of Pod pod-0"),
    ],
)
def test_what_cannot_be_computed(pods: list[Stored], used: list[int | None], message: str) -> None:
    with pytest.raises(NoMetric, match=message):
        propose(pods, used, 50)


def spec(**behavior: Any) -> dict[str, Any]:
    return {"minReplicas": 2, "maxReplicas": 100} | ({"behavior": behavior} if behavior else {})


def test_without_behavior_a_step_at_most_doubles() -> None:
    verdict = limit(spec(), 50, 10, [], [], NOW)
    assert (verdict.replicas, verdict.limit_reason) == (20, "ScaleUpLimit")
    assert limit(spec(), 50, 1, [], [], NOW).replicas == 4


def test_recent_recommendations_hold_a_shrink_back() -> None:
    recent = [Mark(NOW - 400, 30), Mark(NOW - 200, 9), Mark(NOW - 60, 7)]
    verdict = limit(spec(), 5, 10, recent, [], NOW)
    assert (verdict.replicas, verdict.able_reason) == (9, "ScaleDownStabilized")
    quick = limit(spec(scaleDown={"stabilizationWindowSeconds": 90}), 5, 10, recent, [], NOW)
    assert (quick.replicas, quick.able_reason) == (7, "ScaleDownStabilized")


def test_policies_of_the_documentation() -> None:
    # kubernetes.io, Horizontal Pod Autoscaling: 80 replicas, 4 pods or 10 % a minute: first step to 72.
    policies = [
        {"type": "Pods", "value": 4, "periodSeconds": 60},
        {"type": "Percent", "value": 10, "periodSeconds": 60},
    ]
    rules = {"stabilizationWindowSeconds": 0, "policies": policies}
    verdict = limit(spec(scaleDown=rules), 10, 80, [], [], NOW)
    assert (verdict.replicas, verdict.limit_reason, verdict.limited) == (72, "ScaleDownLimit", True)
    assert limit(spec(scaleDown=rules | {"selectPolicy": "Min"}), 10, 80, [], [], NOW).replicas == 76
    assert limit(spec(scaleDown=rules | {"selectPolicy": "Disabled"}), 10, 80, [], [], NOW).replicas == 80
    # What was taken away within the period counts: 72 remain allowed from the 80 that stood at its start.
    assert limit(spec(scaleDown=rules), 10, 72, [], [Mark(NOW - 30, -8)], NOW).replicas == 72


def test_bounds_come_last() -> None:
    verdict = limit(spec(scaleDown={"stabilizationWindowSeconds": 0}), 0, 3, [], [], NOW)
    assert (verdict.replicas, verdict.limit_reason) == (2, "TooFewReplicas")
    verdict = limit(spec() | {"maxReplicas": 12}, 50, 10, [], [], NOW)
    assert (verdict.replicas, verdict.limit_reason) == (12, "TooManyReplicas")
