"""Capacity by node and by namespace, and the page of a node: sentences, figures, and what is not known."""

from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.model.collection import Collection
from opsconsole.model.kubernetes import Pod, Quota, QuotaLine
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.screens.node_losses import NodeLosses
from opsconsole.screens.pods import PodsTab

from . import story
from .driving import until
from .story import GI, NAMESPACE, NOW, ago
from .tabs import console, headline, rows, settled, text
from .test_object_pages import Cluster, opened, with_cluster

CORE = "/api/v1"


def busy(board: Board) -> None:
    """The api asks for much more: what node-1 holds does not fit on node-2."""
    pods = story.pods()
    for uid, pod in pods.items():
        if pod.name.startswith(("api", "web")):
            large = msgspec.structs.replace(pod.containers[0], cpu_request=2.0, memory_request=4 * GI)
            pods[uid] = msgspec.structs.replace(pod, containers=(large,))
    board.publish(topics.PODS, _reading(Collection(pods, True)))


def with_quota(board: Board) -> None:
    lines = (QuotaLine("pods", 20, 9, "20", "9"), QuotaLine("requests.cpu", 4, 3.7, "4", "3700m"))
    quota = Quota("q", NAMESPACE, "main", lines)
    board.publish(topics.QUOTAS, _reading(Collection({"q": quota}, True)))


def without_usage(board: Board) -> None:
    board.publish(topics.NODE_USAGE, _reading({}))
    board.publish(topics.POD_USAGE, _reading({}))


def _reading(value: Any) -> Reading[Any]:
    return Reading(value, State.OK, NOW)


async def shown(pilot: Pilot[Any], view: str) -> PodsTab:
    tab = await settled(pilot, view)
    assert isinstance(tab, PodsTab)
    await until(pilot, lambda: not tab.busy and _idle(tab.known.losses))
    await pilot.pause()
    return tab


def _idle(losses: NodeLosses) -> bool:
    return losses._task is None or losses._task.done()


async def test_the_sentence_and_the_rows_of_a_busy_cluster(fixed_clock: None) -> None:
    board = story.board()
    busy(board)
    app = console(board, start=2)
    async with app.run_test(size=(240, 45)) as pilot:
        tab = await shown(pilot, "capacity")
        await until(pilot, lambda: "if node-1 went" in headline(app))
        assert headline(app).startswith(
            f"of {NAMESPACE} only: CPU 70 % requested of 15.8 cores, headroom 30 % ok · "
            "memory 33 %, headroom 67 % ok · "
            "if node-1 went: 2 of 4 pods would not fit (web 2: cpu)"
        )
        first, second = rows(tab.table)
        assert first.split()[:11] == ["▲", "node-1", "ok", "5/58", "101", "46", "63", "52", "26", "9.7", "-1"]
        assert "2 of 4 out: web 2: cpu" in first
        assert second.split()[0] == "node-2"
        assert "node-1 ─ cpu 101 % requested, below the 20 % rule · the fullest" in text(app)


async def test_enter_leads_to_the_nodes_pods_and_esc_back_to_its_row(fixed_clock: None) -> None:
    async with console(story.board(), start=2).run_test(size=(80, 24)) as pilot:
        tab = await shown(pilot, "capacity")
        await pilot.press("j", "enter")
        await until(pilot, lambda: tab.pane == "pods")
        assert tab.table is not None
        assert {row.node for row in tab.table.visible_rows()} == {"node-2"}
        await pilot.press("escape")
        await until(pilot, lambda: tab.pane == "capacity")
        assert tab.row.name == "node-2"


async def test_without_usage_it_says_requested_only(fixed_clock: None) -> None:
    board = story.board()
    without_usage(board)
    app = console(board, start=2)
    async with app.run_test(size=(240, 45)) as pilot:
        tab = await shown(pilot, "capacity")
        await until(pilot, lambda: "usage unknown: requested only" in headline(app))
        assert rows(tab.table)[0].split()[4] == "?", "used"


async def test_a_right_to_some_namespaces_only_is_said(fixed_clock: None) -> None:
    board = story.board()
    board.publish(topics.PODS, _reading(Collection(story.pods(), True, denied=("payroll",))))
    app = console(board, start=2)
    assert app.context.profile.kubernetes is not None
    every = msgspec.structs.replace(app.context.profile.kubernetes, namespaces=())
    app.context.profile = msgspec.structs.replace(app.context.profile, kubernetes=every)
    async with app.run_test(size=(200, 45)) as pilot:
        await shown(pilot, "capacity")
        await until(pilot, lambda: "of all but payroll only: CPU" in headline(app))
        board.publish(topics.PODS, _reading(Collection({}, True, denied=("*",))))
        await until(pilot, lambda: "what is requested is unknown: not all pods are seen" in headline(app))


async def test_namespaces_tell_their_share_their_usage_and_the_fullest_quota(fixed_clock: None) -> None:
    board = story.board()
    with_quota(board)
    app = console(board, start=2)
    async with app.run_test(size=(240, 45)) as pilot:
        tab = await shown(pilot, "capacity-ns")
        await until(pilot, lambda: tab.table is not None and tab.table.row_count == 1)
        assert headline(app).startswith(
            f"of {NAMESPACE} only: 1 namespace · CPU 22 %, memory 4.2 % of 2 nodes requested · "
            f"most: {NAMESPACE} 22 % · 2 pods without a request · "
            f"fullest quota: {NAMESPACE} requests.cpu 3700m/4 = 92 %"
        )
        (row,) = rows(tab.table)
        # one pod of nine is not measured: what is used is at least that
        assert row.split()[:9] == ["▲", NAMESPACE, "9", "0", "3.5", "22", "9", "3.6+", "2.6Gi"]
        assert "used 3.6 by 8 of 9 pods" in text(app)


# ---- the page of a node -------------------------------------------------------------------------------------------


def body(name: str = "node-1") -> dict[str, Any]:
    info = {"kubeletVersion": "v1.36.3", "kernelVersion": "6.12.40", "osImage": "Talos (v1.11)",
            "containerRuntimeVersion": "containerd://2.1.4", "architecture": "amd64"}  # fmt: skip
    return {
        "kind": "Node",
        "metadata": {"name": name, "uid": f"n-{name}", "creationTimestamp": ago(9000).isoformat()},
        "spec": {"taints": [{"key": "maintenance", "effect": "NoSchedule", "timeAdded": ago(30).isoformat()}]},
        "status": {"capacity": {"cpu": "8", "memory": "32Gi", "pods": "58"}, "nodeInfo": info},
    }


@pytest.fixture
def cluster() -> Cluster:
    found = Cluster()
    found.bodies[f"{CORE}/nodes/node-1"] = body()
    return found


async def test_w_on_a_node_tells_what_it_holds_what_would_move_and_its_time_line(
    fixed_clock: None, cluster: Cluster
) -> None:
    lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1"
    cluster.bodies[lease] = {"spec": {"renewTime": ago(3).isoformat()}}
    event = {"type": "Warning", "reason": "EvictionThresholdMet", "message": "memory",
             "lastTimestamp": ago(2).isoformat(), "involvedObject": {"uid": "n-node-1"}}  # fmt: skip
    cluster.bodies[f"{CORE}/events"] = {"items": [event]}
    app = with_cluster(cluster)
    busy(app.context.board)
    async with app.run_test(size=(160, 60)) as pilot:
        tab = await shown(pilot, "nodes")
        assert tab.table is not None
        tab.table.go_to("n-node-1")
        page = (await opened(pilot, "w", "SYSTEM")).splitlines()
        for line in (
            "lease       renewed 3m ago: the kubelet is silent",
            "CAPACITY   fullest: cpu 101 % requested, below the 20 % rule",
            f"  of the pods only those of {NAMESPACE} are seen",
            "  cpu        7.9 of 8      ██████ 101 % 8     ███░░░  46 % 3.6   5 = 63 %",
            "IF IT WENT   2 of 4 pods would not fit (web 2: cpu)",
            "  fit elsewhere: api 2",
            "  1 pod of DaemonSets or the kubelet ends with it",
            "Warning EvictionThresholdMet  memory",
            "kubelet     v1.36.3",
        ):
            assert any(line in each for each in page), (line, page)
        assert any("requests none" in each for each in page), "node-exporter"
        moments = [each for each in page if "taint maintenance:NoSchedule" in each or "Ready True" in each]
        assert "Ready True" in moments[0], "oldest first"
        await opened(pilot, "y", "kind: Node")


async def test_a_node_page_says_what_it_could_not_read(fixed_clock: None, cluster: Cluster) -> None:
    app = with_cluster(cluster)
    without_usage(app.context.board)
    app.context.board.publish(topics.PODS, _reading(Collection[Pod]({}, True, denied=("*",))))
    async with app.run_test(size=(80, 40)) as pilot:
        tab = await shown(pilot, "nodes")
        assert tab.table is not None
        tab.table.go_to("n-node-1")
        page = await opened(pilot, "w", "SYSTEM")
        assert "lease       unknown" in page
        assert "usage unknown: requested only" in page
        assert "IF IT WENT   unknown: not all pods are seen" in page
        assert "EVENTS   unknown: they may not be read" in page
