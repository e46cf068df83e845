"""What pods ask for, what a node has left, and how many more of a workload fit."""

import msgspec
import pytest

from opsconsole.model.collection import Delta
from opsconsole.model.kubernetes import Container, Node, Pod
from opsconsole.model.placement import Placement
from opsconsole.rules.capacity import room, room_words
from opsconsole.rules.capacity_sums import asked, requests
from opsconsole.rules.cluster_index import ClusterIndex

from .capacity_samples import GIB, GPU, TOLERATES_ALL, node, pod, pods


def container(cpu: float, *, init: bool = False, sidecar: bool = False) -> Container:
    return Container("c", "x", init=init or sidecar, sidecar=sidecar, cpu_request=cpu)


@pytest.mark.parametrize(
    ("containers", "cores"),
    [
        ((container(0.5), container(0.5)), 1.0),
        ((container(2.0, init=True), container(0.5)), 2.0),
        ((container(0.2, sidecar=True), container(0.5)), 0.7),
        # the sidecar runs already when the init container after it does
        ((container(0.2, sidecar=True), container(2.0, init=True), container(0.5)), 2.2),
        ((container(2.0, init=True), container(0.2, sidecar=True), container(0.5)), 2.0),
    ],
)
def test_what_the_scheduler_reserves_for_a_pod(containers: tuple[Container, ...], cores: float) -> None:
    assert requests(pod(containers=containers))[0] == pytest.approx(cores)


def test_what_is_asked_for_the_pod_as_a_whole_replaces_the_sum_and_overhead_comes_on_top() -> None:
    whole = pod(placement=Placement(cpu=2.0, overhead_cpu=0.25, overhead_memory=GIB))
    assert requests(whole) == (2.25, 2 * GIB)


@pytest.mark.parametrize(
    ("nodes", "template", "held", "words"),
    [
        # 2 cores left of 4: four of half a core
        ([node()], pod(), pods(4), "2.0 CPU left on 1 node = 4 more pods"),
        # of different size
        ([node("n1", 4), node("n2", 16, 64)], pod(cpu=3), [], "20.0 CPU left on 2 nodes = 6 more pods"),
        # memory is what is short
        ([node(gib=4)], pod(), pods(3), "2.5 CPU left on 1 node = 1 more pod"),
        ([node(pods=5)], pod(), pods(4), "2.0 CPU left on 1 node = 1 more pod"),
        ([node(cpu=1)], pod(), pods(4), "0.0 CPU left on 1 node = 0 more pods"),
        ([node(), node("n2", unschedulable=True)], pod(), [],
         "4.0 CPU left on 1 node (1 shut: cordoned) = 8 more pods"),
        ([node(), node("n2", taints=("a:NoSchedule",)), node("n3", status="NotReady")], pod(), [],
         "4.0 CPU left on 1 node (2 shut) = 8 more pods"),
        ([node(), node("n2", taints=("a:NoSchedule",))], pod(placement=TOLERATES_ALL), [],
         "8.0 CPU left on 2 nodes = 16 more pods"),
        ([node(), node("n2", labels=(("disk", "ssd"),))], pod(placement=Placement(selector=(("disk", "ssd"),))), [],
         "4.0 CPU left on 1 node (1 shut: node selector) = 8 more pods"),
        # one GPU of two is taken; the node without GPUs takes none
        ([node(others=((GPU, 2.0),)), node("n2")], pod(placement=Placement(others=((GPU, 1.0),))),
         [pod(placement=Placement(others=((GPU, 1.0),)))], "7.5 CPU left on 2 nodes = 1 more pod"),
        ([node()], pod(cpu=0, gib=0), [], "4.0 CPU left on 1 node = pods request nothing"),
        ([node()], pod(placement=Placement(unread=("topology spread",))), [],
         "4.0 CPU left on 1 node = 8 more pods at most (topology spread not looked at)"),
        ([], pod(), [], "0.0 CPU left on 0 nodes = 0 more pods"),
    ],
)  # fmt: skip
def test_how_many_more_fit(nodes: list[Node], template: Pod, held: list[Pod], words: str) -> None:
    assert room_words(room(template, nodes, held)) == words


def test_sums_follow_the_pods_as_they_come_move_finish_and_go() -> None:
    index = ClusterIndex()
    two = pods(2)
    waiting = pod("job", "", number=9)
    index.pods_changed(Delta({one.uid: one for one in (*two, waiting)}, reset=True))
    shop = index.namespaces()["shop"]
    assert (index.reserved_on("n1"), shop.pods, shop.waiting) == ((1.0, 2 * GIB, 2), 2, 1)
    assert (shop.no_limit, shop.no_request) == (2, 0)

    bound = msgspec.structs.replace(waiting, node="n2")
    done = msgspec.structs.replace(two[0], phase="Succeeded")
    index.pods_changed(Delta({bound.uid: bound, done.uid: done}))
    assert (index.reserved_on("n1")[2], index.reserved_on("n2")[2], shop.waiting) == (1, 1, 0)
    assert [one.name for one in index.pods_on("n1")] == [two[1].name]

    index.pods_changed(Delta({}, frozenset({bound.uid, done.uid, two[1].uid})))
    assert (index.reserved_on("n1"), index.reserved_on("n2"), dict(index.namespaces())) == ((0, 0, 0), (0, 0, 0), {})


def test_a_pod_without_requests_and_limits_is_told() -> None:
    free = asked(pod(cpu=0, gib=0))
    assert (free.no_request, free.no_limit) == (True, True)
    bound = pod(containers=(Container("a", "x", cpu_request=1.0, memory_limit=GIB),))
    assert (asked(bound).no_request, asked(bound).no_limit) == (False, False)
