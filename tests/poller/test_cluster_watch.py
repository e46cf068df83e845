"""What of a cluster reaches the list of findings: every kind that is judged, each thing once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.collection import Collection
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.kubernetes import (
    Budget,
    Condition,
    Container,
    Cron,
    Node,
    Owner,
    Pod,
    Quota,
    QuotaLine,
    Service,
    Usage,
    Workload,
)
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.cluster_watch import ClusterWatch
from opsconsole.poller.topics import (
    BUDGETS,
    K8S_SERVICES,
    NODE_USAGE,
    NODES,
    PODS,
    QUOTAS,
    WORKLOADS,
    Topic,
)
from opsconsole.rules.cluster_findings import ALIKE
from opsconsole.rules.docket import AGAIN

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def deployment(name: str, ready: int, **more: Any) -> Workload:
    return Workload(
        f"w-{name}", "shop", "Deployment", name, 2, ready, 2, ready, ago(days=9), selector=(("app", name),), **more
    )


def pod(name: str, app: str, *, ready: bool = True, **more: Any) -> Pod:
    told = Condition("Ready", "True" if ready else "False", since=ago(minutes=40))
    return Pod(
        f"p-{name}", "shop", name, "Running", "Running", int(ready), 1, 0, ago(hours=5), node="n1",
        owner=Owner("ReplicaSet", f"{app}-5d4f", "r"), revision="5d4f", labels=(("app", app),), conditions=(told,),
        containers=(Container("app", "i", ready, "running"),), **more,
    )  # fmt: skip


def service(name: str) -> Service:
    return Service(f"s-{name}", "shop", name, selector=(("app", name),))


def budget(name: str, healthy: int, **more: Any) -> Budget:
    shut = Condition("DisruptionAllowed", "False", "InsufficientPods", since=ago(minutes=12))
    return Budget(
        f"b-{name}", "shop", name, minimum="2", wanted=2, expected=2, healthy=healthy, allowed=0,
        selector=(("app", name),), conditions=(shut,), **more,
    )  # fmt: skip


class Watching:
    """One cluster, as the judge hears of it."""

    def __init__(self) -> None:
        self.watch = ClusterWatch()

    def hears(self, topic: Topic[Any], *rows: Any) -> "Watching":
        held = Collection({row.uid: row for row in rows}, complete=True)
        self.watch.changed(topic, Reading(held, State.OK, NOW), None)
        return self

    async def found(self, now: datetime = NOW) -> list[Finding]:
        return [self.watch.place(one) for one in await self.watch.findings(now)]

    async def words(self) -> list[str]:
        return [one.what for one in await self.found()]


@pytest.fixture
def cluster() -> Watching:
    return Watching().hears(PODS).hears(WORKLOADS)


async def test_what_is_wrong_of_any_kind_is_a_finding_that_leads_to_its_row(cluster: Watching) -> None:
    cron = Workload("c", "shop", "CronJob", "mails", 0, 0, 0, 0, ago(days=9), cron=Cron("0 * * * *", last=ago(hours=3)))
    cluster.hears(WORKLOADS, deployment("api", 2), cron)
    cluster.hears(PODS, pod("api-1", "api"), pod("api-2", "api"))
    cluster.hears(K8S_SERVICES, service("api"), service("apl"))
    cluster.hears(BUDGETS, budget("api", 1))
    cluster.hears(QUOTAS, Quota("q", "shop", "all", (QuotaLine("pods", 4, 4, "4", "4"),)))
    ready = (Condition("Ready", "True", since=ago(days=2)),)
    cluster.hears(NODES, Node("n", "n1", "Ready", "", "", NOW, cpu=8.0, memory=1e9, conditions=ready))
    cluster.watch.changed(NODE_USAGE, Reading({"n1": Usage(7.9, 1e8)}, State.OK, NOW), None)
    found = {one.id: one for one in await cluster.found()}
    assert {id: (one.what, one.object) for id, one in found.items()} == {
        "workload:shop/CronJob/mails": ("mails missed 3 runs since 00:00 (0 * * * *)", "c"),
        "service:shop/apl": ("service apl: its selector selects no pod", "s-apl"),
        "disruption-budget:shop/api": (
            "disruption budget api: no disruption left: 1 of 2 pods ready, minAvailable 2 wants 2", "b-api",
        ),
        "quota:shop/all": ("quota all: pods full: 4/4", "q"),
        "node:n1": ("node n1 CPU 99 % of allocatable", "n"),
    }  # fmt: skip
    assert {one.tab for one in found.values()} == {2}
    assert found["disruption-budget:shop/api"].since == ago(minutes=12)
    assert found["node:n1"].from_start, "that it is full nothing dates; its condition speaks of something else"


async def test_what_only_waits_for_the_pods_of_a_finding_adds_none(cluster: Watching) -> None:
    cluster.hears(K8S_SERVICES, service("api")).hears(BUDGETS, budget("api", 0))
    cluster.hears(WORKLOADS, deployment("api", 0)).hears(PODS, pod("api-1", "api", ready=False))
    (finding,) = await cluster.found()
    assert (finding.what, finding.severity) == ("api 0 of 2 ready", Severity.CRITICAL)
    cluster.hears(PODS)
    assert await cluster.words() == ["api 0 of 2 ready"], "it has not even pods"
    web = msgspec.structs.replace(budget("web", 0, selects_all=True), selector=())
    cluster.hears(PODS, pod("api-1", "api")).hears(BUDGETS, budget("api", 0), web)
    assert len(await cluster.words()) == 3, "two budgets over one pod are wrong whatever its workload is"


async def test_a_service_with_pods_of_no_finding_speaks_for_itself(cluster: Watching) -> None:
    young = msgspec.structs.replace(pod("api-1", "api", ready=False), created=ago(seconds=30))
    cluster.hears(WORKLOADS, deployment("api", 2), deployment("web", 0)).hears(K8S_SERVICES, service("api"))
    cluster.hears(PODS, young, pod("web-1", "web", ready=False))
    assert await cluster.words() == ["web 0 of 2 ready", "service api: no endpoint: 1 pod, none ready"]


async def test_nothing_is_said_of_a_service_while_pods_cannot_be_read(cluster: Watching) -> None:
    cluster.hears(K8S_SERVICES, service("api"))
    refused = Problem(ProblemKind.FORBIDDEN, "forbidden: needs list pods")
    cluster.watch.changed(PODS, Reading(Collection({}), State.FAILED, NOW, problem=refused), None)
    assert await cluster.words() == []


async def test_a_run_that_is_missed_while_nothing_changes_is_found(cluster: Watching) -> None:
    cron = Cron("55 * * * *", last=ago(minutes=58))
    cluster.hears(WORKLOADS, Workload("c", "shop", "CronJob", "mails", 0, 0, 0, 0, ago(days=9), cron=cron))
    assert await cluster.words() == []
    later = await cluster.found(NOW + AGAIN + timedelta(minutes=5))
    assert [one.what for one in later] == ["mails missed 1 run since 02:55 (55 * * * *)"]


async def test_very_many_alike_are_one_finding_since_the_first_of_them(cluster: Watching) -> None:
    def wrong(number: int) -> Workload:
        since = Condition("Available", "False", since=ago(minutes=number))
        return deployment(f"a{number:03}", 0, conditions=(since,))

    cluster.hears(WORKLOADS, *map(wrong, range(ALIKE)), deployment("web", 1))
    assert len(await cluster.words()) == ALIKE + 1
    cluster.hears(WORKLOADS, *map(wrong, range(ALIKE + 1)), deployment("web", 1))
    found = {one.what: one for one in await cluster.found()}
    assert found.keys() == {"51 Deployments, such as a000 0 of 2 ready", "web 1 of 2 ready"}
    many = found["51 Deployments, such as a000 0 of 2 ready"]
    assert (many.since, many.severity, many.object) == (ago(minutes=ALIKE), Severity.CRITICAL, "w-a000")


async def test_a_first_page_is_not_all_that_there_was_at_the_start() -> None:
    watch = ClusterWatch()
    refused = Problem(ProblemKind.FORBIDDEN, "forbidden: needs list it")
    for topic in set(watch.topics) - {WORKLOADS}:
        watch.changed(topic, Reading(None, State.FAILED, problem=refused), None)
    page = Collection({"w-a": deployment("a", 1)})
    watch.changed(PODS, Reading(Collection({}, complete=True), State.OK, NOW), None)
    watch.changed(WORKLOADS, Reading(page, State.OK, NOW), None)
    assert [one.from_start for one in await watch.findings(NOW)] == [True]
    page.rows["w-b"], page.complete = deployment("b", 1), True
    watch.changed(WORKLOADS, Reading(page, State.OK, NOW), None)
    assert [one.from_start for one in await watch.findings(NOW)] == [True, True]
    page.rows["w-c"] = deployment("c", 1)
    watch.changed(WORKLOADS, Reading(page, State.OK, NOW), None)
    assert [one.from_start for one in await watch.findings(NOW)] == [True, True, False]
