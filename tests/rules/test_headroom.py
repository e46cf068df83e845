"""Headroom of 20 to 30 percent: what the capacity sentence says."""

import msgspec
import pytest

from opsconsole.model.collection import Delta
from opsconsole.model.kubernetes import Node, Pod, Quota, QuotaLine, Usage
from opsconsole.model.placement import Placement
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.headroom import (
    Resource,
    capacity_words,
    fullest,
    headroom_words,
    requested_words,
    resources,
    total,
    worst_quota,
)
from opsconsole.rules.node_loss import Places

from .capacity_samples import GIB, GPU, node, pod, pods


def index_of(held: list[Pod]) -> ClusterIndex:
    index = ClusterIndex()
    index.pods_changed(Delta({one.uid: one for one in held}, reset=True))
    return index


def said(nodes: list[Node], held: list[Pod], usage: dict[str, Usage] | None = None) -> str:
    index = index_of(held)
    found = fullest(nodes, index.node_sums())
    loss = Places(index.rooms(nodes)).lose(found[0].name, index.pods_on(found[0].name)) if found else None
    return capacity_words(total(nodes, index.node_sums(), usage or {}), loss)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.71, "headroom 29 % ok"),
        (0.80, "headroom 20 % ok"),
        (0.81, "below the 20 % rule"),
        (1.3, "below the 20 % rule"),
        (0.4, "headroom 60 % ok"),
    ],
)
def test_the_rule(share: float, words: str) -> None:
    assert headroom_words(Resource("cpu", 10.0, 10 * share)) == words
    assert headroom_words(Resource("cpu", 0.0, 0.0)) == "unknown", "a node that tells nothing of it"


def test_the_sentence_of_a_cluster() -> None:
    nodes = [node(), node("n2")]
    held = pods(6, gib=2) + pods(5, "web", "n2", gib=3)
    usage = {"n1": Usage(1.0, 4 * GIB), "n2": Usage(2.0, 4 * GIB)}
    assert said(nodes, held, usage) == (
        "CPU 69 % requested of 8 cores, headroom 31 % ok · memory 84 %, below the 20 % rule · "
        "if n2 went: 4 of 5 pods would not fit (web 4: memory)"
    )
    assert said(nodes, held).endswith(" · usage unknown: requested only")
    assert said(nodes, held, {"n1": usage["n1"]}).endswith(" · usage of 1 node unknown")


def test_nodes_that_take_no_ordinary_pods_are_left_out_of_the_sum_and_counted() -> None:
    nodes = [node(), node("n2", unschedulable=True), node("gpu", taints=("gpu:NoSchedule",))]
    words = said(nodes, pods(2) + pods(2, at="gpu"), {"n1": Usage(1, GIB)})
    assert words.startswith("CPU 25 % requested of 4 cores, headroom 75 % ok")
    assert words.endswith("2 nodes left out (cordoned, not ready or tainted)")


def test_a_node_that_uses_nearly_all_is_said_first_also_where_it_is_cordoned() -> None:
    nodes = [node(), node("n2", unschedulable=True)]
    hot = {"n1": Usage(3.7, GIB), "n2": Usage(4.1, GIB)}
    assert said(nodes, pods(2), hot).startswith("n2 uses 102 % of its cpu, 1 more so · CPU 25 % requested of 4 cores")
    assert said(nodes, pods(2), {"n1": Usage(3.5, GIB)}).startswith("CPU 25 %")


def test_a_cluster_of_one_node_and_one_of_none() -> None:
    assert said([node()], pods(2)).endswith(
        "if n1 went: 2 of 2 pods would not fit (api 2: no other node) · usage unknown: requested only"
    )
    assert said([], []) == "no node is seen"
    assert said([node(status="NotReady")], pods(2)) == "no node takes pods"


def test_a_pod_limit_that_is_nearly_reached_is_said() -> None:
    assert "pods 9 of 10, below the 20 % rule" in said([node(pods=10)], pods(9, cpu=0.1, gib=0.1))


def test_the_fullest_node_is_the_one_with_the_largest_share_of_any_resource() -> None:
    nodes = [node("big", 32, 128), node("small", 2, 4), node("idle"), node("lost", status="NotReady")]
    held = pods(20, at="big") + pods(3, at="small") + pods(8, at="lost")
    found = fullest(nodes, index_of(held).node_sums())
    assert found is not None
    assert requested_words(*found) == "cpu 75 % requested, headroom 25 % ok"
    assert found[0].name == "small"
    assert requested_words(node(unschedulable=True), found[1]) == "cpu 75 % requested", "nothing may go there"
    assert fullest([node()], {}) is None


def test_what_else_a_node_has_is_shown_where_it_is_requested_or_special() -> None:
    disk = "ephemeral-storage"
    held = [pod(placement=Placement(others=((GPU, 1.0),)))]
    sums = index_of(held).sums_on("n1")
    found = resources(node(others=((disk, 9.0), ("hugepages-2Mi", 0.0), (GPU, 4.0))), sums, None)
    assert [(one.name, one.share) for one in found[3:]] == [(GPU, 0.25)]
    lost = resources(node(), sums, None)[-1]
    assert (lost.name, lost.requested, lost.share) == (GPU, 1.0, None), "its device plugin is gone"


def test_the_worst_line_of_the_quotas() -> None:
    lines = (QuotaLine("pods", 10, 4), QuotaLine("requests.cpu", 8, 7), QuotaLine("secrets", 0, None))
    quota = Quota("q", "shop", "main", lines)
    found = worst_quota([quota, msgspec.structs.replace(quota, lines=(QuotaLine("pods", 5, 1),))])
    assert found is not None
    assert (found[0].resource, found[1]) == ("requests.cpu", 0.875)
    assert worst_quota([]) is None
