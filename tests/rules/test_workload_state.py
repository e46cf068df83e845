"""Judgement over workloads, pods and nodes, as the Pods tab says it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.finding import Severity
from opsconsole.model.kubernetes import (
    Condition,
    Container,
    Hpa,
    HpaMetric,
    Node,
    Owner,
    Pod,
    ReplicaSet,
    Termination,
    Usage,
    Workload,
)
from opsconsole.rules import capacity, capacity_sums, shares
from opsconsole.rules.node_trouble import node_trouble
from opsconsole.rules.pod_trouble import pod_trouble
from opsconsole.rules.workload_state import (
    controller,
    finished_run,
    pods_by_workload,
    template_difference,
    workload_state,
)
from opsconsole.text import clock

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


GIB = 2.0**30


def workload(**changes: Any) -> Workload:
    base = Workload(
        "w", "shop", "Deployment", "api", 5, 5, 5, 5, NOW - timedelta(days=9), generation=3, observed_generation=3
    )
    return msgspec.structs.replace(base, **changes)


def a_pod(name: str = "api-1", **changes: Any) -> Pod:
    container = Container(
        "app", "api:1", True, "running", cpu_request=0.5, cpu_limit=1.0, memory_request=GIB, memory_limit=2 * GIB
    )
    base = Pod(
        f"u-{name}", "shop", name, "Running", "Running", 1, 1, 0, NOW - timedelta(hours=5), node="n1",
        owner=Owner("ReplicaSet", "api-5d4f", "r"), revision="5d4f", containers=(container,),
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def crashing(name: str) -> Pod:
    ended = Termination("OOMKilled", 137, NOW - timedelta(minutes=2))
    container = Container("app", "api:1", False, "waiting", "CrashLoopBackOff", restarts=7, last=ended)
    return a_pod(name, status="CrashLoopBackOff", ready=0, restarts=7, containers=(container,), last_restart=ended)


def unschedulable(name: str) -> Pod:
    why = "0/3 nodes are available: 3 Insufficient cpu. preemption: none"
    return a_pod(
        name, status="Pending", phase="Pending", ready=0, node="",
        conditions=(Condition("PodScheduled", "False", "Unschedulable", why),),
    )  # fmt: skip


STUCK = Condition("Progressing", "False", "ProgressDeadlineExceeded")
NO_QUOTA = Condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: a. More")
FULL = Hpa(
    "h", "shop", "api", "Deployment", "api", 3, 20, 20, 20, (HpaMetric("Resource", "cpu", "Utilization", 65, 91),),
    (Condition("ScalingLimited", "True", "TooManyReplicas", "", NOW.replace(minute=44)),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("load", "pods", "hpa", "severity", "words"),
    [
        (workload(), [a_pod()], None, None, "ok"),
        (
            workload(ready=3), [crashing("a"), crashing("b"), a_pod("c")], None, Severity.CRITICAL,
            "CrashLoopBackOff 2 pods: OOMKilled 137",
        ),
        (
            workload(ready=3), [crashing("a"), a_pod("b", status="ImagePullBackOff", ready=0)], None, Severity.CRITICAL,
            "CrashLoopBackOff 1 pod: OOMKilled 137, 1 more failing",
        ),
        (
            workload(updated=12, desired=20, conditions=(STUCK,)),
            [], None, Severity.CRITICAL, "rollout stuck 12/20: ProgressDeadlineExceeded",
        ),
        (
            workload(ready=4, conditions=(NO_QUOTA,)),
            [], None, Severity.CRITICAL, "cannot create pods: exceeded quota: a",
        ),
        (
            workload(ready=3), [unschedulable("a"), unschedulable("b")], None, Severity.WARNING,
            "2 pods cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu",
        ),
        (
            workload(ready=0), [unschedulable("a")], None, Severity.CRITICAL,
            "1 pod cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu",
        ),
        (workload(ready=0), [], None, Severity.CRITICAL, "0 of 5 ready"),
        (
            workload(ready=0, desired=1, created=NOW - timedelta(seconds=9)),
            [a_pod("new", status="ContainerCreating", ready=0, created=NOW - timedelta(seconds=9))],
            None, Severity.INFO, "starting 1 pod, 0 of 1 ready",
        ),
        (workload(), [], FULL, Severity.WARNING, "HPA at max since 02:44, wants 28"),
        (workload(updated=12, desired=20, ready=18), [], None, Severity.INFO, "rolling out 12/20"),
        (workload(generation=4), [], None, Severity.INFO, "rollout requested"),
        (workload(ready=2), [], None, Severity.WARNING, "2 of 5 ready"),
        (
            workload(ready=4), [a_pod("new", status="ContainerCreating", ready=0, created=NOW - timedelta(seconds=20))],
            None, Severity.INFO, "starting 1 pod, 4 of 5 ready",
        ),
        (
            workload(ready=4), [a_pod("slow", status="Running", ready=0, created=NOW - timedelta(minutes=3))],
            None, Severity.WARNING, "4 of 5 ready",
        ),
        (workload(paused=True, updated=2), [], None, Severity.INFO, "paused"),
        (workload(desired=0, ready=0, updated=0), [], None, None, "scaled to 0"),
        (
            workload(kind="Job", conditions=(Condition("Failed", "True", "BackoffLimitExceeded"),)), [], None,
            Severity.WARNING, "failed: BackoffLimitExceeded",
        ),
        (workload(kind="Job", conditions=(Condition("Complete", "True"),)), [], None, None, "complete"),
        (workload(kind="CronJob", desired=0, paused=True), [], None, Severity.INFO, "suspended"),
        (workload(ready=5), [a_pod("old", status="Error", phase="Failed", ready=0)], None, None, "ok"),
    ],
)  # fmt: skip
def test_workloads(load: Workload, pods: list[Pod], hpa: Hpa | None, severity: Severity | None, words: str) -> None:
    verdict = workload_state(load, pods, hpa, NOW)
    assert (verdict.severity, verdict.words) == (severity, words)
    assert verdict.wrong is (severity in (Severity.CRITICAL, Severity.WARNING))


@pytest.mark.parametrize(
    ("pod", "severity", "words"),
    [
        (a_pod(), None, "ok"),
        (crashing("a"), Severity.CRITICAL, "OOMKilled 137"),
        (a_pod(status="Init:Error", ready=0), Severity.CRITICAL, "Init:Error"),
        (unschedulable("a"), Severity.WARNING, "cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu"),
        (a_pod(status="Evicted", ready=0, phase="Failed", message="disk"), Severity.WARNING, "evicted: disk"),
        (a_pod(status="Terminating", deleting=NOW), Severity.INFO, "terminating"),
        (a_pod(status="Terminating", deleting=NOW - timedelta(minutes=20)), Severity.WARNING, "terminating for 20m"),
        (a_pod(ready=0, created=NOW - timedelta(minutes=2)), Severity.INFO, "not ready for 2m"),
        (a_pod(ready=0, created=NOW - timedelta(minutes=12)), Severity.WARNING, "not ready for 12m"),
        (a_pod(status="Completed", phase="Succeeded", ready=0), None, "ok"),
        (
            a_pod(last_restart=Termination("Error", 1, NOW - timedelta(minutes=4))), Severity.INFO,
            "restarted 4m ago: Error 1",
        ),
    ],
)  # fmt: skip
def test_pods(pod: Pod, severity: Severity | None, words: str) -> None:
    verdict = pod_trouble(pod, NOW)
    assert (verdict.severity, verdict.words) == (severity, words)


def node(name: str = "n1", **changes: Any) -> Node:
    base = Node(
        f"u-{name}", name, "Ready", "<none>", "v1.36", NOW, cpu=4.0, memory=8 * GIB, pods=10,
        conditions=(Condition("Ready", "True", "KubeletReady"),),
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def test_nodes() -> None:
    assert node_trouble(node()).words == "ok"
    lost = node(status="NotReady", conditions=(Condition("Ready", "Unknown", "NodeStatusUnknown", "", NOW),))
    assert node_trouble(lost) == (node_trouble(lost))
    assert node_trouble(lost).words == "NotReady: NodeStatusUnknown since 02:53"
    assert node_trouble(lost).severity is Severity.CRITICAL
    assert node_trouble(node(conditions=())).words == "never reported"
    full = node(conditions=(Condition("Ready", "True"), Condition("DiskPressure", "True")))
    assert node_trouble(full).words == "DiskPressure"
    assert node_trouble(node(unschedulable=True)).words == "cordoned"


def test_pods_belong_to_their_deployment() -> None:
    assert controller(a_pod()) == Owner("Deployment", "api")
    bare = a_pod(owner=Owner("ReplicaSet", "lonely"), revision="")
    assert controller(bare) == Owner("ReplicaSet", "lonely")
    assert list(pods_by_workload([a_pod(), a_pod("x", owner=None)])) == [("shop", "Deployment", "api")]


def test_template_difference() -> None:
    old = ReplicaSet("1", "shop", "api-1", None, "40", 0, 0, NOW, ("api:1.8.1",), (("A", "1"), ("B", "2")))
    new = msgspec.structs.replace(old, images=("api:1.8.2",), environment=(("A", "1"), ("FEED_V2", "on")))
    assert template_difference(new, old) == ("image", "env B", "env FEED_V2")


def test_room_counts_node_by_node() -> None:
    nodes = [node("n1"), node("n2"), node("n3", unschedulable=True), node("n4", taints=("gpu:NoSchedule",))]
    pods = [a_pod(str(index)) for index in range(5)] + [a_pod("done", phase="Succeeded")]
    found = capacity.room(a_pod(), nodes, pods)
    # n1: 1.5 cores and 3 GiB left; n2: 4 cores, 8 GiB
    assert (found.pods, found.cpu, found.nodes, found.shut) == (3 + 8, 5.5, 2, 2)
    assert capacity.room_words(found) == "5.5 CPU left on 2 nodes (2 shut) = 11 more pods"
    free = a_pod(containers=(Container("app", "x"),))
    assert capacity.room(free, nodes, pods).pods is None


def test_room_respects_the_pod_limit_and_overcommitment() -> None:
    tight = node(pods=6)
    assert capacity.room(a_pod(), [tight], [a_pod(str(i)) for i in range(5)]).pods == 1
    assert capacity.room(a_pod(), [node(cpu=1.0)], [a_pod(str(i)) for i in range(5)]).pods == 0


def test_the_largest_init_container_is_reserved() -> None:
    pod = a_pod(containers=(Container("setup", "x", init=True, cpu_request=2.0), *a_pod().containers))
    assert capacity_sums.requests(pod) == (2.0, GIB)


def test_shares_are_unknown_where_anything_is() -> None:
    assert shares.cpu_of_request(a_pod(), Usage(0.4, GIB)) == 0.8
    assert shares.memory_of_limit(a_pod(), Usage(0.4, GIB)) == 0.5
    assert shares.cpu_of_request(a_pod(), None) is None
    assert shares.memory_of_limit(a_pod(containers=(Container("a", "x"),)), Usage(1, 1)) is None
    assert shares.use_of([a_pod("a"), a_pod("b")], {"shop/a": Usage(0.25, 0)}).cpu_of_request == 0.5
    assert shares.use_of([a_pod("a")], {}) == shares.Use()


def test_a_cron_jobs_run_that_ended_well_needs_no_row_of_its_own() -> None:
    done = (Condition("Complete", "True"),)
    run = workload(kind="Job", conditions=done, owner=Owner("CronJob", "cleanup"))
    by_hand = msgspec.structs.replace(run, owner=None)
    failed = msgspec.structs.replace(run, conditions=(Condition("Failed", "True", "BackoffLimitExceeded"),))
    over = [finished_run(one, workload_state(one, (), None, NOW)) for one in (run, by_hand, failed)]
    assert over == [True, False, False]


def killed(name: str, minutes: int) -> Pod:
    ended = Termination("OOMKilled", 137, NOW - timedelta(minutes=minutes))
    return a_pod(name, restarts=1, last_restart=ended)


def test_a_recent_oom_kill_is_told_before_that_memory_is_near_its_limit() -> None:
    pods, full = [killed("a", 1), killed("b", 2)], {"shop/a": Usage(0.1, 1.94 * GIB), "shop/b": Usage(0.1, 1.9 * GIB)}
    found = workload_state(workload(), pods, None, NOW, usage=full, restarts=3)
    assert found.severity is Severity.WARNING
    assert found.words == "OOMKilled 3 times in the last hour, memory 97 % of its limit 2Gi"
    assert workload_state(workload(), pods, None, NOW, restarts=2).words == "OOMKilled 2 times in the last hour"
    assert workload_state(workload(), pods[:1], None, NOW, restarts=1).words == "ok", "once, and memory is low"
    back = msgspec.structs.replace(pods[0], ready=0)
    found = workload_state(workload(ready=4), [back], None, NOW, restarts=1)
    assert (found.severity, found.words) == (Severity.CRITICAL, "OOMKilled 1 pod"), "it runs again and serves nobody"
    old = [killed("a", 70), killed("b", 80)]
    assert workload_state(workload(), old, None, NOW, usage=full).words.startswith("2 pods near their limit")


def test_a_blind_hpa_is_told_with_its_workload_whatever_else_is_wrong_there() -> None:
    unseen = (Condition("ScalingActive", "False", "FailedGetResourceMetric"),)
    blind = msgspec.structs.replace(FULL, current=5, conditions=unseen)
    assert workload_state(workload(), [], blind, NOW).words == "HPA blind: FailedGetResourceMetric"
    found = workload_state(workload(ready=0), [], blind, NOW)
    assert found.words == "0 of 5 ready; HPA blind: FailedGetResourceMetric"
    assert found.severity is Severity.CRITICAL
