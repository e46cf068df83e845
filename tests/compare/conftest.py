"""Everything that is compared, made once on the real control plane, and the console's feeds that look at it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from opsconsole.config.settings import Kubernetes
from opsconsole.model.collection import Delta
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import CLAIMS, ENDPOINTS, HPAS, NAMESPACES, PODS, REPLICA_SETS, Topic
from opsconsole.poller.wishes import Wishes
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.widgets.columns import Column
from tests.cluster.objects import Object
from tests.cluster.plane import Plane
from tests.cluster.stuck import PLAYED, STAYS

from . import kubectl as real
from . import objects
from .pod_cases import CASES, Case, dated

WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Both:
    """The console's board, and kubectl on the same cluster."""

    board: Board
    kubectl: Path
    kubeconfig: Path

    async def table(self, *arguments: str) -> list[real.Row]:
        return await real.table(self.kubectl, self.kubeconfig, *arguments)

    def rows(self, topic: Topic[Any]) -> dict[str, Any]:
        """By uid."""
        value = self.board.get(topic).value
        return dict(value.rows) if value is not None else {}

    def index(self) -> ClusterIndex:
        """What the Pods tab holds to put a workload's row together."""
        index = ClusterIndex()
        index.pods_changed(Delta(upserts=self.rows(PODS), reset=True))
        index.hpas_changed(self.rows(HPAS))
        index.replica_sets_changed(Delta(upserts=self.rows(REPLICA_SETS), reset=True))
        return index


@pytest.fixture(scope="package")
def played(real_cluster: Plane) -> Any:
    """The namespace with everything in it, as far as the API server has taken it."""
    now = datetime.now(UTC)
    for document in objects.everything(now):
        real_cluster.create(document)
    for name, case in CASES.items():
        real_cluster.create(_pod(name, case, now))
    path = f"/api/v1/namespaces/{objects.NAMESPACE}/pods"
    _wait(lambda: all(_begun(real_cluster.request("GET", f"{path}/{name}"), case) for name, case in CASES.items()))
    for name in (name for name, case in CASES.items() if case.deleted):
        real_cluster.request("DELETE", f"{path}/{name}")
    objects.settle(real_cluster, now, _wait)
    yield real_cluster
    for name in (name for name, case in CASES.items() if case.deleted):
        real_cluster.request(
            "PATCH", f"{path}/{name}", {"metadata": {"finalizers": None, "annotations": {STAYS: None}}}
        )
    objects.remove(real_cluster)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def both(played: Plane, kubectl: Path) -> AsyncIterator[Both]:
    """The console's feeds at work."""
    kubeconfig = played.folder / "admin.kubeconfig"
    settings = Kubernetes(kubeconfig=str(kubeconfig))
    cluster, board = Cluster(settings), Board()
    poller, wishes = Poller(board), Wishes()
    for topic in (ENDPOINTS, NAMESPACES, CLAIMS):
        wishes.want(topic)
    poller.start(kubernetes_feeds(settings, cluster, wishes))
    try:
        yield Both(board, kubectl, kubeconfig)
    finally:
        await poller.stop()
        await cluster.close()


async def alike(look: Callable[[], Awaitable[list[str]]]) -> None:
    """`look` tells what differs: nothing, once both sides have heard of the last change."""
    end = time.monotonic() + WITHIN_S
    while differences := await look():
        assert time.monotonic() < end, "\n".join(differences)
        await asyncio.sleep(0.2)


def cells(columns: list[Column[Any]], row: Any) -> real.Row:
    """What a table writes of a row, by the columns' identities."""
    found = {}
    for column in columns:
        cell = column.render(row)
        found[column.id] = cell if isinstance(cell, str) else cell[0]
    return found


def _pod(name: str, case: Case, now: datetime) -> Object:
    annotations = {PLAYED: dated(case.status, now)} if case.status else {}
    if case.deleted and not case.finalizers:
        annotations[STAYS] = "true"
    metadata = {
        "name": name, "namespace": objects.NAMESPACE, "annotations": annotations, "finalizers": list(case.finalizers),
    }  # fmt: skip
    spec = {"containers": [{"name": "app", "image": "reg/app:1"}], **case.spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _begun(pod: Any, case: Case) -> bool:
    """Whether its kubelet has spoken, or, where it gets none, the scheduler."""
    status = pod["status"]
    return "startTime" in status if case.status else bool(status.get("conditions"))


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
