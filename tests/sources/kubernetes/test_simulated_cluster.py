"""The feeds against the demo's simulated Kubernetes: every topic is filled, and follows what happens there."""

from pathlib import Path
from typing import Any

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import WATCHED, kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import CLUSTER, HPAS, NODE_USAGE, NODES, POD_USAGE, PODS, REPLICA_SETS, WORKLOADS, Topic
from opsconsole.rules.kubernetes_changes import kubernetes_changes
from opsconsole.rules.workload_state import controller, workload_state
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.text import clock
from tests.demo.kubernetes.running import running

from .conftest import until


def rows(board: Board, topic: Topic[Any]) -> dict[str, Any]:
    value = board.get(topic).value
    return {row.name: row for row in value.rows.values()} if value else {}


async def test_every_topic_is_filled_and_a_release_is_seen(tmp_path: Path) -> None:
    async with running() as run:
        (tmp_path / "kubeconfig").write_text(run.server.kubeconfig(), encoding="utf-8")
        settings = Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"))
        cluster, board = Cluster(settings), Board()
        poller = Poller(board)
        poller.start(kubernetes_feeds(settings, cluster))
        topics = [topic for topic, _ in WATCHED] + [CLUSTER, POD_USAGE, NODE_USAGE]
        await until(lambda: all(board.get(topic).state is State.OK and board.get(topic).value for topic in topics), 30)
        await until(lambda: all((held := board.get(topic).value) and held.complete for topic, _ in WATCHED), 30)
        assert len(rows(board, NODES)) == 3
        assert rows(board, HPAS)["api"].maximum == 20
        pods = rows(board, PODS).values()
        owners = {(owner.kind, owner.name) for pod in pods if (owner := controller(pod))}
        assert ("Deployment", "api") in owners
        states = {workload_state(w, (), None, clock.now()).words for w in rows(board, WORKLOADS).values()}
        assert states <= {"ok", "complete", "1 job running", "running 0/1"}
        run.cluster.deploy("api", "1.8.2", author="anna")

        def released() -> bool:
            changes = kubernetes_changes(
                clock.now(),
                workloads=rows(board, WORKLOADS).values(),
                replica_sets=rows(board, REPLICA_SETS).values(),
            )
            return any(c.what == "release api 1.8.1→1.8.2" and "anna" in c.who for c in changes)

        await until(released, 30)
        await poller.stop()
        await cluster.close()
