"""Other namespaces on the real API server: watches of those that stay go on, rows of those that are left go."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import ProblemKind, State
from opsconsole.poller.board import Board
from opsconsole.poller.feed import Narrowed
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import CONFIG_CHANGES, PODS
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.cluster.plane import Plane

NAMESPACES = ("narrow-a", "narrow-b", "narrow-c")


@pytest.fixture(scope="module")
def plane(real_cluster: Plane) -> Plane:
    for namespace in NAMESPACES:
        real_cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        about = {"name": f"pod-of-{namespace}", "namespace": namespace}
        spec = {"containers": [{"name": "c", "image": "x"}]}
        real_cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec})
    return real_cluster


class Watching:
    """The feeds of one user, and which requests they send."""

    def __init__(self, cluster: Cluster, board: Board, feeds: Any) -> None:
        self.cluster, self.board, self.feeds = cluster, board, feeds
        self.asked: list[str] = []

    def narrow(self, *namespaces: str) -> None:
        self.cluster.settings = msgspec.structs.replace(self.cluster.settings, namespaces=namespaces)
        for feed in self.feeds:
            if isinstance(feed, Narrowed):
                feed.narrow()

    def namespaces(self) -> set[str]:
        """Those of the test whose pods are on the board, once all is read."""
        value = self.board.get(PODS).value
        if value is None or not value.complete:
            return set()
        return {pod.namespace for pod in value.rows.values() if pod.namespace in NAMESPACES}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def watching(plane: Plane, folder: Path, user: str, *namespaces: str) -> AsyncIterator[Watching]:
    path = folder / f"{user}.kubeconfig"
    path.write_text(plane.kubeconfig(user))
    settings = Kubernetes(kubeconfig=str(path), namespaces=namespaces)
    cluster, board = Cluster(settings), Board()
    feeds = kubernetes_feeds(settings, cluster)
    at = Watching(cluster, board, feeds)
    opened = cluster._open

    def noting(method: str, path: str, *rest: Any) -> Any:
        at.asked.append(path)
        return opened(method, path, *rest)

    cluster._open = noting  # type: ignore[method-assign, assignment]  # to see what is asked for
    poller = Poller(board)
    poller.start(feeds)
    try:
        yield at
    finally:
        await poller.stop()
        await cluster.close()


async def test_some_more_fewer_and_all_namespaces(plane: Plane, tmp_path: Path) -> None:
    async with watching(plane, tmp_path, "admin") as at:
        await at.until(lambda: at.namespaces() == set(NAMESPACES))
        uids = {uid for uid, pod in at.board.get(PODS).value.rows.items() if pod.namespace == "narrow-a"}  # type: ignore[union-attr]
        at.narrow("narrow-a", "narrow-b")
        await at.until(lambda: at.namespaces() == {"narrow-a", "narrow-b"})
        await at.until(lambda: at.asked.count("/api/v1/namespaces/narrow-a/pods") == 2)  # listed, and watched
        del at.asked[:]
        at.narrow("narrow-a", "narrow-c")
        await at.until(lambda: at.namespaces() == {"narrow-a", "narrow-c"})
        await at.until(lambda: any("/namespaces/narrow-c/pods" in path for path in at.asked))
        assert "/api/v1/namespaces/narrow-a/pods" not in at.asked
        assert "/api/v1/nodes" not in at.asked
        at.narrow()
        await at.until(lambda: at.namespaces() == set(NAMESPACES))
        assert uids <= at.board.get(PODS).value.rows.keys()  # type: ignore[union-attr]


async def test_a_pod_that_ended_while_its_watch_changed_hands_goes(plane: Plane, tmp_path: Path) -> None:
    about = {"name": "short-lived", "namespace": "narrow-a"}
    short = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": about,
        "spec": {"containers": [{"name": "c", "image": "x"}]},
    }
    plane.create(short)
    async with watching(plane, tmp_path, "admin") as at:

        def there() -> bool:
            value = at.board.get(PODS).value
            return value is not None and any(pod.name == "short-lived" for pod in value.rows.values())

        await at.until(there)
        at.narrow("narrow-a")
        assert there()
        await asyncio.to_thread(
            plane.request, "DELETE", "/api/v1/namespaces/narrow-a/pods/short-lived?gracePeriodSeconds=0"
        )
        await at.until(lambda: at.namespaces() == {"narrow-a"} and not there())


async def test_who_may_read_one_namespace_is_told_what_is_missing_and_gets_there(plane: Plane, tmp_path: Path) -> None:
    async with watching(plane, tmp_path, "tenant") as at:
        await at.until(lambda: at.board.get(PODS).state is State.FAILED)
        problem = at.board.get(PODS).problem
        assert problem is not None
        assert (problem.kind, problem.sentence) == (
            ProblemKind.FORBIDDEN, "forbidden: needs list pods in all namespaces"
        )  # fmt: skip
        at.narrow("social-live-prod")
        await at.until(lambda: at.board.get(PODS).state is State.OK)
        assert at.board.get(CONFIG_CHANGES).value is not None or at.board.get(CONFIG_CHANGES).state is not State.OK
        at.narrow("social-live-prod", "narrow-a")
        await at.until(lambda: (value := at.board.get(PODS).value) is not None and value.denied == ("narrow-a",))
        assert at.board.get(PODS).state is State.OK
        at.narrow("narrow-a")
        await at.until(lambda: at.board.get(PODS).state is State.FAILED)
        problem = at.board.get(PODS).problem
        assert problem is not None
        assert problem.sentence == "forbidden: needs list pods in narrow-a"
