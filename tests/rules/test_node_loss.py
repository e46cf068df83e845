"""What would not fit if a node went away."""

from datetime import UTC, datetime

import pytest

from opsconsole.model.kubernetes import Node, Pod
from opsconsole.model.placement import Placement
from opsconsole.rules.capacity import node_rooms
from opsconsole.rules.node_loss import Places, loss_words

from .capacity_samples import GPU, TOLERATES_ALL, node, pod, pods

SSD = Placement(selector=(("disk", "ssd"),))
PLACED = Placement(unread=("pod anti-affinity",))


@pytest.mark.parametrize(
    ("nodes", "held", "words"),
    [
        # n2 has 2 cores left
        ([node(), node("n2")], pods(4) + pods(4, at="n2"), "all 4 pods would fit elsewhere"),
        ([node(), node("n2")], pods(6) + pods(4, at="n2"), "2 of 6 pods would not fit (api 2: cpu)"),
        # the largest goes first, the small one takes what is left
        ([node(), node("n2")], [pod(cpu=3), pod("web", cpu=0.5), *pods(1, at="n2", cpu=1.0)],
         "1 of 2 pods would not fit (web 1: cpu)"),
        ([node(), node("n2", gib=3)], [*pods(4), *pods(1, "worker", gib=4)],
         "2 of 5 pods would not fit (worker 1, api 1: memory)"),
        ([node(), node("n2", pods=1)], pods(2), "1 of 2 pods would not fit (api 1: pod limit)"),
        # one large pod takes the place of four small ones
        ([node(), node("n2")], [pod("large", cpu=2), *pods(4), *pods(2, at="n2", cpu=1)],
         "1 to 4 of 5 pods would not fit, as they come (api 4: cpu)"),
        # a small node and a large one
        ([node("n1", 16, 64), node("n2", 4)], pods(12), "4 of 12 pods would not fit (api 4: cpu)"),
        ([node()], pods(2), "2 of 2 pods would not fit (api 2: no other node)"),
        ([node(), node("n2", unschedulable=True)], pods(2), "2 of 2 pods would not fit (api 2: cordoned)"),
        ([node(), node("n2", taints=("gpu:NoSchedule",))], pods(1) + pods(1, "ds-like", placement=TOLERATES_ALL),
         "1 of 2 pods would not fit (api 1: taint gpu)"),
        ([node(), node("n2"), node("n3", labels=(("disk", "ssd"),))], pods(9, placement=SSD),
         "1 of 9 pods would not fit (api 1: cpu)"),
        ([node(), node("n2")], pods(1, placement=SSD) + pods(1, "train", placement=Placement(others=((GPU, 1.0),))),
         "2 of 2 pods would not fit (api 1: node selector, train 1: nvidia.com/gpu)"),
        # one node lacks this, the other that
        ([node(), node("n2", cpu=0.1), node("n3", gib=0.1)], pods(1),
         "1 of 1 pod would not fit (api 1: cpu or memory)"),
        # a DaemonSet's pods and the kubelet's own end with their node; nobody makes a bare pod anew
        ([node(), node("n2")], [pod("agent", kind="DaemonSet"), pod("etcd", kind="Node"), pod("debug", kind="")],
         "no pod would have to move; 1 pod without owner would be gone"),
        ([node(), node("n2")], pods(2, placement=PLACED),
         "all 2 pods would fit elsewhere by requests"),
        ([node(), node("n2", cpu=0.5)], pods(2, placement=PLACED),
         "1 of 2 pods would not fit (api 1: cpu)"),
        ([node(), node("n2")], [pod(phase="Succeeded")], "no pod would have to move"),
        # a node that is not ready: its pods are evicted, and nobody there can end them
        ([node(), node("n2")], pods(3, deleting=datetime(2026, 3, 26, tzinfo=UTC)),
         "3 pods are ending there already, no other would have to move"),
    ],
)  # fmt: skip
def test_if_the_first_node_went(nodes: list[Node], held: list[Pod], words: str) -> None:
    places = Places(node_rooms(nodes, held))
    assert loss_words(places.lose("n1", [one for one in held if one.node == "n1"])) == words


def test_one_node_after_the_other_is_asked_without_trace() -> None:
    nodes = [node(), node("n2"), node("n3")]
    held = pods(6) + pods(6, at="n2") + pods(2, at="n3")
    places = Places(node_rooms(nodes, held))

    def lost(name: str) -> int:
        return len(places.lose(name, [one for one in held if one.node == name]).left)

    assert [lost(name) for name in ("n1", "n2", "n1", "n3")] == [0, 0, 0, 0]
    full = Places(node_rooms(nodes[:2], held))
    assert len(full.lose("n1", held[:6]).left) == 4


def test_pods_of_two_kinds_share_the_rooms_that_both_may_use() -> None:
    tolerant = Placement(tolerations=TOLERATES_ALL.tolerations)
    nodes = [node(), node("n2"), node("n3", taints=("a:NoSchedule",))]
    held = pods(8) + pods(8, "any", placement=tolerant)
    found = Places(node_rooms(nodes, held)).lose("n1", held)
    assert len(found.left) == 0
