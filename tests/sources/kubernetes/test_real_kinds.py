"""Kinds that are watched while somebody wants them, older versions, and judgement, on the real control plane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from opsconsole.config.settings import Kubernetes
from opsconsole.model.collection import Delta
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import (
    BUDGETS,
    CLAIMS,
    ENDPOINTS,
    HPAS,
    K8S_SERVICES,
    NAMESPACES,
    PODS,
    QUOTAS,
    WORKLOADS,
    Topic,
)
from opsconsole.poller.wishes import Wishes
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.cluster_trouble import ClusterTrouble
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.offered import Offered
from opsconsole.sources.kubernetes.share import Shared
from opsconsole.text import clock
from tests.cluster import objects
from tests.cluster.plane import Plane

from .conftest import until

NAMESPACE = "social-live-prod"


@asynccontextmanager
async def console(plane: Plane, user: str, *namespaces: str) -> AsyncIterator[tuple[Board, Wishes, Cluster]]:
    settings = Kubernetes(kubeconfig=str(plane.folder / f"{user}.kubeconfig"), namespaces=namespaces)
    cluster, board, wishes = Cluster(settings), Board(), Wishes()
    poller = Poller(board)
    poller.start(kubernetes_feeds(settings, cluster, wishes))
    try:
        yield board, wishes, cluster
    finally:
        await poller.stop()
        await cluster.close()


def rows(board: Board, topic: Topic[Any]) -> dict[str, Any]:
    value = board.get(topic).value
    return {row.name: row for row in value.rows.values()} if value else {}


def whole(board: Board, *topics: Topic[Any]) -> bool:
    return all((value := board.get(topic).value) is not None and value.complete for topic in topics)


def service(name: str, app: str) -> dict[str, Any]:
    spec = {"selector": {"app": app}, "ports": [{"port": 80}]}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


async def test_what_is_wanted_is_there_and_what_is_wrong_is_said(real_cluster: Plane) -> None:
    name = objects.unique("kinds")
    nobody, lonely = f"{name}-nobody", f"{name}-lonely"
    for document in (
        objects.deployment(name, 2),
        service(name, name),
        service(nobody, nobody),
        objects.budget(name, 2),
        objects.budget(lonely, 1),
    ):
        real_cluster.create(document)
    async with console(real_cluster, "viewer") as (board, wishes, _):
        assert not rows(board, ENDPOINTS)
        release = [wishes.want(topic) for topic in (ENDPOINTS, NAMESPACES, CLAIMS)]
        await until(lambda: (found := rows(board, WORKLOADS).get(name)) and found.ready == 2, 60)
        await until(lambda: (found := rows(board, BUDGETS).get(name)) and found.healthy == 2, 60)
        await until(lambda: any(ends(board, name)), 60)
        await until(lambda: whole(board, K8S_SERVICES, BUDGETS, QUOTAS, CLAIMS, NAMESPACES), 60)
        assert rows(board, NAMESPACES)[NAMESPACE].phase == "Active"
        await until(lambda: len([one for one in rows(board, PODS).values() if one.name.startswith(name)]) == 2)
        said = wrong(board)
        assert said[f"Service {nobody}"] == "its selector selects no pod"
        assert said[f"PodDisruptionBudget {lonely}"] == "selects no pod"
        assert not said.keys() & {f"Service {name}", f"PodDisruptionBudget {name}", f"Deployment {name}"}
        for one in release:
            one()


def ends(board: Board, service: str) -> list[str]:
    """Pods that are ready behind a service."""
    slices = (one for one in rows(board, ENDPOINTS).values() if one.service == service)
    return [end.pod for one in slices for end in one.endpoints if end.ready and end.pod]


def wrong(board: Board) -> dict[str, str]:
    index, now = ClusterIndex(), clock.now()
    trouble = ClusterTrouble(index)

    def all_of(topic: Topic[Any]) -> Delta[Any]:
        value = board.get(topic).value
        assert value is not None
        return Delta(dict(value.rows), reset=True)

    index.pods_changed(all_of(PODS))
    trouble.workloads_changed(all_of(WORKLOADS).upserts)
    trouble.pods_changed(all_of(PODS), now)
    trouble.services_changed(all_of(K8S_SERVICES))
    trouble.budgets_changed(all_of(BUDGETS))
    trouble.pods_are_known(True)
    for _ in trouble.judge(now):
        pass
    return {f"{one.kind} {one.name}": one.verdict.words for one in trouble.found()}


async def test_a_tenant_is_told_kind_by_kind_what_it_may_not_see(real_cluster: Plane) -> None:
    name = objects.unique("tenants")
    real_cluster.create(service(name, name))
    async with console(real_cluster, "tenant", NAMESPACE) as (board, wishes, _):
        wishes.want(NAMESPACES)
        wishes.want(ENDPOINTS)
        await until(lambda: board.get(NAMESPACES).state is State.FAILED and name in rows(board, K8S_SERVICES), 60)
        problem = board.get(NAMESPACES).problem
        assert problem is not None
        assert problem.sentence == "forbidden: needs list namespaces"
        await until(lambda: board.get(ENDPOINTS).state is State.OK, 60)


async def test_the_oldest_autoscaler_reads_as_the_newest_does(real_cluster: Plane) -> None:
    name = objects.unique("older")
    real_cluster.create(objects.deployment(name, 2))
    real_cluster.create(objects.autoscaler(name))
    async with console(real_cluster, "viewer") as (board, _, cluster):
        await until(lambda: (found := rows(board, HPAS).get(name)) and found.current == 2 and found.conditions, 60)
        oldest = kinds.HPAS.older[-1]
        answer = await cluster.get(f"{oldest.path(NAMESPACE)}/{name}", needs="get it")
        wire = oldest.decoder.one(answer.body)
        older, newer = oldest.convert(wire, Shared()), rows(board, HPAS)[name]
        assert (older.target_name, older.minimum, older.maximum) == (newer.target_name, newer.minimum, newer.maximum)
        assert [(one.name, one.target_type, one.target) for one in older.metrics] == [
            (one.name, one.target_type, one.target) for one in newer.metrics
        ]
        assert {one.type for one in older.conditions} == {one.type for one in newer.conditions}
        assert older.behavior == newer.behavior


async def test_discovery_of_a_real_server(real_cluster: Plane) -> None:
    async with console(real_cluster, "viewer") as (_, _, cluster):
        offered = Offered(cluster)
        for kind in (*kinds.WORKLOADS, kinds.HPAS, kinds.BUDGETS, kinds.ENDPOINTS):
            assert await offered.version_of(kind) is kind
        gone = kinds.BUDGETS.older[0]
        assert await offered.version_of(gone) is None, "policy/v1beta1 went with 1.25"
