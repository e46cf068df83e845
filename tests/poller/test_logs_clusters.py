"""The logs of a workload on both clusters: the simulated one of the demo, and the real control plane."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from opsconsole.config.settings import Kubernetes
from opsconsole.demo.kubernetes.controllers.failing import FAILS
from opsconsole.demo.platform import NAMESPACE
from opsconsole.model.logs import LogTarget
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.logs import LogDesk
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import PODS
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.cluster.plane import Plane
from tests.demo.kubernetes.running import running


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.02)


def texts(desk: LogDesk) -> list[str]:
    return [("-- " if line.mark else "") + line.text.decode() for line in desk.buffer.lines]


async def test_a_crash_loop_of_the_demo_is_followed_through_its_restarts(tmp_path: Path) -> None:
    async with running() as run:
        (tmp_path / "kubeconfig").write_text(run.server.kubeconfig(), encoding="utf-8")
        settings = Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"))
        cluster, board = Cluster(settings), Board()
        poller = Poller(board)
        poller.start(kubernetes_feeds(settings, cluster))
        await until(lambda: (held := board.get(PODS).value) and held.complete)
        desk = LogDesk(cluster, board, LogTarget("Deployment", NAMESPACE, "api"), lambda batch: None)
        desk.open()
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/api"
        broken = {"spec": {"template": {"spec": {"containers": [{"name": "api", "command": FAILS}]}}}}
        await cluster.request(
            "PATCH", path, needs="patch deployments", body=broken,
            content_type="application/strategic-merge-patch+json",
        )  # fmt: skip
        # the first run lasts 20 ms on this clock: the first restart that is seen may be the second
        await until(lambda: any(" restart " in text for text in texts(desk)))
        said = texts(desk)
        at = next(place for place, text in enumerate(said) if " restart " in text)
        assert "Error 1 at" in said[at]
        label = said[at].split()[1]
        source = next(source for source in desk.sources if source.label == label)
        own = [line.text.decode() for line in desk.buffer.lines if line.source == source.number]
        place = own.index(said[at].removeprefix("-- "))
        assert own[place - 1] == "FATAL exit status 1"
        await until(lambda: any(text.startswith("INFO  starting") for text in texts(desk)[at:]))
        desk.close()
        await poller.stop()
        await cluster.close()


async def test_the_real_api_server_gives_all_pods_lines_in_order(real_cluster: Plane) -> None:
    labels = {"app": "logged"}
    container = {"name": "app", "image": "reg/logged:1"}
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    real_cluster.request(
        "POST", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", {"metadata": {"name": "logged"}, "spec": spec}
    )
    lines = [(f"2026-03-26T02:44:{second:02}.000000001Z", f"line {second}") for second in range(3)]
    real_cluster.write_log(lines)
    settings = Kubernetes(kubeconfig=str(real_cluster.folder / "admin.kubeconfig"), namespaces=(NAMESPACE,))
    cluster, board = Cluster(settings), Board()
    poller = Poller(board)
    poller.start(kubernetes_feeds(settings, cluster))
    desk = LogDesk(cluster, board, LogTarget("Deployment", NAMESPACE, "logged"), lambda batch: None)
    desk.open()
    try:
        await until(lambda: len([line for line in desk.buffer.lines if not line.mark]) >= 6)
        found = [line for line in desk.buffer.lines if not line.mark][:6]
        # every container of the control plane's nodes writes the same file
        assert [line.text.decode() for line in found] == [f"line {second}" for second in (0, 0, 1, 1, 2, 2)]
        assert {desk.sources[line.source].pod.startswith("logged-") for line in found} == {True}
        assert found[0].stamp == b"2026-03-26T02:44:00.000000001Z"
    finally:
        desk.close()
        await poller.stop()
        await cluster.close()
    assert desk.problems == {}
