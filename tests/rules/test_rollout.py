"""How far a rollout is: the order of `kubectl rollout status`, and reasons before the deadline."""

from datetime import UTC, datetime
from typing import Any

import pytest

from opsconsole.model.kubernetes import Condition, Container, Event, Pod
from opsconsole.rules.rollout import (
    BOUND_S,
    GRACE_S,
    ROOM_S,
    Autoscaler,
    Counts,
    Rollout,
    State,
    autoscaler,
    bounded,
    counts,
    held,
    rollout,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def seen(**more: Any) -> Counts:
    """A Deployment of three that has done all it was asked for."""
    fields: dict[str, Any] = {
        "kind": "Deployment", "generation": 2, "observed": 2, "desired": 3, "total": 3, "updated": 3, "ready": 3,
        "available": 3,
    }  # fmt: skip
    return Counts(**fields | more)


def pod(status: str, container: Container | None = None, *conditions: Condition) -> Pod:
    containers = () if container is None else (container,)
    return Pod("u", "n", "p", status, "Pending", 0, 1, 0, NOW, containers=containers, conditions=conditions)


def event(reason: str, message: str) -> Event:
    return Event("u", "n", "Warning", reason, message, "StatefulSet", "db", "u", 1, NOW, NOW)


# Cases and order of kubernetes/kubernetes: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status_test.go
# (TestDeploymentStatusViewerStatus, TestDaemonSetStatusViewerStatus, TestStatefulSetStatusViewerStatus).
KUBECTL = {
    "not observed yet": (seen(observed=1), State.PROGRESSING, "asked for; its controller has not seen it yet"),
    "0 of 1 updated": (
        seen(desired=1, total=1, updated=0, ready=1, available=1), State.PROGRESSING, "0 of 1 new pods made",
    ),
    "1 old replica pending termination": (
        seen(desired=1, total=2, updated=1, ready=2, available=2), State.PROGRESSING, "1 old pod to go",
    ),
    "1 of 2 updated are available": (
        seen(desired=2, total=2, updated=2, ready=1, available=1), State.PROGRESSING, "1 of 2 pods ready",
    ),
    "successfully rolled out": (seen(), State.READY, "3 of 3 pods ready"),
    "progress deadline exceeded": (
        seen(updated=1, conditions=(Condition("Progressing", "False", "ProgressDeadlineExceeded"),)), State.STUCK,
        "no progress within its deadline (1 of 3 new pods made)",
    ),
    "daemon set: 0 of 1 updated": (
        seen(kind="DaemonSet", desired=1, total=1, updated=0, ready=1, available=1), State.PROGRESSING,
        "0 of 1 new pods made",
    ),
    "daemon set: 1 of 2 available": (
        seen(kind="DaemonSet", desired=2, total=2, updated=2, ready=1, available=1), State.PROGRESSING,
        "1 of 2 pods ready",
    ),
    "stateful set: waiting for 1 pod": (
        seen(kind="StatefulSet", ready=2), State.PROGRESSING, "2 of 3 pods ready",
    ),
    "stateful set: rolling update in progress": (
        seen(kind="StatefulSet", updated=1, moving=True), State.PROGRESSING, "1 of 3 new pods made",
    ),
    "stateful set: partitioned roll out complete": (
        seen(kind="StatefulSet", updated=1, moving=True, partition=2), State.READY, "3 of 3 pods ready",
    ),
    "on delete": (
        seen(kind="StatefulSet", updated=0, moving=True, by_hand=True), State.READY,
        "3 of 3 ready; its pods change when they are deleted (OnDelete)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KUBECTL)
def test_as_kubectl_rollout_status_has_it(case: str) -> None:
    found, state, words = KUBECTL[case]
    assert rollout(found) == Rollout(state, words)


def test_a_scale_down_waits_for_its_pods_to_go() -> None:
    assert rollout(seen(desired=0)) == Rollout(State.PROGRESSING, "3 pods to go")
    nothing = seen(desired=0, total=0, updated=0, ready=0, available=0)
    assert rollout(nothing) == Rollout(State.READY, "scaled to 0")


def test_new_pods_are_counted_as_ready_where_they_are_known() -> None:
    found = rollout(seen(desired=20, total=25, updated=15, available=20), new_ready=12)
    assert found == Rollout(State.PROGRESSING, "12 of 20 new pods ready")


UNREADY = {"updated": 2, "total": 4, "available": 3}
PULL = Container("app", "shop/api:9", reason="ImagePullBackOff", message="Back-off pulling image: not found")
PLACE = Condition(
    "PodScheduled", "False", "Unschedulable", "0/3 nodes are available: 3 Insufficient cpu. preemption: 0"
)
FULL = 'pods "api-7" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=9, limited: pods=9'
REASONS = {
    "image": ((pod("ImagePullBackOff", PULL),), (), "ImagePullBackOff on 1 pod: Back-off pulling image: not found"),
    "crash": ((pod("CrashLoopBackOff"), pod("CrashLoopBackOff")), (), "CrashLoopBackOff on 2 pods"),
    "no room": ((pod("Pending", None, PLACE),), (), "1 pod cannot be scheduled: 0/3 nodes are available: 3 Insuff"),
    "quota": ((), (event("SuccessfulCreate", "made"), event("FailedCreate", FULL)), f"quota: {FULL}"),
    "quota that is over": ((), (event("FailedCreate", FULL), event("SuccessfulCreate", "made")), ""),
}


@pytest.mark.parametrize("case", REASONS)
def test_what_cannot_start_says_why_before_the_deadline(case: str) -> None:
    pods, events, words = REASONS[case]
    found = rollout(seen(**UNREADY), pods, events, new_ready=1)
    assert found.state is (State.TROUBLED if words else State.PROGRESSING)
    assert found.words.startswith(words)
    assert found.words.endswith("1 of 3 new pods ready" + (")" if words else ""))


def test_quota_of_a_deployment_stands_in_its_condition() -> None:
    failure = Condition("ReplicaFailure", "True", "FailedCreate", FULL)
    assert rollout(seen(**UNREADY, conditions=(failure,))).words.startswith("quota: pods ")


def test_a_trouble_is_stuck_when_it_lasts_and_everything_is_when_nothing_moves() -> None:
    troubled = rollout(seen(**UNREADY), (pod("ErrImagePull"),))
    assert held(troubled, GRACE_S - 1, 0).state is State.TROUBLED
    assert held(troubled, GRACE_S, 0).state is State.STUCK
    waiting = rollout(seen(**UNREADY), (pod("Pending", None, PLACE),))
    assert held(waiting, GRACE_S, 0).state is State.TROUBLED
    assert held(waiting, ROOM_S, 0).state is State.STUCK
    slow = rollout(seen(**UNREADY))
    assert held(slow, 0, BOUND_S - 1).state is State.PROGRESSING
    assert held(slow, 0, BOUND_S) == Rollout(State.STUCK, "no progress for 15m: 2 of 3 new pods made")
    assert held(rollout(seen()), 99, BOUND_S).state is State.READY


JUDGED = (Condition("ScalingActive", "False", "FailedGetResourceMetric", "no metrics known for pods"),)
BOUNDS = {
    "within": (Autoscaler(3, 20, 12, 12, JUDGED), None, ""),
    "scaled to 0 by hand": (Autoscaler(3, 20, 0, 0, JUDGED), None, ""),
    "without usage it only keeps its bounds": (Autoscaler(3, 20, 12, 0, JUDGED), None, ""),
    "not looked at yet": (Autoscaler(1, 20, 0, 0), None, "the autoscaler has 0 pods, its bounds are 1..20"),
    "not yet raised": (Autoscaler(15, 20, 12, 12, JUDGED), None, "the autoscaler has 12 pods, its bounds are 15..20"),
    "KEDA has handed them over": (Autoscaler(1, 9, 4, 4, JUDGED), (0, 9), ""),
    "KEDA has not": (
        Autoscaler(1, 5, 4, 4, JUDGED), (0, 9), "KEDA has not yet handed 0..9 to its autoscaler, which has 1..5",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BOUNDS)
def test_an_autoscaler_is_done_when_its_replicas_are_within_its_bounds(case: str) -> None:
    found, wanted, words = BOUNDS[case]
    assert bounded(found, wanted, 10, 120) == (Rollout(State.PROGRESSING, words) if words else None)


def test_an_autoscaler_that_does_not_follow_is_stuck_with_its_own_reason() -> None:
    found = bounded(Autoscaler(15, 20, 12, 12, JUDGED), None, 130, 120)
    words = "the autoscaler has 12 pods, its bounds are 15..20 after 2m10s: no metrics known for pods"
    assert found == Rollout(State.STUCK, words)


def test_an_autoscaler_comes_from_its_object() -> None:
    body = {"spec": {"maxReplicas": 9}, "status": {"currentReplicas": 2, "desiredReplicas": 3}}
    assert autoscaler(body) == Autoscaler(1, 9, 2, 3)


def test_counts_come_from_the_object_and_nothing_is_needed() -> None:
    assert counts({}) == Counts("Deployment", 0, 0, 1, 0, 0, 0, 0)
    stateful = {
        "kind": "StatefulSet", "metadata": {"generation": 4},
        "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
        "status": {"observedGeneration": 4, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 1,
                   "availableReplicas": 3, "currentRevision": "a", "updateRevision": "b"},
    }  # fmt: skip
    assert rollout(counts(stateful)).state is State.READY
    daemons = {"kind": "DaemonSet", "status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 1}}
    assert rollout(counts(daemons)).words == "1 of 3 new pods made"
