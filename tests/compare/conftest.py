"""Everything that is compared, made once on the real control plane, and a console that looks at it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.cli.console import LOADERS
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Kubernetes, Profile, Settings
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import WORKLOADS
from opsconsole.poller.wishes import Wishes
from opsconsole.screens.base import Context
from opsconsole.screens.pod_rows import names_of
from opsconsole.screens.pods import PodsTab
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.cluster.objects import Object
from tests.cluster.plane import Plane
from tests.cluster.stuck import PLAYED, STAYS

from . import kubectl as real
from . import objects
from .pod_cases import CASES, Case, dated

WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Both:
    """A console's Pods tab, and kubectl on the same cluster."""

    pilot: Pilot[Any]
    board: Board
    kubectl: Path
    kubeconfig: Path

    async def theirs(self, *arguments: str) -> list[real.Row]:
        return await real.table(self.kubectl, self.kubeconfig, *arguments)

    async def ours(self, view: str) -> list[tuple[str, str, real.Row]]:
        """(key, namespace/name, cells by column) of every row of a list, all its columns chosen."""
        app = self.pilot.app
        assert isinstance(app, Console)
        tab = app.tab
        assert isinstance(tab, PodsTab)
        if not tab.at_view(view):
            tab.show_view(view)
        await self.pilot.pause()
        while tab.busy:
            await asyncio.sleep(0.02)
        table = tab.kinds[view].table
        found = []
        for key, row in list(table.rows.items()):
            shown = {column.id: column.render(row) for column in table.all_columns}
            cells = {id: cell if isinstance(cell, str) else cell[0] for id, cell in shown.items()}
            found.append((str(key), names_of(row)[0], cells))
        return found

    def kind_of(self, uid: str) -> str:
        """Of a workload."""
        held = self.board.get(WORKLOADS).value
        return held.rows[uid].kind if held is not None and uid in held.rows else ""


@pytest.fixture(scope="package")
def played(real_cluster: Plane) -> Any:
    """The namespace with everything in it."""
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
    freed = {"metadata": {"finalizers": None, "annotations": {STAYS: None}}}
    for name in (name for name, case in CASES.items() if case.deleted):
        real_cluster.request("PATCH", f"{path}/{name}", freed)
    objects.remove(real_cluster)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def both(played: Plane, kubectl: Path) -> AsyncIterator[Both]:
    """A console at work, from the feeds to the tables."""
    kubeconfig = played.folder / "admin.kubeconfig"
    wanted = Kubernetes(kubeconfig=str(kubeconfig))
    cluster, board, wishes = Cluster(wanted), Board(), Wishes()
    poller = Poller(board)
    poller.start(kubernetes_feeds(wanted, cluster, wishes))
    context = Context(board, Settings(), Profile(kubernetes=wanted), builtin("default"), want=wishes.want)
    app = Console(context, LOADERS, start=PodsTab.digit)
    try:
        async with app.run_test(size=(200, 50)) as pilot:
            while app.frame.active is None or not isinstance(app.tab, PodsTab):
                await pilot.pause(0.02)
            yield Both(pilot, board, kubectl, kubeconfig)
    finally:
        await poller.stop()
        await cluster.close()


async def settled(look: Callable[[], Awaitable[list[str]]]) -> None:
    """`look` tells what differs: nothing, once both sides have heard of the last change."""
    end = time.monotonic() + WITHIN_S
    while differences := await look():
        assert time.monotonic() < end, "\n".join(differences)
        await asyncio.sleep(0.2)


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
