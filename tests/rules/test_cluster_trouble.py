"""Everything that is wrong in a cluster, ranked, judged again only where something changed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.collection import Delta
from opsconsole.model.kubernetes import (
    Budget,
    Condition,
    Container,
    Cron,
    Hpa,
    JobRun,
    Labels,
    Namespace,
    Node,
    Owner,
    Pod,
    Quota,
    QuotaLine,
    ReplicaSet,
    Service,
    Termination,
    Usage,
    Workload,
)
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.cluster_trouble import ClusterTrouble
from opsconsole.rules.docket import AGAIN

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
GI = 2.0**30
READY = (Condition("Ready", "True"),)
UNREADY = (Condition("Ready", "False", "ContainersNotReady", "", NOW - timedelta(minutes=20)),)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def pod(name: str, app: str = "api", *, ready: bool = True, owner: str = "api", **changes: Any) -> Pod:
    box = Container("app", "i", ready, "running", cpu_request=0.5, memory_limit=GI)
    base = Pod(
        f"u-{name}", "shop", name, "Running", "Running", int(ready), 1, 0, ago(hours=5), node="n1",
        owner=Owner("ReplicaSet", f"{owner}-5d4f", "r") if owner else None, revision="5d4f",
        labels=(("app", app), ("tier", "web")), containers=(box,), conditions=READY if ready else UNREADY,
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def deployment(name: str, desired: int, ready: int) -> Workload:
    return Workload(
        f"w-{name}", "shop", "Deployment", name, desired, ready, desired, ready, ago(days=9), selector=(("app", name),)
    )


def service(name: str, selector: Labels) -> Service:
    return Service(f"s-{name}", "shop", name, selector=selector)


def budget(name: str, selector: Labels, **more: Any) -> Budget:
    return Budget(f"b-{name}", "shop", name, selector=selector, expected=2, healthy=2, wanted=1, allowed=1, **more)


def by_uid(*things: Any) -> Mapping[str, Any]:
    return {thing.uid: thing for thing in things}


class Seen:
    """What the Pods tab does: feeds the index and the judge, lets it judge, asks for the list."""

    def __init__(self) -> None:
        self.index = ClusterIndex()
        self.trouble = ClusterTrouble(self.index)
        self.trouble.pods_are_known(True)
        self.now = NOW

    def pods(self, *pods: Pod, gone: tuple[str, ...] = (), reset: bool = False) -> "Seen":
        delta = Delta(by_uid(*pods), frozenset(gone), reset)
        touched = self.index.pods_changed(delta)
        self.trouble.pods_changed(delta, self.now)
        self.trouble.touch(touched)
        return self

    def workloads(self, *workloads: Workload) -> "Seen":
        self.trouble.workloads_changed(by_uid(*workloads))
        return self

    def judged(self) -> int:
        """How many objects were judged."""
        return sum(1 for _ in self.trouble.judge(self.now))

    @property
    def words(self) -> list[str]:
        self.judged()
        return [f"{one.kind} {one.name}: {one.verdict.words}" for one in self.trouble.found()]


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_the_worst_stands_first_whatever_its_kind(seen: Seen) -> None:
    seen.workloads(deployment("api", 2, 2), deployment("web", 3, 1))
    seen.pods(pod("api-1"), pod("api-2"), pod("bare", "tool", owner="", ready=False, status="CrashLoopBackOff"))
    seen.trouble.nodes_changed(Delta(by_uid(Node("n", "n1", "NotReady", "", "", NOW)), reset=True))
    seen.trouble.quotas_changed(Delta(by_uid(Quota("q", "shop", "all", (QuotaLine("pods", 4, 4, "4", "4"),)))))
    stuck = Namespace("ns", "old", "Terminating", deleting=ago(hours=1))
    seen.trouble.namespaces_changed(Delta(by_uid(stuck)))
    assert seen.words == [
        "Node n1: never reported",
        "Pod bare: CrashLoopBackOff",
        "Deployment web: 1 of 3 ready",
        "Namespace old: terminating for 1h",
        "ResourceQuota all: pods full: 4/4",
    ]


def test_a_pod_is_told_with_its_workload_and_alone_where_there_is_none(seen: Seen) -> None:
    broken = pod("api-1", ready=False, status="ImagePullBackOff")
    seen.pods(broken)
    assert seen.words == ["Pod api-1: ImagePullBackOff"], "workloads may not be listed, or it is not one of them"
    seen.workloads(deployment("api", 2, 1))
    assert seen.words == ["Deployment api: ImagePullBackOff 1 pod"]
    seen.workloads()
    assert seen.words == ["Pod api-1: ImagePullBackOff"]
    seen.pods(gone=("u-api-1",))
    assert seen.words == []


def test_a_service_is_empty_when_no_ready_pod_is_behind_it(seen: Seen) -> None:
    seen.workloads(deployment("api", 2, 2))
    seen.pods(pod("api-1"), pod("api-2", ready=False))
    seen.trouble.services_changed(
        Delta(by_uid(service("api", (("app", "api"),)), service("typo", (("app", "apl"),))), reset=True)
    )
    assert seen.words == ["Service typo: its selector selects no pod"]
    seen.pods(pod("api-1", ready=False))
    assert "Service api: no endpoint: 2 pods, none ready" in seen.words
    seen.pods(pod("api-1", deleting=NOW), pod("api-2", phase="Failed", status="Error", ready=False))
    assert "Service api: its selector selects no pod" in seen.words
    seen.workloads(deployment("api", 0, 0))
    seen.pods(gone=("u-api-1", "u-api-2"))
    seen.now += AGAIN
    assert seen.words == ["Service typo: its selector selects no pod"], "scaled to 0 is meant so"


def test_nothing_is_said_of_services_while_not_all_pods_are_known(seen: Seen) -> None:
    seen.trouble.pods_are_known(False)
    seen.trouble.services_changed(Delta(by_uid(service("api", (("app", "api"),))), reset=True))
    assert seen.words == []
    seen.trouble.pods_are_known(True)
    assert seen.words == ["Service api: its selector selects no pod"]


def test_two_budgets_over_one_pod_are_named_at_both_until_one_goes(seen: Seen) -> None:
    seen.pods(pod("api-1"))
    every = Budget("b-all", "shop", "all", expected=1, healthy=1, allowed=1, selects_all=True)
    some = Budget(
        "b-some", "shop", "some", expected=1, healthy=1, allowed=1, expressions=(("app", "In", ("api", "web")),)
    )
    seen.trouble.budgets_changed(Delta(by_uid(every, some), reset=True))
    assert seen.words == [
        "PodDisruptionBudget all: its pods cannot be evicted: also under some",
        "PodDisruptionBudget some: its pods cannot be evicted: also under all",
    ]
    seen.trouble.budgets_changed(Delta(removals=frozenset({"b-some"})))
    assert seen.words == []


def test_usage_names_the_pod_near_its_limit_and_the_one_that_fills_a_node(seen: Seen) -> None:
    seen.workloads(deployment("api", 2, 2))
    seen.pods(pod("api-1"), pod("api-2"))
    node = Node("n", "n1", "Ready", "", "", NOW, cpu=8.0, memory=64 * GI, conditions=READY)
    seen.trouble.nodes_changed(Delta(by_uid(node), reset=True))
    assert seen.words == []
    seen.trouble.usage_changed({"shop/api-1": Usage(7.0, 0.95 * GI), "shop/api-2": Usage(0.5, 0.1 * GI)})
    seen.trouble.node_usage_changed({"n1": Usage(7.7, 9 * GI)})
    assert seen.words == [
        "Deployment api: api-1: memory 95 % of its limit 1Gi",
        "Node n1: CPU 96 % of allocatable: api-1 uses 7, requested 500m",
    ]


def test_a_pod_that_nothing_owns_is_told_when_it_is_near_its_limit_and_stays_so(seen: Seen) -> None:
    seen.pods(pod("bare", owner=""))
    seen.trouble.usage_changed({"shop/bare": Usage(0.1, 0.95 * GI)})
    near = ["Pod bare: memory 95 % of its limit 1Gi"]
    assert seen.words == near
    seen.pods(pod("bare", owner="", restarts=1))
    assert seen.words == near, "another version of it uses no less"
    seen.trouble.usage_changed({"shop/bare": Usage(0.1, 0.1 * GI)})
    assert seen.words == []


def test_a_restart_storm_is_counted_as_it_is_seen(seen: Seen) -> None:
    def crashed(times: int) -> Pod:
        return pod("api-1", restarts=times, last_restart=Termination("OOMKilled", 137, ago(minutes=1)))

    seen.workloads(deployment("api", 1, 1))
    for times in (40, 43, 46):
        seen.pods(crashed(times))
    assert seen.words == ["Deployment api: 6 restarts in the last hour over 1 pod: OOMKilled 137"]


def test_a_failed_run_is_over_once_a_later_one_ended_well(seen: Seen) -> None:
    failed = Workload(
        "j", "shop", "Job", "mails-1", 1, 0, 0, 0, ago(hours=3), owner=Owner("CronJob", "mails"),
        conditions=(Condition("Failed", "True", "BackoffLimitExceeded"),), run=JobRun(ago(hours=3), failed=7),
    )  # fmt: skip
    cron = Workload("c", "shop", "CronJob", "mails", 0, 0, 0, 0, ago(days=9), cron=Cron("0 * * * *", last=ago(hours=3)))
    seen.workloads(failed, cron)
    assert seen.words == [
        "CronJob mails: missed 3 runs since 00:00 (0 * * * *)",
        "Job mails-1: failed: BackoffLimitExceeded after 7 tries",
    ]
    again = msgspec.structs.replace(cron, cron=Cron("0 * * * *", last=ago(minutes=53), succeeded=ago(minutes=50)))
    seen.workloads(failed, again)
    seen.now += AGAIN
    assert seen.words == []


def test_only_what_changed_is_judged_and_what_time_may_change_now_and_then(seen: Seen) -> None:
    seen.workloads(*(deployment(f"a{number}", 1, 1) for number in range(50)), deployment("api", 2, 1))
    seen.pods(*(pod(f"a{number}-1", f"a{number}", owner=f"a{number}") for number in range(50)))
    assert seen.judged() == 51
    assert seen.judged() == 0
    seen.pods(pod("a7-1", "a7", owner="a7", ready=False))
    assert seen.judged() == 2, "the pod and its workload"
    seen.now += AGAIN
    assert seen.judged() == 1, "the one that is short of a pod"


def test_rows_that_come_anew_replace_what_was_known(seen: Seen) -> None:
    seen.pods(pod("bare", "tool", owner="", ready=False, status="Error"))
    seen.trouble.services_changed(Delta(by_uid(service("tool", (("app", "tool"),))), reset=True))
    assert seen.words == ["Pod bare: Error"]
    assert seen.trouble.verdict("s-tool").words == "no endpoint: 1 pod, none ready: see pod/bare"
    seen.pods(pod("other", "tool", owner=""), reset=True)
    assert seen.words == []
    seen.trouble.services_changed(Delta(reset=True))
    seen.pods(gone=("u-other",))
    assert seen.words == []


def test_what_scales_nothing_and_what_nothing_owns_are_judged_by_themselves(seen: Seen) -> None:
    lost = Condition("AbleToScale", "False", "FailedGetScale")
    hpa = Hpa("h", "shop", "api", "Deployment", "api", 1, 5, 0, 0, conditions=(lost,))
    seen.trouble.hpas_changed(Delta(by_uid(hpa), reset=True))
    bare = ReplicaSet("r1", "shop", "old", None, "", 2, 0, ago(days=1))
    revision = ReplicaSet("r2", "shop", "api-5d4f", Owner("Deployment", "api"), "4", 2, 0, ago(days=1))
    seen.trouble.replica_sets_changed(Delta(by_uid(bare, revision), reset=True))
    assert seen.words == [
        "HorizontalPodAutoscaler api: HPA cannot scale: FailedGetScale",
        "ReplicaSet old: 0 of 2 ready",
    ]
    seen.index.hpas_changed(by_uid(hpa))
    seen.workloads(deployment("api", 2, 2))
    assert "Deployment api: HPA cannot scale: FailedGetScale" in seen.words
    assert len(seen.words) == 2, "it is told with its workload now"
    seen.workloads()
    assert "HorizontalPodAutoscaler api: HPA cannot scale: FailedGetScale" in seen.words


def short_budget() -> Budget:
    wanted = (Condition("DisruptionAllowed", "False", "InsufficientPods"),)
    return Budget(
        "b-api", "shop", "api", selector=(("app", "api"),), expected=17, healthy=12, wanted=13, allowed=0,
        conditions=wanted,
    )  # fmt: skip


def test_a_budget_waits_as_long_as_starting_pods_get(seen: Seen) -> None:
    def starting(since: datetime) -> list[Pod]:
        return [pod(f"new-{n}", ready=False, created=since, conditions=READY[:0]) for n in range(5)]

    seen.workloads(deployment("api", 17, 12))
    seen.pods(*(pod(f"old-{n}") for n in range(12)), *starting(NOW - timedelta(seconds=20)))
    seen.trouble.budgets_changed(Delta(by_uid(short_budget()), reset=True))
    assert seen.words == [], "a normal scale-up"
    assert "starting" in seen.trouble.verdict("b-api").words
    seen.pods(*(pod(f"new-{n}", conditions=(Condition("Ready", "True", since=NOW),)) for n in range(5)))
    seen.workloads(deployment("api", 17, 17))
    assert seen.words == [], "the budget is computed a moment later"
    seen.pods(*starting(ago(minutes=20)))
    assert seen.words == ["PodDisruptionBudget api: no disruption left: 12 of 17 pods ready, no rule wants 13"]


def test_what_waits_for_pods_of_a_wrong_workload_has_no_row_of_its_own(seen: Seen) -> None:
    seen.workloads(deployment("api", 17, 0))
    seen.pods(*(pod(f"p-{n}", ready=False) for n in range(17)))
    seen.trouble.budgets_changed(Delta(by_uid(short_budget()), reset=True))
    seen.trouble.services_changed(Delta(by_uid(service("api", (("app", "api"),))), reset=True))
    assert seen.words == ["Deployment api: 0 of 17 ready"]
    assert seen.trouble.verdict("s-api").words == "no endpoint: 17 pods, none ready: see deployment/api"
    assert seen.trouble.verdict("b-api").words.endswith("see deployment/api")
