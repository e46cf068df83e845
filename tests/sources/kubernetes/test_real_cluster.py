"""The feeds against the real control plane: what they say is what kubectl says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from opsconsole.config.settings import Kubernetes
from opsconsole.model.kubernetes import Hpa
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import (
    CLUSTER,
    CONFIG_CHANGES,
    EVENTS,
    HPAS,
    NODE_USAGE,
    NODES,
    POD_USAGE,
    PODS,
    REPLICA_SETS,
    WORKLOADS,
    Topic,
)
from opsconsole.rules import hpa as hpas
from opsconsole.rules.kubernetes_changes import kubernetes_changes
from opsconsole.rules.workload_state import controller
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.access import access_review
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.logs import tail_logs
from opsconsole.text import clock
from tests.cluster.manifests import pod_metrics
from tests.cluster.plane import Plane

from .conftest import until

NAMESPACE = "social-live-prod"
WATCHED: tuple[Topic[Any], ...] = (PODS, WORKLOADS, REPLICA_SETS, HPAS, NODES, EVENTS, CONFIG_CHANGES)


@asynccontextmanager
async def console(plane: Plane, user: str, *namespaces: str) -> AsyncIterator[tuple[Board, Cluster]]:
    """All feeds of one user at work."""
    async with running(Kubernetes(kubeconfig=str(plane.folder / f"{user}.kubeconfig"), namespaces=namespaces)) as both:
        yield both


@asynccontextmanager
async def running(settings: Kubernetes) -> AsyncIterator[tuple[Board, Cluster]]:
    cluster = Cluster(settings)
    board = Board()
    poller = Poller(board)
    poller.start(kubernetes_feeds(settings, cluster))
    try:
        yield board, cluster
    finally:
        await poller.stop()
        await cluster.close()


def rows(board: Board, topic: Topic[Any]) -> dict[str, Any]:
    value = board.get(topic).value
    return {row.name: row for row in value.rows.values()} if value else {}


def deployment(name: str, image: str, replicas: int = 3) -> dict[str, Any]:
    labels = {"app": name}
    container = {
        "name": "app", "image": image,
        "env": [{"name": "MODE", "value": "a"}, {"name": "DB_PASSWORD", "value": "secret1"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {"deployed-by": "ci/anna"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def autoscaler(name: str, maximum: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": 50}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 2,
            "maxReplicas": maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


async def test_a_release_is_seen_from_every_side(real_cluster: Plane) -> None:
    real_cluster.create(deployment("release", "reg/release:1.8.1"))
    async with console(real_cluster, "viewer") as (board, cluster):
        await until(lambda: all(board.get(topic).state is State.OK for topic in (*WATCHED, CLUSTER)), 30)
        await until(lambda: "release" in rows(board, WORKLOADS) and rows(board, WORKLOADS)["release"].ready == 3, 60)
        info = board.get(CLUSTER).value
        assert info is not None
        assert info.user == "viewer"
        assert info.version.startswith("v1.")
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/release"
        changed = real_cluster.request("GET", path)
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = "reg/release:1.8.2"
        real_cluster.request("PUT", path, changed)
        await until(
            lambda: (
                rows(board, WORKLOADS)["release"].images == ("reg/release:1.8.2",)
                and {
                    pod.containers[0].image
                    for pod in rows(board, PODS).values()
                    if pod.name.startswith("release-") and pod.deleting is None
                }
                == {"reg/release:1.8.2"}
            ),
            60,
        )
        await until(lambda: len([n for n in rows(board, REPLICA_SETS) if n.startswith("release-")]) == 2)
        changes = kubernetes_changes(
            clock.now(),
            workloads=rows(board, WORKLOADS).values(),
            replica_sets=rows(board, REPLICA_SETS).values(),
        )
        assert ("release release 1.8.1→1.8.2", "ci/anna") in [(change.what, change.who) for change in changes]
        pod = next(pod for pod in rows(board, PODS).values() if pod.containers[0].image == "reg/release:1.8.2")
        owner = controller(pod)
        assert owner is not None
        assert (owner.kind, owner.name) == ("Deployment", "release")
        secret = dict(next(r for n, r in rows(board, REPLICA_SETS).items() if n.startswith("release-")).environment)
        assert secret == {"MODE": "a", "DB_PASSWORD": "***"}
        real_cluster.write_log([("2026-03-26T02:44:09.000000001Z", "WARN slow \x1b[31mcheckout")])
        lines = await tail_logs(cluster, NAMESPACE, pod.name, "app", tail=5)
        assert [line.text for line in lines] == ["WARN slow ␛[31mcheckout"]
        assert all(allowed for *_, allowed in await access_review(cluster, [("list", "pods"), ("watch", "nodes")]))
        assert not (await access_review(cluster, [("patch", "deployments.apps")], [NAMESPACE]))[0][3]


async def test_secrets_are_listed_without_their_content(real_cluster: Plane) -> None:
    name = {"name": "flags", "namespace": NAMESPACE}
    path = f"/api/v1/namespaces/{NAMESPACE}"
    real_cluster.request("POST", f"{path}/secrets", {"metadata": name, "stringData": {"password": "hunter2"}})
    real_cluster.request("POST", f"{path}/configmaps", {"metadata": name, "data": {"feed": "v2"}})
    settings = Kubernetes(kubeconfig=str(real_cluster.folder / "admin.kubeconfig"), watch_secrets=True)
    async with running(settings) as (board, cluster):
        await until(lambda: {"Secret", "ConfigMap"} <= kinds_of_changes(board), 30)
        answer = await cluster.get(
            kinds.SECRETS.path(None), needs="list secrets", accept=kinds.SECRETS.accept(many=True)
        )
        assert b"flags" in answer.body
        assert b"aHVudGVyMg" not in answer.body


def kinds_of_changes(board: Board) -> set[str]:
    value = board.get(CONFIG_CHANGES).value
    return {row.kind for row in value.rows.values() if row.name == "flags"} if value else set()


async def test_what_an_hpa_wants_is_what_it_then_does(real_cluster: Plane) -> None:
    real_cluster.create(deployment("scaled", "reg/scaled:1", 3))
    async with console(real_cluster, "viewer") as (board, _):
        await until(lambda: "scaled" in rows(board, WORKLOADS) and rows(board, WORKLOADS)["scaled"].ready == 3, 60)
        # pods and workloads come over watches of their own: the one may know of a pod before the other
        await until(lambda: len([name for name in rows(board, PODS) if name.startswith("scaled-")]) == 3, 60)
        for name in [name for name in rows(board, PODS) if name.startswith("scaled-")]:
            # the controller ignores figures from before a pod's first window after it became ready
            later = (clock.now() + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
            usage = {**pod_metrics(NAMESPACE, name, "90m", "32Mi", {"app": "scaled"}), "timestamp": later}
            real_cluster.create(usage)
        real_cluster.create(autoscaler("scaled", 20))

        def wanted() -> hpas.Want | None:
            found: Hpa | None = rows(board, HPAS).get("scaled")
            return hpas.wants(found) if found and found.current == 3 else None

        await until(lambda: wanted() is not None, 60)
        want = wanted()
        if want is not None:
            # 90m of 100m against 50 %: ceil(3 × 90 / 50)
            assert want.replicas == 6
        await until(lambda: rows(board, HPAS)["scaled"].desired == 6, 120)
        await until(lambda: any("New size: 6" in event.message for event in board.get(EVENTS).value.rows.values()))  # type: ignore[union-attr]
    # usage is listed when a console begins, and then once a minute
    async with console(real_cluster, "viewer") as (board, _):
        await until(lambda: board.get(POD_USAGE).value and board.get(NODE_USAGE).state is State.OK, 40)


def unscheduled_pod(name: str) -> dict[str, Any]:
    """A pod that no scheduler takes, so that its status is what a test writes."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "app", "image": "reg/app:1"}]},
    }


async def test_a_tenant_sees_its_own_namespace(real_cluster: Plane) -> None:
    real_cluster.create(unscheduled_pod("tenants-own"))
    async with console(real_cluster, "tenant", NAMESPACE) as (board, _):
        await until(lambda: "tenants-own" in rows(board, PODS) and board.get(NODES).state is State.FAILED, 30)
        assert board.get(PODS).state is State.OK
        problem = board.get(NODES).problem
        assert problem is not None
        assert problem.sentence == "forbidden: needs list nodes"
    async with console(real_cluster, "tenant") as (board, _):
        # neither its kubeconfig nor a right to list namespaces tells where it may look
        await until(lambda: board.get(PODS).state is State.FAILED, 30)
        problem = board.get(PODS).problem
        assert problem is not None
        assert problem.sentence == "forbidden: needs list pods in all namespaces"


async def test_a_restarted_server_is_picked_up_again(real_cluster: Plane) -> None:
    real_cluster.create(unscheduled_pod("before-restart"))
    async with console(real_cluster, "viewer") as (board, _):
        await until(lambda: "before-restart" in rows(board, PODS), 30)
        seen: list[bool] = []
        board.subscribe(PODS, lambda reading, delta: seen.append("before-restart" in rows(board, PODS)))
        real_cluster.restart_apiserver()
        real_cluster.create(unscheduled_pod("after-restart"))
        await until(lambda: "after-restart" in rows(board, PODS), 90)
        await until(lambda: board.get(PODS).state is State.OK, 30)
        assert all(seen)
